// Logarithms of sums: classes, components of a mixture; and the choice of a density.

// log of a sum of exponentials: each term costs one exponential, whichever is the largest so far.
typedef struct {
  doubles largest, sum;
} log_sum;

INLINE log_sum empty_sum(void) { return (log_sum){all_wide(-INFINITY), all_wide(0)}; }

// Adds weight exp(exponent).
INLINE void include(log_sum *total, doubles exponent, doubles weight) {
  doubles difference = exponent == total->largest ? all_wide(0) : -absolute_wide(exponent - total->largest);
  doubles power = exp_wide(difference);
  longs greater = exponent > total->largest;
  total->sum = greater ? total->sum * power + weight : total->sum + power * weight;
  total->largest = greater ? exponent : total->largest;
}

INLINE doubles log_of(log_sum total) { return total.largest + log_wide(total.sum); }

// The logit of class x; NaN where there is no such class.
INLINE floats logit_of_class(ck_operand logits, size_t first, size_t classes, ck_operand x, size_t row, size_t lane) {
  floats chosen = all(NAN);
  if (!x.lane_step) {
    float class = x.data[row * x.row_step];
    if (!(class >= 0 && class < (float)classes && class == (float)(size_t)class)) return chosen;
    return take(logits, first + (size_t)class, lane);
  }
  floats class = take(x, row, lane);
  for (size_t c = 0; c < classes; c++) chosen = class == (float)c ? take(logits, first + c, lane) : chosen;
  return chosen;
}

// log f of one row. The exponentials are floats, whose errors are relative to a sum that is at least 1; the sum is made
// of doubles.
INLINE void categorical_row(const ck_density_arguments *arguments, size_t row, size_t lane, doubles sum[2]) {
  ck_operand logits = arguments->parameters[0];
  size_t classes = arguments->components, first = row * classes;
  floats largest = take(logits, first, lane);
  for (size_t c = 1; c < classes; c++) {
    floats logit = take(logits, first + c, lane);
    largest = logit > largest ? logit : largest;
  }
  doubles powers[2] = {all_wide(0), all_wide(0)};
  for (size_t c = 0; c < classes; c++) {
    floats power = exp_lanes(take(logits, first + c, lane) - largest);
    for (int half = 0; half < 2; half++) powers[half] += widen(power, half);
  }
  floats chosen = logit_of_class(logits, first, classes, arguments->x, row, lane);
  for (int half = 0; half < 2; half++) {
    sum[half] += widen(chosen, half) - widen(largest, half) - log_wide(powers[half]);
  }
}

INLINE doubles logistic_mixture_row(const ck_density_arguments *arguments, size_t row, size_t lane, longs *bad) {
  const ck_operand *parameters = arguments->parameters;
  double bins = arguments->bins;
  doubles x = take_wide(arguments->x, row, lane);
  log_sum joint = empty_sum(), weights = empty_sum();
  longs extreme = (longs)0;
  for (size_t c = 0; c < arguments->components; c++) {
    size_t i = row * arguments->components + c;
    doubles logit = take_wide(parameters[0], i, lane), mean = take_wide(parameters[1], i, lane);
    positive scale = positive_of(take_wide(parameters[2], i, lane), parameters[2].form, 0, 1, bad, &extreme);
    doubles divisor = bin_divisor(scale.inverse, bins);
    bin_probability p = discretized_logistic(x, mean, scale.inverse, divisor, bins);
    include(&weights, logit, all_wide(1));
    include(&joint, logit - p.exponent, 1 / p.divisor);
  }
  return with_extremes(log_of(joint) - log_of(weights), extreme, arguments, row, lane);
}

