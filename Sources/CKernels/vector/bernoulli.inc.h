// The Bernoulli density of logits, which most decoders end in:
// log f = -sum max(s l, 0) - log prod (1 + exp(-|l|)), s = -1 where x is 1 and otherwise 1.

enum {
  FACTORS = 64,  // each at most 2, so that their product stays far from overflow; one logarithm for all of them
  TERMS = 8,     // summed in floats before they are added to a double
};

// 1 + exp(-|l|) multiplied onto `product`.
INLINE floats times_partition(floats product, floats minus_size) {
  return product * falling_power(minus_size) + product;
}

// What a logit costs besides: nothing where x agrees with it. x between 0 and 1 (a grey pixel) makes a cross-entropy.
INLINE floats disagreement(floats x, floats logit) {
  floats weight = logit > 0 ? 1 - x : x;
  // An infinite logit that x agrees with costs nothing either.
  return weight == 0 ? all(0) : weight * absolute(logit);
}

// Rows [first, last) of `vectors` vectors of lanes; the sums are added to `wide`, two doubles for each vector.
INLINE void bernoulli_rows(int vectors, int shared, size_t first, size_t last, const float *logits, size_t row_step,
                           ck_operand x, size_t lane, doubles *wide) {
  floats product[BERNOULLI_VECTORS];
  for (int v = 0; v < vectors; v++) product[v] = all(1);
  for (size_t begin = first; begin < last; begin += TERMS) {
    size_t end = begin + TERMS < last ? begin + TERMS : last;
    floats linear[BERNOULLI_VECTORS];
    for (int v = 0; v < vectors; v++) linear[v] = all(0);
    for (size_t r = begin; r < end; r++) {
      const float *row = logits + r * row_step + lane;
      float value = x.data[r * x.row_step];
      if (shared && (value == 0 || value == 1)) {
        words flip = (words)(value == 1 ? 0x80000000u : 0);
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
          floats logit = load(row + v * WIDTH);
          linear[v] += at_least((floats)((words)logit ^ flip), 0);
          product[v] = times_partition(product[v], minus_absolute(logit));
        }
      } else {
        for (int v = 0; v < vectors; v++) {
          floats logit = load(row + v * WIDTH);
          linear[v] += disagreement(take(x, r, lane + v * WIDTH), logit);
          product[v] = times_partition(product[v], minus_absolute(logit));
        }
      }
    }
    for (int v = 0; v < vectors; v++) {
      wide[2 * v] -= widen(linear[v], 0);
      wide[2 * v + 1] -= widen(linear[v], 1);
    }
  }
  for (int v = 0; v < vectors; v++) {
    wide[2 * v] -= log_wide(widen(product[v], 0));
    wide[2 * v + 1] -= log_wide(widen(product[v], 1));
  }
}

INLINE void bernoulli_lanes(int vectors, size_t rows, ck_operand logits, ck_operand x, size_t lane, double factor,
                            double *total) {
  doubles wide[2 * BERNOULLI_VECTORS];
  for (int i = 0; i < 2 * vectors; i++) wide[i] = all_wide(0);
  for (size_t first = 0; first < rows; first += FACTORS) {
    size_t last = first + FACTORS < rows ? first + FACTORS : rows;
    if (x.lane_step) {
      bernoulli_rows(vectors, 0, first, last, logits.data, logits.row_step, x, lane, wide);
    } else {
      bernoulli_rows(vectors, 1, first, last, logits.data, logits.row_step, x, lane, wide);
    }
  }
  for (int i = 0; i < 2 * vectors; i++) {
    double *to = total + lane + (size_t)i * HALF;
    store_doubles(to, load_doubles(to) + factor * wide[i]);
  }
}

// For logits of which each lane has its own.
static void bernoulli_logits(size_t rows, size_t lanes, ck_operand logits, ck_operand x, double factor,
                             double *total) {
  size_t lane = 0;
  for (; lane + BERNOULLI_VECTORS * WIDTH <= lanes; lane += BERNOULLI_VECTORS * WIDTH) {
    bernoulli_lanes(BERNOULLI_VECTORS, rows, logits, x, lane, factor, total);
  }
  for (; lane < lanes; lane += WIDTH) bernoulli_lanes(1, rows, logits, x, lane, factor, total);
}
