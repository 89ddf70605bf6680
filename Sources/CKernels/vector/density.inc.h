// The log-densities, in doubles. What lanes share is worked out once for a row.

// A parameter that has to be positive; NaN where it isn't.
typedef struct {
  doubles value, log, inverse;
} positive;

// One value and its parameters in HALF lanes, with what depends on some of them only.
typedef struct {
  doubles x, log_x, log_1_minus_x;
  doubles location;
  positive positive[2];
  doubles joint;  // a part that depends on x and the second parameter
  doubles log_mean;  // of a negative binomial, where x is not 0: epsilon is added inside
  longs bad;      // minus the number of parameters out of their domain
  longs extreme;  // -1 where scalar code has to take over
} element;

// What a density takes, in order: locations (any number) and positive parameters.
INLINE int parameter_count(ck_density density) {
  switch (density) {
    case CK_STANDARD_NORMAL:
    case CK_STANDARD_LAPLACE: return 0;
    case CK_BERNOULLI_LOGITS:
    case CK_BERNOULLI_PROBABILITIES:
    case CK_CONTINUOUS_BERNOULLI_LOGITS:
    case CK_CONTINUOUS_BERNOULLI_PROBABILITIES:
    case CK_POISSON: return 1;
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL: return 3;
    default: return 2;
  }
}

INLINE doubles hold(doubles log) { return at_most_wide(at_least_wide(log, -CK_HELD_LOG), CK_HELD_LOG); }
INLINE doubles held_exp(doubles log) { return exp_wide(hold(log)); }

// `with_value` and `with_inverse` say whether those are wanted. Both are held where `extreme` is set.
INLINE positive positive_of(doubles stored, ck_form form, int with_value, int with_inverse, longs *bad,
                            longs *extreme) {
  int logarithm = form == CK_LOG || form == CK_LOG_SQUARE;
  longs valid = logarithm ? (stored > -INFINITY) & (stored < INFINITY) : (stored > 0) & (stored < INFINITY);
  *bad += ~valid;
  stored = valid ? stored : all_wide(NAN);
  positive result = {stored, stored, stored};
  if (form == CK_SQUARE) result.value = __builtin_elementwise_sqrt(stored);
  if (!logarithm) result.log = log_wide(stored);
  if (form == CK_SQUARE || form == CK_LOG_SQUARE) result.log *= 0.5;
  if (logarithm) *extreme |= absolute_wide(result.log) > CK_HELD_LOG;
  if (logarithm && with_value) result.value = held_exp(result.log);
  if (with_inverse) result.inverse = logarithm ? held_exp(-result.log) : 1 / result.value;
  return result;
}

INLINE doubles in_unit_interval(doubles stored, longs *bad) {
  longs valid = (stored >= 0) & (stored <= 1);
  *bad += ~valid;
  return valid ? stored : all_wide(NAN);
}

// a b where nothing times infinity is nothing.
INLINE doubles times(doubles a, doubles b) { return a == 0 ? all_wide(0) : a * b; }

INLINE doubles log_add(doubles a, doubles b) {
  doubles larger = a > b ? a : b;
  doubles difference = a == b ? all_wide(0) : -absolute_wide(a - b);
  return larger + log1p_of_unit(exp_wide(difference));
}

// The density exp(x l) l / (exp(l) - 1), mirrored where l > 0. An infinite logit leaves no finite factor.
INLINE doubles continuous_bernoulli(doubles x, doubles logit, log_product *divisor) {
  doubles size = absolute_wide(logit);
  doubles normalizer = size == 0 ? all_wide(1) : -expm1_of_negative(-size) / size;
  doubles exponent = times(logit > 0 ? 1 - x : x, size);
  longs limit = size == INFINITY;
  include_factor(divisor, limit ? all_wide(1) : normalizer);
  return (limit & (exponent == 0)) ? all_wide(INFINITY) : -exponent;
}

// 1 / (1 - exp(-width)): what a bin's probability is divided by, wherever it is.
INLINE doubles bin_divisor(doubles inverse_scale, double bins) {
  return -1 / expm1_of_negative(inverse_scale * (-1 / (bins - 1)));
}

// A probability exp(-exponent) / divisor.
typedef struct {
  doubles exponent, divisor;
} bin_probability;

// sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)), which nothing cancels in.
INLINE bin_probability discretized_logistic(doubles x, doubles mean, doubles inverse_scale, doubles bin_divisor,
                                            double bins) {
  double half = 0.5 / (bins - 1);
  doubles above = (mean - (x + half)) * inverse_scale, below = ((x - half) - mean) * inverse_scale;
  longs lowest = x <= 0, highest = x >= 1;
  doubles one_above = 1 + exp_wide(-absolute_wide(above)), one_below = 1 + exp_wide(-absolute_wide(below));
  above = at_least_wide(above, 0);
  below = at_least_wide(below, 0);
  return (bin_probability){
      .exponent = lowest ? above : highest ? below : above + below,
      .divisor = lowest ? one_above : highest ? one_below : one_above * one_below * bin_divisor,
  };
}