// Row by row across the lanes: the many rows of the components are read once, and in order.
INLINE size_t reduce_mixture(ck_density density, size_t rows, size_t lanes, const ck_density_arguments *arguments,
                             double factor, double *total) {
  longs bad = (longs)0;
  for (size_t first = 0; first < lanes; first += REDUCED_LANES) {
    size_t vectors = (lanes - first < REDUCED_LANES ? lanes - first : REDUCED_LANES) / HALF;
    doubles sum[REDUCED_VECTORS];
    for (size_t v = 0; v < vectors; v++) sum[v] = all_wide(0);
    for (size_t r = 0; r < rows; r++) {
      for (size_t v = 0; v < vectors; v += 2) {
        if (density == CK_CATEGORICAL) {
          categorical_row(arguments, r, first + v * HALF, &sum[v]);
        } else {
          sum[v] += logistic_mixture_row(arguments, r, first + v * HALF, &bad);
          sum[v + 1] += logistic_mixture_row(arguments, r, first + (v + 1) * HALF, &bad);
        }
      }
    }
    for (size_t v = 0; v < vectors; v++) add_to_total(total + first + v * HALF, factor, sum[v]);
  }
  return sum_of(-bad);
}

// Every density of one element at a time that has no loop of its own.
#define FOR_EACH_ELEMENT_DENSITY(CASE) \
  CASE(CK_STANDARD_NORMAL) CASE(CK_STANDARD_LAPLACE) CASE(CK_NORMAL) CASE(CK_LAPLACE)                    \
  CASE(CK_BERNOULLI_PROBABILITIES) CASE(CK_CONTINUOUS_BERNOULLI_LOGITS)                                  \
  CASE(CK_CONTINUOUS_BERNOULLI_PROBABILITIES) CASE(CK_DISCRETIZED_LOGISTIC) CASE(CK_BETA) CASE(CK_POISSON) \
  CASE(CK_NEGATIVE_BINOMIAL) CASE(CK_ZERO_INFLATED_NEGATIVE_BINOMIAL)

static size_t log_density(size_t rows, size_t lanes, const ck_density_arguments *arguments, double factor,
                          double *total) {
  if (arguments->counts) {
    switch (arguments->density) {
      case CK_POISSON: return reduce_counts(CK_POISSON, rows, lanes, arguments, factor, total);
      case CK_NEGATIVE_BINOMIAL: return reduce_counts(CK_NEGATIVE_BINOMIAL, rows, lanes, arguments, factor, total);
      case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL:
        return reduce_counts(CK_ZERO_INFLATED_NEGATIVE_BINOMIAL, rows, lanes, arguments, factor, total);
      default: break;
    }
  }
#define CASE(density) \
  case density: return reduce(density, rows, lanes, arguments, factor, total);
  switch (arguments->density) {
    case CK_BERNOULLI_LOGITS:
      if (!arguments->parameters[0].lane_step) break;
      bernoulli_logits(rows, lanes, arguments->parameters[0], arguments->x, factor, total);
      return 0;
    case CK_CATEGORICAL: return reduce_mixture(CK_CATEGORICAL, rows, lanes, arguments, factor, total);
    case CK_LOGISTIC_MIXTURE: return reduce_mixture(CK_LOGISTIC_MIXTURE, rows, lanes, arguments, factor, total);
    FOR_EACH_ELEMENT_DENSITY(CASE)
  }
#undef CASE
  return reduce(CK_BERNOULLI_LOGITS, rows, lanes, arguments, factor, total);
}

static void log_scale(size_t rows, size_t lanes, ck_operand scale, double factor, double *total) {
  longs ignored = (longs)0, extreme = (longs)0;
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    doubles sum = all_wide(0);
    for (size_t r = 0; r < rows; r++) {
      sum += positive_of(take_wide(scale, r, lane), scale.form, 0, 0, &ignored, &extreme).log;
    }
    add_to_total(total + lane, factor, sum);
  }
}

static void log_mixture(size_t components, size_t lanes, const double *log_weights,
                        const double *component_densities, double factor, double *total) {
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    log_sum sum = empty_sum();
    for (size_t c = 0; c < components; c++) {
      include(&sum, log_weights[c] + load_doubles(component_densities + c * lanes + lane), all_wide(1));
    }
    add_to_total(total + lane, factor, log_of(sum));
  }
}
