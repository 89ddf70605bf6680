// The gradients of weights, and the optimiser. A sum over lanes is a product too: of one matrix transposed, so that lanes
// are what goes by, with the other packed as weights are.

typedef float four __attribute__((ext_vector_type(4)));

INLINE four load_four(const float *from) {
  four value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store_four(float *to, four value) { __builtin_memcpy(to, &value, sizeof value); }

// to[j * to_step + i] = from[i][j] for four rows of four floats.
INLINE void transpose_four(const float *const from[4], float *to, size_t to_step) {
  four a = load_four(from[0]), b = load_four(from[1]), c = load_four(from[2]), d = load_four(from[3]);
  four ac = __builtin_shufflevector(a, c, 0, 4, 1, 5), bd = __builtin_shufflevector(b, d, 0, 4, 1, 5);
  four ac2 = __builtin_shufflevector(a, c, 2, 6, 3, 7), bd2 = __builtin_shufflevector(b, d, 2, 6, 3, 7);
  store_four(to, __builtin_shufflevector(ac, bd, 0, 4, 1, 5));
  store_four(to + to_step, __builtin_shufflevector(ac, bd, 2, 6, 3, 7));
  store_four(to + 2 * to_step, __builtin_shufflevector(ac2, bd2, 0, 4, 1, 5));
  store_four(to + 3 * to_step, __builtin_shufflevector(ac2, bd2, 2, 6, 3, 7));
}

static const float zero_lanes[4];

static void weight_gradient(size_t outputs, size_t inputs, const float *delta, size_t delta_step, const float *in,
                            const int32_t *rows, size_t lanes, int begins, float *scratch, float *gradient) {
  size_t step = ck_weight_step(inputs), blocks = (outputs + CK_PACK - 1) / CK_PACK;
  float *turned = scratch, *packed = scratch + lanes * step;
  // Inputs, a one for the bias, and zeros: four features at a time.
  for (size_t lane = 0; lane < lanes; lane += 4) {
    size_t k = 0;
    for (; k + 4 <= inputs; k += 4) {
      const float *from[4];
      for (size_t i = 0; i < 4; i++) {
        int64_t row = rows ? rows[k + i] : (int64_t)(k + i);
        from[i] = row < 0 ? zero_lanes : in + (size_t)row * lanes + lane;
      }
      transpose_four(from, turned + lane * step + k, step);
    }
    for (; k < step; k++) {
      int64_t row = k < inputs ? (rows ? rows[k] : (int64_t)k) : -1;
      for (size_t j = 0; j < 4; j++) {
        turned[(lane + j) * step + k] = k == inputs ? 1 : row < 0 ? 0 : in[(size_t)row * lanes + lane + j];
      }
    }
  }
  for (size_t block = 0; block < blocks; block++) {
    float *to = packed + block * CK_PACK * (lanes + 1);
    for (size_t i = 0; i < CK_PACK; i++) *to++ = 0;
    for (size_t half = 0; half < CK_PACK; half += 4) {
      const float *from[4];
      for (size_t i = 0; i < 4; i++) {
        size_t o = block * CK_PACK + half + i;
        from[i] = o < outputs ? delta + o * delta_step * lanes : NULL;
      }
      for (size_t lane = 0; lane < lanes; lane += 4) {
        const float *at[4];
        for (size_t i = 0; i < 4; i++) at[i] = from[i] ? from[i] + lane : zero_lanes;
        transpose_four(at, to + lane * CK_PACK + half, CK_PACK);
      }
    }
  }
  operation o = {.inputs = lanes, .packed = packed, .in = turned, .lanes = step, .out = gradient, .out_step = 1};
  if (begins) {
    whole_product(o, PLAIN, outputs);
  } else {
    whole_product(o, ADDED, outputs);
  }
}

static void pack_weights(size_t outputs, size_t inputs, const float *weight, size_t first, size_t count,
                         float *packed, float *transposed) {
  size_t step = ck_weight_step(inputs);
  for (size_t o = first; o < first + count; o += 4) {
    const float *row[4];
    for (size_t i = 0; i < 4; i++) row[i] = o + i < outputs ? weight + (o + i) * step : NULL;
    float *block = packed + o / CK_PACK * CK_PACK * (inputs + 1) + o % CK_PACK;
    for (size_t i = 0; i < 4; i++) block[i] = row[i] ? row[i][inputs] : 0;
    for (size_t k = 0; k < inputs; k += 4) {
      float *to = block + (k + 1) * CK_PACK;
      if (k + 4 <= inputs) {
        const float *at[4];
        for (size_t i = 0; i < 4; i++) at[i] = row[i] ? row[i] + k : zero_lanes;
        transpose_four(at, to, CK_PACK);
      } else {
        for (size_t j = k; j < inputs; j++) {
          for (size_t i = 0; i < 4; i++) to[(j - k) * CK_PACK + i] = row[i] ? row[i][j] : 0;
        }
      }
    }
    // Of the last blocks' outputs there may be none.
    if (count - (o - first) <= 4 && (o / 4) % 2 == 0) {
      for (size_t k = 0; k <= inputs; k++) {
        for (size_t i = 0; i < 4; i++) block[k * CK_PACK + 4 + i] = 0;
      }
    }
  }
  // Row by row within a block of inputs, so that what is written lies together.
  for (size_t k = 0; k < inputs; k += CK_PACK) {
    float *to = transposed + k * (outputs + 1) + (first + 1) * CK_PACK;
    const float *from = weight + first * step + k;
    for (size_t o = 0; o < count; o++, to += CK_PACK, from += step) {
      if (k + CK_PACK <= inputs) {
        __builtin_memcpy(to, from, CK_PACK * sizeof(float));
      } else {
        for (size_t i = 0; i < CK_PACK; i++) to[i] = k + i < inputs ? from[i] : 0;
      }
    }
  }
}

static void adam(size_t count, size_t parts, size_t part_step, const float *gradient, ck_adam adam, float *weight,
                 float *first_moment, float *second_moment) {
  for (size_t i = 0; i < count; i += WIDTH) {
    floats slope = load(gradient + i);
    for (size_t part = 1; part < parts; part++) slope += load(gradient + part * part_step + i);
    floats first = load(first_moment + i), second = load(second_moment + i);
    first = adam.first_decay * first + (1 - adam.first_decay) * slope;
    second = adam.second_decay * second + (1 - adam.second_decay) * (slope * slope);
    store(first_moment + i, first);
    store(second_moment + i, second);
    floats denominator = __builtin_elementwise_sqrt(second) * adam.second_scale + adam.epsilon;
    store(weight + i, load(weight + i) + adam.rate * first / denominator);
  }
}