INLINE void take_x(ck_density density, element *e, doubles x) {
  e->x = x;
  if (density == CK_BETA) {
    e->log_x = log_wide(x);
    e->log_1_minus_x = log_of_one_minus(x);
  }
}

INLINE void take_parameter(ck_density density, int i, element *e, doubles stored, ck_form form, double bins) {
  switch (density) {
    case CK_NORMAL:
    case CK_LAPLACE:
    case CK_DISCRETIZED_LOGISTIC:
      if (i == 0) e->location = stored;
      if (i == 1) e->positive[0] = positive_of(stored, form, 0, 1, &e->bad, &e->extreme);
      if (i == 1 && density == CK_DISCRETIZED_LOGISTIC) e->joint = bin_divisor(e->positive[0].inverse, bins);
      return;
    case CK_BERNOULLI_PROBABILITIES: e->location = in_unit_interval(stored, &e->bad); return;
    case CK_CONTINUOUS_BERNOULLI_PROBABILITIES: {
      doubles p = in_unit_interval(stored, &e->bad);
      e->location = log_wide(p) - log_wide(1 - p);
      return;
    }
    case CK_BETA:
    case CK_POISSON:
    case CK_NEGATIVE_BINOMIAL:
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL:
      if (i == 2) e->location = stored;
      if (i < 2) {
        int value = density == CK_BETA || density == CK_POISSON || i == 1;
        e->positive[i] = positive_of(stored, form, value, 0, &e->bad, &e->extreme);
      }
      return;
    default: e->location = stored;
  }
}

// Whether lanes share all that the joint part depends on.
INLINE int shares_joint(ck_density density, const ck_density_arguments *arguments) {
  const ck_operand *parameters = arguments->parameters;
  if (density == CK_BETA) return !parameters[0].lane_step && !parameters[1].lane_step;
  return !arguments->x.lane_step && !parameters[1].lane_step;
}

INLINE void join(ck_density density, element *e) {
  if (density == CK_BETA) {
    doubles a = e->positive[0].value, b = e->positive[1].value;
    doubles larger = a > b ? a : b, smaller = a > b ? b : a;
    e->joint = log_rising_wide(larger, smaller) - log_gamma_wide(smaller);
    e->extreme |= smaller > CK_CONCENTRATED_BETA;
  }
  if (density == CK_NEGATIVE_BINOMIAL || density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) {
    e->joint = log_rising_wide(e->positive[1].value, e->x);
  }
}

// Of a negative binomial with epsilon: what is added inside logarithms.
INLINE void lift(ck_density density, int i, element *e, double epsilon, int x_is_shared) {
  if (density != CK_NEGATIVE_BINOMIAL && density != CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) return;
  if (i == 0) e->log_mean = e->positive[0].log;
  if (epsilon == 0 || i > 1) return;
  doubles log_epsilon = log_wide(all_wide(epsilon));
  if (i == 0 && (!x_is_shared || __builtin_reduce_or(e->x != 0))) e->log_mean = log_add(e->positive[0].log, log_epsilon);
  if (i == 1) e->positive[1].log = log_add(e->positive[1].log, log_epsilon);
}

// Takes those operands that lanes share, or those that they don't.
INLINE void take_operands(ck_density density, element *e, const ck_density_arguments *arguments, int shared, size_t row,
                          size_t lane) {
  if ((arguments->x.lane_step == 0) == shared) take_x(density, e, take_wide(arguments->x, row, lane));
  for (int i = 0; i < parameter_count(density); i++) {
    ck_operand parameter = arguments->parameters[i];
    if ((parameter.lane_step == 0) != shared) continue;
    take_parameter(density, i, e, take_wide(parameter, row, lane), parameter.form, arguments->bins);
    lift(density, i, e, arguments->epsilon, arguments->x.lane_step == 0);
  }
  if (shares_joint(density, arguments) == shared) join(density, e);
}

// With t = log(mean / dispersion): the probability of success is exp(t) / (1 + exp(t)).
INLINE doubles negative_binomial(const element *e) {
  positive dispersion = e->positive[1];
  doubles level = hold(dispersion.log), t = e->positive[0].log - level;
  return e->joint + e->x * (e->log_mean - level) - (e->x + dispersion.value) * softplus_wide(t);
}

// log(sigmoid(l) [x = 0] + sigmoid(-l) f(x)), from both of which max(l, 0) is taken.
INLINE doubles zero_inflated(const element *e) {
  doubles logit = e->location, density = negative_binomial(e) - at_least_wide(logit, 0);
  doubles sum = e->x > 0 ? density : log_add(at_most_wide(logit, 0), density);
  return sum - log1p_of_unit(exp_wide(-absolute_wide(logit)));
}

// Whether a density leaves a factor for one logarithm in the end.
INLINE int has_divisor(ck_density density) {
  return density == CK_DISCRETIZED_LOGISTIC || density == CK_CONTINUOUS_BERNOULLI_LOGITS ||
         density == CK_CONTINUOUS_BERNOULLI_PROBABILITIES;
}

