// Counts, for lanes that share them and the dispersion and have their own mean m, given by its logarithm. With t = log(m / r),
// s = softplus(t) and c = log(rising factorial of r), which lanes share:
//   negative binomial   log f(x) = c - x (s - t) - r s,  with epsilon x log(1 + epsilon / m) more
//   zero-inflated       f(0) = 1 - (1 - exp(-r s)) sigmoid(-l),  log f(x) - softplus(l) elsewhere
// in floats, relative to what is small. What is far out, and large counts, take the way of all densities, in doubles.

enum {
  COUNT_TERMS = 8,  // rows summed in floats before they are added to a double
  COUNT_VECTORS = 128 / WIDTH,
};

#define LARGE_COUNT 64.0f
#define FAR_LOG_DISPERSION 20.0
#define FAR_LOG 60.0f

// COUNT_TERMS rows by the way that they take, and what lanes share of them.
typedef struct {
  size_t fast, slow;
  size_t fast_row[COUNT_TERMS], slow_row[COUNT_TERMS];
  float x[COUNT_TERMS], dispersion[COUNT_TERMS];
  float level[COUNT_TERMS], level_rest[COUNT_TERMS];  // log r, as a float and what rounding leaves out
  double rising;  // the sum of c
} count_rows;

INLINE void take_fast_row(count_rows *rows, size_t r, float x, double log_dispersion, double dispersion, double rising) {
  size_t i = rows->fast++;
  rows->fast_row[i] = r;
  rows->x[i] = x;
  rows->dispersion[i] = (float)dispersion;
  rows->level[i] = (float)log_dispersion;
  rows->level_rest[i] = (float)(log_dispersion - rows->level[i]);
  rows->rising += rising;
}

// What lanes share of HALF rows, fewer at the end.
INLINE doubles shared_values(ck_operand operand, size_t first, size_t count, double otherwise) {
  if (count == HALF && operand.row_step == 1) return load_wide(operand.data + first);
  doubles values = all_wide(otherwise);
  for (size_t i = 0; i < count; i++) values[i] = operand.data[(first + i) * operand.row_step];
  return values;
}

INLINE count_rows sorted_rows(ck_density density, const ck_density_arguments *arguments, size_t first, size_t last) {
  count_rows rows = {.rising = 0};
  ck_operand counts = arguments->x, dispersions = arguments->parameters[1];
  for (size_t begin = first; begin < last; begin += HALF) {
    size_t count = last - begin < HALF ? last - begin : HALF;
    doubles x = shared_values(counts, begin, count, 0);
    doubles stored = density == CK_POISSON ? all_wide(1) : shared_values(dispersions, begin, count, 1);
    longs bad = (longs)0, extreme = (longs)0;
    positive r = positive_of(stored, dispersions.form, 1, 0, &bad, &extreme);
    if (arguments->epsilon != 0) r.log = log_add(r.log, log_wide(all_wide(arguments->epsilon)));
    longs fast = (x >= 0) & (x <= LARGE_COUNT) & (bad == 0) & (absolute_wide(r.log) <= FAR_LOG_DISPERSION);
    doubles rising = all_wide(0);
    if (density != CK_POISSON && __builtin_reduce_or(x != 0)) rising = log_rising_wide(r.value, x);
    for (size_t i = 0; i < count; i++) {
      if (fast[i]) {
        take_fast_row(&rows, begin + i, (float)x[i], r.log[i], r.value[i], x[i] == 0 ? 0 : rising[i]);
      } else {
        rows.slow_row[rows.slow++] = begin + i;
      }
    }
  }
  return rows;
}

// A product of floats, its exponent apart.
typedef struct {
  floats mantissa;
  ints exponent;
} float_product;

INLINE float_product times_factor(float_product product, floats factor) {
  words bits = (words)(product.mantissa * factor);
  return (float_product){
      .mantissa = (floats)((bits & 0x007fffffu) | 0x3f800000u),
      .exponent = product.exponent + (ints)(bits >> 23) - 127,
  };
}

