// Logarithms of sums: classes, components of a mixture; and the choice of a density.

// log of a sum of exponentials: each term costs one exponential, whichever is the largest so far.
typedef struct {
  doubles largest, sum;
} log_sum;

INLINE log_sum empty_sum(void) { return (log_sum){all_wide(-INFINITY), all_wide(0)}; }

INLINE void include(log_sum *total, doubles term) {
  doubles difference = term == total->largest ? all_wide(0) : -absolute_wide(term - total->largest);
  doubles power = exp_wide(difference);
  longs greater = term > total->largest;
  total->sum = greater ? total->sum * power + 1 : total->sum + power;
  total->largest = greater ? term : total->largest;
}

INLINE doubles log_of(log_sum total) { return total.largest + log_wide(total.sum); }

INLINE void add_to_total(double *total, double factor, doubles sum) {
  store_doubles(total, load_doubles(total) + factor * sum);
}

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

// The exponentials as floats, whose errors are relative to a sum that is at least 1, the sum as doubles.
static void categorical(size_t rows, size_t lanes, const ck_density_arguments *arguments, double factor,
                        double *total) {
  ck_operand logits = arguments->parameters[0];
  size_t classes = arguments->components;
  for (size_t lane = 0; lane < lanes; lane += WIDTH) {
    doubles sum[2] = {all_wide(0), all_wide(0)};
    for (size_t r = 0; r < rows; r++) {
      floats largest = take(logits, r * classes, lane);
      for (size_t c = 1; c < classes; c++) {
        floats logit = take(logits, r * classes + c, lane);
        largest = logit > largest ? logit : largest;
      }
      doubles powers[2] = {all_wide(0), all_wide(0)};
      for (size_t c = 0; c < classes; c++) {
        floats power = exp_lanes(take(logits, r * classes + c, lane) - largest);
        for (int half = 0; half < 2; half++) powers[half] += widen(power, half);
      }
      floats chosen = logit_of_class(logits, r * classes, classes, arguments->x, r, lane);
      for (int half = 0; half < 2; half++) {
        sum[half] += widen(chosen, half) - widen(largest, half) - log_wide(powers[half]);
      }
    }
    for (int half = 0; half < 2; half++) add_to_total(total + lane + half * HALF, factor, sum[half]);
  }
}

static size_t logistic_mixture(size_t rows, size_t lanes, const ck_density_arguments *arguments, double factor,
                               double *total) {
  longs bad = (longs)0;
  size_t components = arguments->components;
  double bins = arguments->bins;
  const ck_operand *parameters = arguments->parameters;
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    doubles sum = all_wide(0);
    for (size_t r = 0; r < rows; r++) {
      doubles x = take_wide(arguments->x, r, lane);
      log_sum joint = empty_sum(), weights = empty_sum();
      for (size_t c = 0; c < components; c++) {
        size_t i = r * components + c;
        doubles logit = take_wide(parameters[0], i, lane), mean = take_wide(parameters[1], i, lane);
        longs bad_here = (longs)0;
        positive scale = positive_of(take_wide(parameters[2], i, lane), parameters[2].form, 0, 1, &bad_here);
        bad -= bad_here;
        include(&weights, logit);
        include(&joint, logit + discretized_logistic(x, mean, scale.inverse, log_bin(scale.inverse, bins), bins));
      }
      sum += log_of(joint) - log_of(weights);
    }
    add_to_total(total + lane, factor, sum);
  }
  return sum_of(bad);
}

static size_t log_density(size_t rows, size_t lanes, const ck_density_arguments *arguments, double factor,
                          double *total) {
#define CASE(density) \
  case density: return reduce(density, rows, lanes, arguments, factor, total);
  switch (arguments->density) {
    case CK_BERNOULLI_LOGITS:
      if (!arguments->parameters[0].lane_step) break;
      bernoulli_logits(rows, lanes, arguments->parameters[0], arguments->x, factor, total);
      return 0;
    case CK_CATEGORICAL: categorical(rows, lanes, arguments, factor, total); return 0;
    case CK_LOGISTIC_MIXTURE: return logistic_mixture(rows, lanes, arguments, factor, total);
    CASE(CK_STANDARD_NORMAL)
    CASE(CK_STANDARD_LAPLACE)
    CASE(CK_NORMAL)
    CASE(CK_LAPLACE)
    CASE(CK_BERNOULLI_PROBABILITIES)
    CASE(CK_CONTINUOUS_BERNOULLI_LOGITS)
    CASE(CK_CONTINUOUS_BERNOULLI_PROBABILITIES)
    CASE(CK_DISCRETIZED_LOGISTIC)
    CASE(CK_BETA)
    CASE(CK_POISSON)
    CASE(CK_NEGATIVE_BINOMIAL)
    CASE(CK_ZERO_INFLATED_NEGATIVE_BINOMIAL)
  }
#undef CASE
  return reduce(CK_BERNOULLI_LOGITS, rows, lanes, arguments, factor, total);
}

static void log_scale(size_t rows, size_t lanes, ck_operand scale, double factor, double *total) {
  longs ignored = (longs)0;
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    doubles sum = all_wide(0);
    for (size_t r = 0; r < rows; r++) {
      sum += positive_of(take_wide(scale, r, lane), scale.form, 0, 0, &ignored).log;
    }
    add_to_total(total + lane, factor, sum);
  }
}

static void log_mixture(size_t components, size_t lanes, const double *log_weights,
                        const double *component_densities, double factor, double *total) {
  for (size_t lane = 0; lane < lanes; lane += HALF) {
    log_sum sum = empty_sum();
    for (size_t c = 0; c < components; c++) {
      include(&sum, log_weights[c] + load_doubles(component_densities + c * lanes + lane));
    }
    add_to_total(total + lane, factor, log_of(sum));
  }
}
