// Counts, for lanes that share them and the dispersion and have their own mean m, given by its logarithm. With t = log(m / r),
// s = softplus(t) and c = log(rising factorial of r), which lanes share:
//   negative binomial   log f(x) = c - x (s - t) - r s,  with epsilon x log(1 + epsilon / m) more
//   zero-inflated       f(0) = 1 - (1 - exp(-r s)) sigmoid(-l),  log f(x) - softplus(l) elsewhere
// in floats, relative to what is small. What is far out, and large counts, take the way of all densities, in doubles.

enum { COUNT_VECTORS = 128 / WIDTH };

#define LARGE_COUNT 64.0f
#define FAR_LOG_DISPERSION 20.0
#define FAR_LOG 60.0f

// What lanes share of HALF rows, fewer at the end.
INLINE doubles shared_values(ck_operand operand, size_t first, size_t count, double otherwise) {
  if (count == HALF && operand.row_step == 1) return load_wide(operand.data + first);
  doubles values = all_wide(otherwise);
  for (size_t i = 0; i < count; i++) values[i] = operand.data[(first + i) * operand.row_step];
  return values;
}

// Puts the rows that are zeros, or those that are not, behind the small counts so far.
INLINE void take_small_rows(ck_count_rows *rows, size_t begin, size_t count, doubles x, longs small, positive r,
                            doubles rising) {
  for (size_t i = 0; i < count; i++) {
    if (!small[i]) continue;
    size_t place = rows->small++;
    rows->small_row[place] = (uint8_t)(begin + i);
    rows->x[place] = (float)x[i];
    rows->dispersion[place] = (float)r.value[i];
    rows->level[place] = (float)r.log[i];
    if (x[i] != 0) rows->rising += rising[i];
  }
}

INLINE ck_count_rows prepared_rows(ck_density density, const ck_density_arguments *arguments, size_t first,
                                   size_t count) {
  ck_count_rows rows = {.rising = 0};
  doubles x[CK_COUNT_ROWS / HALF], rising[CK_COUNT_ROWS / HALF];
  longs small[CK_COUNT_ROWS / HALF];
  positive r[CK_COUNT_ROWS / HALF];
  for (size_t part = 0, begin = 0; begin < count; part++, begin += HALF) {
    size_t size = count - begin < HALF ? count - begin : HALF;
    x[part] = shared_values(arguments->x, first + begin, size, 0);
    doubles stored =
        density == CK_POISSON ? all_wide(1) : shared_values(arguments->parameters[1], first + begin, size, 1);
    longs bad = (longs)0, extreme = (longs)0;
    r[part] = positive_of(stored, arguments->parameters[1].form, 1, 0, &bad, &extreme);
    if (arguments->epsilon != 0) r[part].log = log_add(r[part].log, log_wide(all_wide(arguments->epsilon)));
    small[part] =
        (x[part] >= 0) & (x[part] <= LARGE_COUNT) & (bad == 0) & (absolute_wide(r[part].log) <= FAR_LOG_DISPERSION);
    rising[part] = all_wide(0);
    if (density != CK_POISSON && __builtin_reduce_or(x[part] != 0)) rising[part] = log_rising_wide(r[part].value, x[part]);
    take_small_rows(&rows, begin, size, x[part], small[part] & (x[part] == 0), r[part], rising[part]);
    for (size_t i = 0; i < size; i++) {
      if (!small[part][i]) rows.other_row[rows.others++] = (uint8_t)(begin + i);
    }
  }
  rows.zeros = rows.small;
  for (size_t part = 0, begin = 0; begin < count; part++, begin += HALF) {
    size_t size = count - begin < HALF ? count - begin : HALF;
    take_small_rows(&rows, begin, size, x[part], small[part] & (x[part] != 0), r[part], rising[part]);
  }
  return rows;
}