INLINE doubles log_of_float_product(float_product product, int half) {
  half_ints exponents[2];
  __builtin_memcpy(exponents, &product.exponent, sizeof product.exponent);
  return log_wide(widen(product.mantissa, half)) + __builtin_convertvector(exponents[half], doubles) * CK_LN2;
}

// What a few rows make of WIDTH lanes: the logarithm of the density is sum + log share.
typedef struct {
  floats sum;
  float_product share;
  words furthest;  // the bits of the largest absolute logarithm: NaN's are larger than all others
} lane_sum;

INLINE void go_as_far_as(lane_sum *lanes, floats logarithm) {
  words bits = (words)absolute(logarithm);
  lanes->furthest = bits > lanes->furthest ? bits : lanes->furthest;
}

// log(1 + e) for e in [0, 1], relative to e: a fit to log(1 + e) / e, half the work of log1p_of_fraction, which activations
// have their bits from.
INLINE floats fitted_log1p(floats e) {
  floats p = all(0.005232673138380051f);
  p = p * e - 0.029505159705877304f;
  p = p * e + 0.07822583615779877f;
  p = p * e - 0.13663236796855927f;
  p = p * e + 0.19106003642082214f;
  p = p * e - 0.2484298199415207f;
  p = p * e + 0.3331909775733948f;
  p = p * e - 0.4999949336051941f;
  p = p * e + 0.9999999403953552f;
  return p * e;
}

INLINE floats fitted_softplus(floats x) { return at_least(x, 0) + fitted_log1p(falling_power(minus_absolute(x))); }

// A quotient of products of a few floats between 0.5 and 2.
typedef struct {
  floats numerator, divisor;
} quotient;

// Multiplies sigmoid(l) + sigmoid(-l) exp(-d), of a zero, onto the shares.
INLINE void include_zero(lane_sum *lanes, quotient *near_shares, floats d, floats logit) {
  floats tail = falling_power(minus_absolute(logit)), whole = 1 + tail;
  floats counted = logit > 0 ? tail : all(1);
  // Near 1 what is missing, elsewhere the share itself: neither cancels.
  floats near = whole + counted * reduced_expm1(-d);
  ints is_far = d >= 0.34f;
  if (__builtin_reduce_or(is_far)) {
    floats inflated = logit > 0 ? all(1) : tail, far = inflated + counted * falling_power(-d);
    lanes->share = times_factor(lanes->share, is_far ? far : all(1));
    near = is_far ? all(1) : near;
  }
  near_shares->numerator *= near;
  near_shares->divisor *= whole;
}

INLINE lane_sum sum_of_fast_rows(ck_density density, const count_rows *rows, const ck_density_arguments *arguments,
                                 size_t lane, float log_epsilon, float_product share) {
  ck_operand means = arguments->parameters[0], logits = arguments->parameters[2];
  lane_sum lanes = {.share = share};
  quotient near_shares = {all(1), all(1)};
  for (size_t i = 0; i < rows->fast; i++) {
    float x = rows->x[i];
    floats log_mean = load(means.data + rows->fast_row[i] * means.row_step + lane);
    go_as_far_as(&lanes, log_mean);
    if (density == CK_POISSON) {
      lanes.sum += x * log_mean - exp_lanes(log_mean);
      continue;
    }
    floats t = (log_mean - rows->level[i]) - rows->level_rest[i], rest = fitted_log1p(falling_power(minus_absolute(t)));
    floats d = rows->dispersion[i] * (at_least(t, 0) + rest), logit = all(0);
    if (density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) {
      logit = take(logits, rows->fast_row[i], lane);
      go_as_far_as(&lanes, logit);
      if (x == 0) {
        include_zero(&lanes, &near_shares, d, logit);
        continue;
      }
    }
    lanes.sum -= d;
    if (x == 0) continue;
    lanes.sum -= x * (at_least(-t, 0) + rest);
    if (arguments->epsilon != 0) lanes.sum += x * fitted_softplus(log_epsilon - log_mean);
    if (density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) lanes.sum -= fitted_softplus(logit);
  }
  if (density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) {
    lanes.share = times_factor(lanes.share, near_shares.numerator / near_shares.divisor);
  }
  return lanes;
}

