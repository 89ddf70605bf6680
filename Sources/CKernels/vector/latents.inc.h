// Draws of the latent variables from noise.

INLINE floats scale_lanes(floats stored, ck_form form) {
  switch (form) {
    case CK_DIRECT: return stored;
    case CK_LOG: return exp_lanes(stored);
    case CK_SQUARE: return __builtin_elementwise_sqrt(stored);
    case CK_LOG_SQUARE: return exp_lanes(0.5f * stored);
  }
  return stored;
}

// Minus one in the lanes whose scale is not positive and finite; a logarithm too low for a float is.
INLINE ints bad_scales(floats stored, floats scale, ck_form form) {
  ints low = form == CK_LOG || form == CK_LOG_SQUARE ? ~(stored > -INFINITY) : ~(scale > 0);
  return low | ~(scale < INFINITY);
}

INLINE size_t sum_of_ints(ints counts) {
  size_t sum = 0;
  for (int i = 0; i < WIDTH; i++) sum += (uint32_t)counts[i];
  return sum;
}

INLINE size_t location_scale_with(ck_form form, size_t rows, size_t lanes, ck_operand mean, ck_operand scale,
                                  const float *noise, float *z) {
  size_t bad = 0;
  for (size_t r = 0; r < rows; r++) {
    ints bad_of_row = (ints)0;
    floats stored = take(scale, r, 0);
    floats deviation = scale_lanes(stored, form);
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      if (scale.lane_step) {
        stored = take(scale, r, lane);
        deviation = scale_lanes(stored, form);
      }
      bad_of_row -= bad_scales(stored, deviation, form);
      size_t i = r * lanes + lane;
      store(z + i, take(mean, r, lane) + deviation * load(noise + i));
    }
    bad += sum_of_ints(bad_of_row);
  }
  return bad;
}

static size_t location_scale(size_t rows, size_t lanes, ck_operand mean, ck_operand scale, const float *noise,
                             float *z) {
  switch (scale.form) {
    case CK_DIRECT: return location_scale_with(CK_DIRECT, rows, lanes, mean, scale, noise, z);
    case CK_LOG: return location_scale_with(CK_LOG, rows, lanes, mean, scale, noise, z);
    case CK_SQUARE: return location_scale_with(CK_SQUARE, rows, lanes, mean, scale, noise, z);
    case CK_LOG_SQUARE: return location_scale_with(CK_LOG_SQUARE, rows, lanes, mean, scale, noise, z);
  }
  return 0;
}

static size_t triangular(size_t d, size_t lanes, ck_operand mean, ck_operand tril, const float *noise, float *z) {
  size_t bad = 0;
  for (size_t lane = 0; lane < lanes; lane += WIDTH) {
    for (size_t i = 0; i < d; i++) {
      floats sum = take(mean, i, lane);
      for (size_t j = 0; j <= i; j++) sum += take(tril, i * d + j, lane) * load(noise + j * lanes + lane);
      store(z + i * lanes + lane, sum);
      floats diagonal = take(tril, i * d + i, lane);
      bad += sum_of_ints(-bad_scales(diagonal, diagonal, CK_DIRECT));
    }
  }
  return bad;
}

static size_t triangular_solve(size_t d, size_t lanes, ck_operand x, ck_operand mean, ck_operand tril, double *noise) {
  longs bad = (longs)0;
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    for (size_t i = 0; i < d; i++) {
      doubles rest = take_wide(x, i, lane) - take_wide(mean, i, lane), diagonal = take_wide(tril, i * d + i, lane);
      for (size_t j = 0; j < i; j++) rest -= take_wide(tril, i * d + j, lane) * load_doubles(noise + j * lanes + lane);
      store_doubles(noise + i * lanes + lane, rest / diagonal);
      bad -= ~((diagonal > 0) & (diagonal < INFINITY));
    }
  }
  return sum_of(bad);
}