// log f but for the logarithm of a factor that is multiplied onto `divisor`.
INLINE doubles log_density_of(ck_density density, const element *e, double bins, log_product *divisor) {
  doubles x = e->x, difference = x - e->location;
  positive scale = e->positive[0];
  switch (density) {
    case CK_STANDARD_NORMAL: return -0.5 * x * x - CK_HALF_LOG_2PI;
    case CK_STANDARD_LAPLACE: return -absolute_wide(x) - CK_LN2;
    case CK_NORMAL: {
      doubles standard = difference * scale.inverse;
      return -0.5 * standard * standard - (scale.log + CK_HALF_LOG_2PI);
    }
    case CK_LAPLACE: return -absolute_wide(difference) * scale.inverse - (scale.log + CK_LN2);
    case CK_BERNOULLI_LOGITS: {
      doubles size = absolute_wide(e->location);
      return -times(e->location > 0 ? 1 - x : x, size) - log1p_of_unit(exp_wide(-size));
    }
    case CK_BERNOULLI_PROBABILITIES:
      return times(x, log_wide(e->location)) + times(1 - x, log_wide(1 - e->location));
    case CK_CONTINUOUS_BERNOULLI_LOGITS:
    case CK_CONTINUOUS_BERNOULLI_PROBABILITIES: return continuous_bernoulli(x, e->location, divisor);
    case CK_DISCRETIZED_LOGISTIC: {
      bin_probability p = discretized_logistic(x, e->location, scale.inverse, e->joint, bins);
      include_factor(divisor, e->extreme ? all_wide(1) : p.divisor);
      return -p.exponent;
    }
    case CK_BETA:
      return times(e->positive[0].value - 1, e->log_x) + times(e->positive[1].value - 1, e->log_1_minus_x) + e->joint;
    case CK_POISSON: return x * e->positive[0].log - e->positive[0].value;
    case CK_NEGATIVE_BINOMIAL: return negative_binomial(e);
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL: return zero_inflated(e);
    default: return all_wide(NAN);
  }
}

// Whether scalar code has more to say of parameters without bound. A normal density is at its limit where they are held.
INLINE int has_extremes(ck_density density) {
  switch (density) {
    case CK_LAPLACE:
    case CK_DISCRETIZED_LOGISTIC:
    case CK_BETA:
    case CK_POISSON:
    case CK_NEGATIVE_BINOMIAL:
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL: return 1;
    default: return 0;
  }
}

INLINE doubles with_extremes(doubles values, longs extreme, const ck_density_arguments *arguments, size_t row,
                             size_t lane) {
  if (!__builtin_reduce_or(extreme)) return values;
  for (int i = 0; i < HALF; i++) {
    if (extreme[i]) values[i] = ck_scalar_log_density_at(arguments, row, lane + (size_t)i);
  }
  return values;
}

// What lanes share of a row.
INLINE element shared_element(ck_density density, const ck_density_arguments *arguments, size_t r) {
  element row = {.bad = (longs)0, .extreme = (longs)0};
  take_operands(density, &row, arguments, 1, r, 0);
  return row;
}

// log f in HALF lanes, of which `row` has what they share; a factor of it may go to `divisor`.
INLINE doubles value_of(ck_density density, const element *row, const ck_density_arguments *arguments, size_t r,
                        size_t lane, log_product *divisor, longs *bad) {
  element e = *row;
  take_operands(density, &e, arguments, 0, r, lane);
  doubles value = log_density_of(density, &e, arguments->bins, divisor);
  *bad -= e.bad;
  return has_extremes(density) ? with_extremes(value, e.extreme, arguments, r, lane) : value;
}

INLINE void add_to_total(double *total, double factor, doubles sum) {
  store_doubles(total, load_doubles(total) + factor * sum);
}

enum { REDUCED_LANES = 128, REDUCED_VECTORS = REDUCED_LANES / HALF };

INLINE size_t reduce(ck_density density, size_t rows, size_t lanes, const ck_density_arguments *arguments,
                     double factor, double *total) {
  longs bad = (longs)0;
  for (size_t first = 0; first < lanes; first += REDUCED_LANES) {
    size_t vectors = (lanes - first < REDUCED_LANES ? lanes - first : REDUCED_LANES) / HALF;
    doubles sum[REDUCED_VECTORS];
    log_product divisor[REDUCED_VECTORS];
    for (size_t v = 0; v < vectors; v++) {
      sum[v] = all_wide(0);
      divisor[v] = empty_product();
    }
    for (size_t r = 0; r < rows; r++) {
      element row = shared_element(density, arguments, r);
      for (size_t v = 0; v < vectors; v++) {
        sum[v] += value_of(density, &row, arguments, r, first + v * HALF, &divisor[v], &bad);
      }
    }
    for (size_t v = 0; v < vectors; v++) {
      if (has_divisor(density)) sum[v] -= log_of_product(divisor[v]);
      add_to_total(total + first + v * HALF, factor, sum[v]);
    }
  }
  return sum_of(bad);
}
