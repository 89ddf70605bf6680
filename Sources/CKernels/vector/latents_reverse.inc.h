// The reverse of draws, and Laplace variates out of normal ones.

// The slope of the scale's logarithm by what is stored.
INLINE floats log_scale_slope(floats stored, ck_form form) {
  switch (form) {
    case CK_DIRECT: return 1 / stored;
    case CK_LOG: return all(1);
    case CK_SQUARE: return 0.5f / stored;
    case CK_LOG_SQUARE: return all(0.5f);
  }
  return all(NAN);
}

INLINE floats sign_of(floats x) { return x > 0 ? all(1) : (x < 0 ? all(-1) : x); }

INLINE void location_scale_reverse_with(ck_form form, ck_density density, size_t rows, size_t lanes, ck_operand scale,
                                        const float *noise, const float *z_gradient, float *noise_gradient,
                                        float *scale_gradient) {
  for (size_t r = 0; r < rows; r++) {
    floats stored = take(scale, r, 0);
    floats deviation = scale_lanes(stored, form);
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      if (scale.lane_step) {
        stored = take(scale, r, lane);
        deviation = scale_lanes(stored, form);
      }
      size_t i = r * lanes + lane;
      floats value = load(noise + i), pulled = deviation * load(z_gradient + i);
      store(noise_gradient + i, pulled + (density == CK_STANDARD_LAPLACE ? sign_of(value) : value));
      if (scale_gradient) store(scale_gradient + i, (pulled * value + 1) * log_scale_slope(stored, form));
    }
  }
}

static void location_scale_reverse(ck_density density, size_t rows, size_t lanes, ck_operand scale, const float *noise,
                                   const float *z_gradient, float *noise_gradient, float *scale_gradient) {
#define CASE(form)                                                                                              \
  case form:                                                                                                    \
    location_scale_reverse_with(form, density, rows, lanes, scale, noise, z_gradient, noise_gradient,           \
                                scale_gradient);                                                                \
    return;
  switch (scale.form) {
    CASE(CK_DIRECT)
    CASE(CK_LOG)
    CASE(CK_SQUARE)
    CASE(CK_LOG_SQUARE)
  }
#undef CASE
}

// sign · left[i] right[j] on and below the diagonal, with sign / tril[i][i] added on it.
INLINE void tril_slopes(size_t d, size_t lanes, size_t lane, float sign, ck_operand tril, const float *left,
                        const float *right, float *tril_gradient) {
  for (size_t i = 0; i < d; i++) {
    floats row = load(left + i * lanes + lane);
    for (size_t j = 0; j < d; j++) {
      floats value = j <= i ? row * load(right + j * lanes + lane) : all(0);
      if (i == j) value += 1 / take(tril, i * d + i, lane);
      store(tril_gradient + (i * d + j) * lanes + lane, sign * value);
    }
  }
}

static void triangular_reverse(size_t d, size_t lanes, ck_operand tril, const float *noise, const float *z_gradient,
                               float *noise_gradient, float *tril_gradient) {
  for (size_t lane = 0; lane < lanes; lane += WIDTH) {
    for (size_t j = 0; j < d; j++) {
      floats sum = load(noise + j * lanes + lane);
      for (size_t i = j; i < d; i++) sum += take(tril, i * d + j, lane) * load(z_gradient + i * lanes + lane);
      store(noise_gradient + j * lanes + lane, sum);
    }
    if (tril_gradient) tril_slopes(d, lanes, lane, 1, tril, z_gradient, noise, tril_gradient);
  }
}

// By x: -a with trilᵀ a = noise. By tril: a noiseᵀ - diag(1 / tril).
static void full_normal_gradient(size_t d, size_t lanes, ck_operand tril, const float *noise, float *x_gradient,
                                 float *tril_gradient) {
  for (size_t lane = 0; lane < lanes; lane += WIDTH) {
    for (size_t i = d; i-- > 0;) {
      doubles rest[2];
      for (int half = 0; half < 2; half++) {
        size_t at = lane + (size_t)half * HALF;
        rest[half] = load_wide(noise + i * lanes + at);
        for (size_t j = i + 1; j < d; j++) {
          rest[half] += take_wide(tril, j * d + i, at) * load_wide(x_gradient + j * lanes + at);
        }
        rest[half] = -rest[half] / take_wide(tril, i * d + i, at);
      }
      store(x_gradient + i * lanes + lane, narrow(rest[0], rest[1]));
    }
    if (tril_gradient) tril_slopes(d, lanes, lane, -1, tril, x_gradient, noise, tril_gradient);
  }
}

// Phi(-a) exp(a^2 / 2) for a >= 0: past the fit, the first terms of the asymptotic series.
INLINE floats scaled_tail(floats a) {
  floats inverse = 1 / (a * a);
  floats series = (float)CK_SQRT_1_2PI / a * (1 - inverse * (1 - 3 * inverse));
  return a > 14 ? series : tail_factor(at_most(a, 14));
}

static void laplaces_of_normals(size_t count, const float *normals, float *out) {
  for (size_t i = 0; i < count; i += WIDTH) {
    floats value = load(normals + i), a = absolute(value), tail = scaled_tail(a);
    doubles magnitude[2];
    for (int half = 0; half < 2; half++) {
      doubles size = widen(a, half);
      magnitude[half] = 0.5 * size * size - log_wide(2 * widen(tail, half));
    }
    floats variate = narrow(magnitude[0], magnitude[1]);
    store(out + i, value < 0 ? -variate : variate);
  }
}

// The slope is the hazard of the normal distribution, phi(a) / Phi(-a).
static void laplaces_of_normals_reverse(size_t count, const float *normals, float *gradient) {
  for (size_t i = 0; i < count; i += WIDTH) {
    floats tail = scaled_tail(absolute(load(normals + i)));
    store(gradient + i, load(gradient + i) * ((float)CK_SQRT_1_2PI / tail));
  }
}