// The sum of log f over some rows for HALF lanes, in doubles.
INLINE doubles sum_of_rows(ck_density density, const size_t *rows, size_t count, const ck_density_arguments *arguments,
                           size_t lane, longs *bad) {
  doubles sum = all_wide(0);
  for (size_t i = 0; i < count; i++) {
    element row = shared_element(density, arguments, rows[i]);
    sum += value_of(density, &row, arguments, rows[i], lane, NULL, bad);
  }
  return sum;
}

// Adds the fast rows to WIDTH lanes; in one whose logarithms are far out, as doubles have them.
INLINE void add_fast_rows(ck_density density, const count_rows *rows, const ck_density_arguments *arguments, size_t lane,
                          float log_epsilon, float_product *share, doubles sum[2], longs *bad) {
  lane_sum lanes = sum_of_fast_rows(density, rows, arguments, lane, log_epsilon, *share);
  ints far = (floats)lanes.furthest <= FAR_LOG ? (ints)0 : (ints)-1;
  doubles added[2] = {widen(lanes.sum, 0) + rows->rising, widen(lanes.sum, 1) + rows->rising};
  if (__builtin_reduce_or(far)) {
    lanes.share.mantissa = far ? share->mantissa : lanes.share.mantissa;
    lanes.share.exponent = far ? share->exponent : lanes.share.exponent;
    for (int half = 0; half < 2; half++) {
      doubles precise = sum_of_rows(density, rows->fast_row, rows->fast, arguments, lane + (size_t)half * HALF, bad);
      added[half] = widen(far ? all(1) : all(0), half) == 1 ? precise : added[half];
    }
  }
  *share = lanes.share;
  for (int half = 0; half < 2; half++) sum[half] += added[half];
}

INLINE size_t reduce_counts(ck_density density, size_t rows, size_t lanes, const ck_density_arguments *arguments,
                            double factor, double *total) {
  longs bad = (longs)0;
  float log_epsilon = (float)log_wide(all_wide(arguments->epsilon))[0];
  for (size_t first = 0; first < lanes; first += COUNT_VECTORS * WIDTH) {
    size_t vectors = (lanes - first < COUNT_VECTORS * WIDTH ? lanes - first : COUNT_VECTORS * WIDTH) / WIDTH;
    doubles sum[2 * COUNT_VECTORS];
    float_product share[COUNT_VECTORS];
    for (size_t v = 0; v < vectors; v++) {
      sum[2 * v] = sum[2 * v + 1] = all_wide(0);
      share[v] = (float_product){.mantissa = all(1)};
    }
    for (size_t begin = 0; begin < rows; begin += COUNT_TERMS) {
      size_t end = begin + COUNT_TERMS < rows ? begin + COUNT_TERMS : rows;
      count_rows sorted = sorted_rows(density, arguments, begin, end);
      for (size_t v = 0; v < vectors; v++) {
        add_fast_rows(density, &sorted, arguments, first + v * WIDTH, log_epsilon, &share[v], sum + 2 * v, &bad);
      }
      for (size_t i = 0; i < sorted.slow; i++) {
        element row = shared_element(density, arguments, sorted.slow_row[i]);
        for (size_t v = 0; v < 2 * vectors; v++) {
          sum[v] += value_of(density, &row, arguments, sorted.slow_row[i], first + v * HALF, NULL, &bad);
        }
      }
    }
    for (size_t v = 0; v < 2 * vectors; v++) {
      if (density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) sum[v] += log_of_float_product(share[v / 2], (int)(v % 2));
      add_to_total(total + first + v * HALF, factor, sum[v]);
    }
  }
  return sum_of(bad);
}

// Whether lanes share what they have to.
INLINE int has_fast_counts(const ck_density_arguments *arguments) {
  const ck_operand *parameters = arguments->parameters;
  return arguments->fast_counts && !arguments->x.lane_step && parameters[0].lane_step &&
         parameters[0].form == CK_LOG && (arguments->density == CK_POISSON || !parameters[1].lane_step);
}
