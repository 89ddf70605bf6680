// The gradients of weights, and the optimiser. A sum over lanes is a product too: of one matrix transposed, so that lanes
// are what goes by, with the other as weights.

// Wider than the registers of the oldest instruction set, which is no matter where everything is inlined.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

typedef float eight __attribute__((ext_vector_type(8)));

INLINE eight load_eight(const float *from) {
  eight value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store_eight(float *to, eight value) { __builtin_memcpy(to, &value, sizeof value); }

// to[j * to_step + i] = from[i][j] for eight rows of eight floats: single floats, pairs and fours change places in turn.
INLINE void transpose_eight(const float *const from[8], float *to, size_t to_step) {
  eight row[8], pairs[8], fours[8];
  for (size_t i = 0; i < 8; i++) row[i] = load_eight(from[i]);
  for (size_t i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shufflevector(row[i], row[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(row[i], row[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (size_t i = 0; i < 8; i += 4) {
    for (size_t half = 0; half < 2; half++) {
      eight a = pairs[i + half], b = pairs[i + 2 + half];
      fours[i + 2 * half] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * half + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (size_t i = 0; i < 4; i++) {
    store_eight(to + i * to_step, __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11));
    store_eight(to + (i + 4) * to_step, __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15));
  }
}

#pragma clang diagnostic pop

static const float zero_lanes[8];

_Static_assert(CK_PACK == 8, "rows are turned eight at a time");

// to[lane][k] = in[k][lane], then a one for the bias, and zeros.
INLINE void turn_inputs(size_t inputs, const float *in, const int32_t *rows, size_t lanes, size_t step, float *to) {
  for (size_t lane = 0; lane < lanes; lane += 8) {
    size_t k = 0;
    for (; k + 8 <= inputs; k += 8) {
      const float *from[8];
      for (size_t i = 0; i < 8; i++) {
        int64_t row = rows ? rows[k + i] : (int64_t)(k + i);
        from[i] = row < 0 ? zero_lanes : in + (size_t)row * lanes + lane;
      }
      transpose_eight(from, to + lane * step + k, step);
    }
    for (; k < step; k++) {
      int64_t row = k < inputs ? (rows ? rows[k] : (int64_t)k) : -1;
      for (size_t j = 0; j < 8; j++) {
        to[(lane + j) * step + k] = k == inputs ? 1 : row < 0 ? 0 : in[(size_t)row * lanes + lane + j];
      }
    }
  }
}

static void weight_gradient(size_t outputs, size_t inputs, const float *delta, size_t delta_step, const float *in,
                            const int32_t *rows, size_t lanes, int begins, float *scratch, float *gradient) {
  size_t step = ck_weight_step(inputs);
  turn_inputs(inputs, in, rows, lanes, step, scratch);
  operation o = {.inputs = lanes, .packed = delta, .in = scratch, .lanes = step, .out = gradient, .out_step = 1,
                 .weight_step = delta_step * lanes};
  if (begins) {
    whole_product(o, UNPACKED, outputs);
  } else {
    whole_product(o, ADDED, outputs);
  }
}

static void pack_weights(size_t outputs, size_t inputs, const float *weight, size_t first, size_t count,
                         float *packed, float *transposed) {
  size_t step = ck_weight_step(inputs);
  for (size_t o = first; o < first + count; o += CK_PACK) {
    const float *row[CK_PACK];
    for (size_t i = 0; i < CK_PACK; i++) row[i] = o + i < outputs ? weight + (o + i) * step : NULL;
    float *block = packed + o * (inputs + 1);
    for (size_t i = 0; i < CK_PACK; i++) block[i] = row[i] ? row[i][inputs] : 0;
    size_t k = 0;
    for (; k + 8 <= inputs; k += 8) {
      const float *at[CK_PACK];
      for (size_t i = 0; i < CK_PACK; i++) at[i] = row[i] ? row[i] + k : zero_lanes;
      transpose_eight(at, block + (k + 1) * CK_PACK, CK_PACK);
    }
    for (; k < inputs; k++) {
      for (size_t i = 0; i < CK_PACK; i++) block[(k + 1) * CK_PACK + i] = row[i] ? row[i][k] : 0;
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