static void prepare_counts(size_t rows, const ck_density_arguments *arguments, ck_count_rows *prepared) {
  for (size_t first = 0; first < rows; first += CK_COUNT_ROWS) {
    size_t count = rows - first < CK_COUNT_ROWS ? rows - first : CK_COUNT_ROWS;
    prepared[first / CK_COUNT_ROWS] = prepared_rows(arguments->density, arguments, first, count);
  }
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

// What rows make of WIDTH lanes: the logarithm of the density is sum + log share.
typedef struct {
  doubles sum[2];
  float_product share;
  words furthest;  // the bits of the largest -|logarithm|: as whole numbers, those of NaN are the largest of all
} lane_sum;

INLINE void go_as_far_as(words *furthest, floats minus_size) {
  words bits = (words)minus_size;
  *furthest = bits > *furthest ? bits : *furthest;
}

// start + log(1 + e) for e in [0, 1]: relative to e, a fit to log(1 + e) / e, half the work of log1p_of_fraction, which
// activations have their bits from.
INLINE floats fitted_log1p(floats e, floats start) {
  floats p = all(0.005232673138380051f);
  p = p * e - 0.029505159705877304f;
  p = p * e + 0.07822583615779877f;
  p = p * e - 0.13663236796855927f;
  p = p * e + 0.19106003642082214f;
  p = p * e - 0.2484298199415207f;
  p = p * e + 0.3331909775733948f;
  p = p * e - 0.4999949336051941f;
  p = p * e + 0.9999999403953552f;
  return p * e + start;
}

INLINE floats fitted_softplus(floats x) {
  return fitted_log1p(falling_power(minus_absolute(x)), at_least(x, 0));
}

// A quotient of products of a few floats between 0.5 and 2.
typedef struct {
  floats numerator, divisor;
} quotient;

// Multiplies sigmoid(l) + sigmoid(-l) exp(-d), of a zero, onto the shares; tail = exp(-|l|).
INLINE void include_zero(lane_sum *lanes, quotient *near_shares, floats d, floats logit, floats tail) {
  floats whole = 1 + tail;
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

enum { COUNT_TERMS = 8 };  // added up in floats before they are added to a double

// What up to COUNT_TERMS small counts' terms start from: power = exp(-|t|), tail = exp(-|logit|). What a density doesn't use
// isn't stored.
typedef struct {
  floats log_mean[COUNT_TERMS], t[COUNT_TERMS], power[COUNT_TERMS], logit[COUNT_TERMS], tail[COUNT_TERMS];
} count_powers;

INLINE void take_powers(ck_density density, count_powers *powers, const ck_count_rows *rows, size_t first, size_t count,
                        size_t begin, const ck_density_arguments *arguments, size_t lane, words *furthest) {
  ck_operand means = arguments->parameters[0];
  for (size_t i = 0; i < count; i++) {
    size_t row = begin + rows->small_row[first + i];
    floats log_mean = load(means.data + row * means.row_step + lane);
    powers->log_mean[i] = log_mean;
    if (density == CK_POISSON) {
      go_as_far_as(furthest, minus_absolute(log_mean));
      powers->power[i] = exp_lanes(log_mean);
      continue;
    }
    floats t = log_mean - rows->level[first + i], minus_size = minus_absolute(t);
    go_as_far_as(furthest, minus_size);
    powers->t[i] = t;
    powers->power[i] = near_power(minus_size);
    if (density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) {
      floats logit = take(arguments->parameters[2], row, lane), minus_logit = minus_absolute(logit);
      go_as_far_as(furthest, minus_logit);
      powers->logit[i] = logit;
      powers->tail[i] = near_power(minus_logit);
    }
  }
}

// log f of a small count that is not zero, without what lanes share.
INLINE floats positive_count(ck_density density, const count_powers *powers, size_t i, float x, float dispersion,
                             double epsilon, float log_epsilon) {
  if (density == CK_POISSON) return x * powers->log_mean[i] - powers->power[i];
  floats t = powers->t[i], rest = fitted_log1p(powers->power[i], all(0));
  floats sum = -dispersion * (at_least(t, 0) + rest) - x * (at_least(-t, 0) + rest);
  if (epsilon != 0) sum += x * fitted_softplus(log_epsilon - powers->log_mean[i]);
  if (density == CK_NEGATIVE_BINOMIAL) return sum;
  return sum - fitted_log1p(powers->tail[i], at_least(powers->logit[i], 0));
}

// Adds up to COUNT_TERMS small counts, all zeros or none. Powers come first: of shorter chains a processor does more at once.
INLINE void add_terms(ck_density density, lane_sum *lanes, const ck_count_rows *rows, size_t first, size_t count,
                      int are_zeros, size_t begin, const ck_density_arguments *arguments, size_t lane,
                      float log_epsilon) {
  count_powers powers;
  take_powers(density, &powers, rows, first, count, begin, arguments, lane, &lanes->furthest);
  floats sum = all(0);
  quotient near_shares = {all(1), all(1)};
  for (size_t i = 0; i < count; i++) {
    float dispersion = rows->dispersion[first + i];
    if (!are_zeros) {
      sum += positive_count(density, &powers, i, rows->x[first + i], dispersion, arguments->epsilon, log_epsilon);
    } else if (density == CK_POISSON) {
      sum -= powers.power[i];
    } else {
      floats softplus = fitted_log1p(powers.power[i], at_least(powers.t[i], 0));
      if (density == CK_NEGATIVE_BINOMIAL) {
        sum -= dispersion * softplus;
      } else {
        include_zero(lanes, &near_shares, dispersion * softplus, powers.logit[i], powers.tail[i]);
      }
    }
  }
  for (int half = 0; half < 2; half++) lanes->sum[half] += widen(sum, half);
  if (are_zeros && density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) {
    lanes->share = times_factor(lanes->share, near_shares.numerator / near_shares.divisor);
  }
}

INLINE lane_sum sum_of_small_rows(ck_density density, const ck_count_rows *rows, size_t begin,
                                  const ck_density_arguments *arguments, size_t lane, float log_epsilon,
                                  float_product share) {
  lane_sum lanes = {.sum = {all_wide(rows->rising), all_wide(rows->rising)}, .share = share};
  size_t first = 0;
  for (; first + COUNT_TERMS <= rows->zeros; first += COUNT_TERMS) {
    add_terms(density, &lanes, rows, first, COUNT_TERMS, 1, begin, arguments, lane, log_epsilon);
  }
  if (first < rows->zeros) {
    add_terms(density, &lanes, rows, first, rows->zeros - first, 1, begin, arguments, lane, log_epsilon);
  }
  for (first = rows->zeros; first < rows->small; first += COUNT_TERMS) {
    size_t count = rows->small - first < COUNT_TERMS ? rows->small - first : COUNT_TERMS;
    add_terms(density, &lanes, rows, first, count, 0, begin, arguments, lane, log_epsilon);
  }
  return lanes;
}

// The sum of log f over the small counts for HALF lanes, in doubles.
INLINE doubles precise_sum(ck_density density, const ck_count_rows *rows, size_t begin,
                           const ck_density_arguments *arguments, size_t lane, longs *bad) {
  doubles sum = all_wide(0);
  for (size_t i = 0; i < rows->small; i++) {
    element row = shared_element(density, arguments, begin + rows->small_row[i]);
    sum += value_of(density, &row, arguments, begin + rows->small_row[i], lane, NULL, bad);
  }
  return sum;
}

// Adds the small counts to WIDTH lanes; in one whose logarithms are far out, as doubles have them.
INLINE void add_small_rows(ck_density density, const ck_count_rows *rows, size_t begin,
                           const ck_density_arguments *arguments, size_t lane, float log_epsilon, float_product *share,
                           doubles sum[2], longs *bad) {
  lane_sum lanes = sum_of_small_rows(density, rows, begin, arguments, lane, log_epsilon, *share);
  ints far = (floats)lanes.furthest >= -FAR_LOG ? (ints)0 : (ints)-1;
  if (__builtin_reduce_or(far)) {
    lanes.share.mantissa = far ? share->mantissa : lanes.share.mantissa;
    lanes.share.exponent = far ? share->exponent : lanes.share.exponent;
    for (int half = 0; half < 2; half++) {
      doubles precise = precise_sum(density, rows, begin, arguments, lane + (size_t)half * HALF, bad);
      lanes.sum[half] = widen(far ? all(1) : all(0), half) == 1 ? precise : lanes.sum[half];
    }
  }
  *share = lanes.share;
  for (int half = 0; half < 2; half++) sum[half] += lanes.sum[half];
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
    for (size_t begin = 0; begin < rows; begin += CK_COUNT_ROWS) {
      const ck_count_rows *counts = &arguments->counts[begin / CK_COUNT_ROWS];
      for (size_t v = 0; v < vectors; v++) {
        add_small_rows(density, counts, begin, arguments, first + v * WIDTH, log_epsilon, &share[v], sum + 2 * v, &bad);
      }
      for (size_t i = 0; i < counts->others; i++) {
        size_t row = begin + counts->other_row[i];
        element shared = shared_element(density, arguments, row);
        for (size_t v = 0; v < 2 * vectors; v++) {
          sum[v] += value_of(density, &shared, arguments, row, first + v * HALF, NULL, &bad);
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
