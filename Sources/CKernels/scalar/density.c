#include <math.h>

#include "scalar.h"

// A parameter that has to be positive, and its logarithm, of which only so much is exponentiated (see hold): further
// out every density is at its limit.
typedef struct {
  double value, log;
  int valid;
} positive;

static double hold(double log) { return fmax(-600, fmin(600, log)); }

static positive positive_of(double stored, ck_form form) {
  if (form == CK_SQUARE || form == CK_LOG_SQUARE) {
    positive square = positive_of(stored, form == CK_SQUARE ? CK_DIRECT : CK_LOG);
    double half = form == CK_SQUARE ? square.log : stored;
    return (positive){exp(hold(0.5 * half)), 0.5 * half, square.valid};
  }
  if (form == CK_DIRECT) return (positive){stored, log(stored), stored > 0 && stored < INFINITY};
  return (positive){exp(hold(stored)), stored, isfinite(stored)};
}

static double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }

static double log_add(double a, double b) {
  double larger = a > b ? a : b;
  return isinf(larger) ? a + b == a + b ? larger : NAN : larger + log1p(exp(-fabs(a - b)));
}

// a b where nothing times infinity is nothing: a certain event has happened, or one that can't has not.
static double times(double a, double b) { return a == 0 ? 0 : a * b; }

static double normal(double x, double mean, positive scale) {
  double standard = (x - mean) / scale.value;
  return -0.5 * standard * standard - scale.log - CK_HALF_LOG_2PI;
}

static double laplace(double x, double mean, positive scale) {
  return -fabs(x - mean) / scale.value - scale.log - CK_LN2;
}

static double bernoulli(double x, double logit) {
  return -times(logit > 0 ? 1 - x : x, fabs(logit)) - log1p(exp(-fabs(logit)));
}

// The density exp(x l) l / (exp(l) - 1), mirrored where l > 0.
static double continuous_bernoulli(double x, double logit) {
  double size = fabs(logit);
  double normalizer = size == 0 ? 1 : -expm1(-size) / size;
  double exponent = times(logit > 0 ? 1 - x : x, size);
  return isinf(exponent) ? -INFINITY : -exponent - log(normalizer);
}

// sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)), which nothing cancels in.
static double discretized_logistic(double x, double mean, positive scale, double bins) {
  double half = 0.5 / (bins - 1);
  double above = softplus((mean - (x + half)) / scale.value);
  double below = softplus(((x - half) - mean) / scale.value);
  if (x <= 0) return -above;
  if (x >= 1) return -below;
  return -above - below + log(-expm1(-2 * half / scale.value));
}

static double beta(double x, positive alpha, positive other) {
  double larger = fmax(alpha.value, other.value), smaller = fmin(alpha.value, other.value);
  return times(alpha.value - 1, log(x)) + times(other.value - 1, log1p(-x)) + ck_log_rising(larger, smaller) -
         ck_log_gamma(smaller);
}

static double poisson(double x, positive rate) { return x * rate.log - rate.value; }

// With t = log(mean / dispersion): the probability of success is exp(t) / (1 + exp(t)).
static double negative_binomial(double x, positive mean, positive dispersion) {
  double t = mean.log - hold(dispersion.log);
  return ck_log_rising(dispersion.value, x) + x * t - (x + dispersion.value) * softplus(t);
}

static double zero_inflated(double x, double logit, double log_density) {
  if (x > 0) return log_density - softplus(logit);
  return log_add(-softplus(-logit), log_density - softplus(logit));
}

typedef struct {
  const ck_density_arguments *arguments;
  size_t lane, bad;
} place;

static double location(place *at, int parameter, size_t row) {
  ck_operand operand = at->arguments->parameters[parameter];
  return operand.data[ck_index(operand, row, at->lane)];
}

static positive positive_parameter(place *at, int parameter, size_t row) {
  positive result = positive_of(location(at, parameter, row), at->arguments->parameters[parameter].form);
  at->bad += !result.valid;
  if (!result.valid) result.log = NAN;
  return result;
}

static double probability(place *at, size_t row) {
  double result = location(at, 0, row);
  int valid = result >= 0 && result <= 1;
  at->bad += !valid;
  return valid ? result : NAN;
}

static double log_sum_exp_of_logits(place *at, size_t row) {
  double sum = -INFINITY;
  for (size_t c = 0; c < at->arguments->components; c++) {
    sum = log_add(sum, location(at, 0, row * at->arguments->components + c));
  }
  return sum;
}

static double categorical(place *at, double x, size_t row) {
  size_t classes = at->arguments->components;
  if (!(x >= 0 && x < (double)classes && x == floor(x))) return NAN;
  return location(at, 0, row * classes + (size_t)x) - log_sum_exp_of_logits(at, row);
}

static double logistic_mixture(place *at, double x, size_t row) {
  double sum = -INFINITY;
  for (size_t c = 0; c < at->arguments->components; c++) {
    size_t i = row * at->arguments->components + c;
    positive scale = positive_parameter(at, 2, i);
    double density = discretized_logistic(x, location(at, 1, i), scale, at->arguments->bins);
    sum = log_add(sum, location(at, 0, i) + (scale.valid ? density : NAN));
  }
  return sum - log_sum_exp_of_logits(at, row);
}

static double log_density(place *at, double x, size_t row) {
  positive first, second;
  double p, density;
  switch (at->arguments->density) {
    case CK_STANDARD_NORMAL: return -0.5 * x * x - CK_HALF_LOG_2PI;
    case CK_STANDARD_LAPLACE: return -fabs(x) - CK_LN2;
    case CK_NORMAL: return normal(x, location(at, 0, row), positive_parameter(at, 1, row));
    case CK_LAPLACE: return laplace(x, location(at, 0, row), positive_parameter(at, 1, row));
    case CK_BERNOULLI_LOGITS: return bernoulli(x, location(at, 0, row));
    case CK_BERNOULLI_PROBABILITIES:
      p = probability(at, row);
      return isnan(p) ? NAN : times(x, log(p)) + times(1 - x, log1p(-p));
    case CK_CONTINUOUS_BERNOULLI_LOGITS: return continuous_bernoulli(x, location(at, 0, row));
    case CK_CONTINUOUS_BERNOULLI_PROBABILITIES:
      p = probability(at, row);
      return continuous_bernoulli(x, log(p) - log1p(-p));
    case CK_CATEGORICAL: return categorical(at, x, row);
    case CK_DISCRETIZED_LOGISTIC:
      first = positive_parameter(at, 1, row);
      return first.valid ? discretized_logistic(x, location(at, 0, row), first, at->arguments->bins) : NAN;
    case CK_LOGISTIC_MIXTURE: return logistic_mixture(at, x, row);
    case CK_BETA:
      first = positive_parameter(at, 0, row);
      second = positive_parameter(at, 1, row);
      return first.valid && second.valid ? beta(x, first, second) : NAN;
    case CK_POISSON: return poisson(x, positive_parameter(at, 0, row));
    case CK_NEGATIVE_BINOMIAL:
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL:
      first = positive_parameter(at, 0, row);
      second = positive_parameter(at, 1, row);
      density = first.valid && second.valid ? negative_binomial(x, first, second) : NAN;
      if (at->arguments->density == CK_NEGATIVE_BINOMIAL) return density;
      return zero_inflated(x, location(at, 2, row), density);
  }
  return NAN;
}

size_t ck_scalar_log_density(size_t rows, size_t lanes, const ck_density_arguments *arguments, double factor,
                             double *total) {
  size_t bad = 0;
  for (size_t lane = 0; lane < lanes; lane++) {
    place at = {arguments, lane, 0};
    double sum = 0;
    for (size_t r = 0; r < rows; r++) sum += log_density(&at, arguments->x.data[ck_index(arguments->x, r, lane)], r);
    total[lane] += factor * (at.bad ? NAN : sum);
    bad += at.bad;
  }
  return bad;
}

void ck_scalar_log_scale(size_t rows, size_t lanes, ck_operand scale, double factor, double *total) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double sum = 0;
    for (size_t r = 0; r < rows; r++) {
      positive deviation = positive_of(scale.data[ck_index(scale, r, lane)], scale.form);
      sum += deviation.valid ? deviation.log : NAN;
    }
    total[lane] += factor * sum;
  }
}

void ck_scalar_log_mixture(size_t components, size_t lanes, const double *log_weights,
                           const double *component_densities, double factor, double *total) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double largest = -INFINITY, sum = 0;
    for (size_t c = 0; c < components; c++) {
      double term = log_weights[c] + component_densities[c * lanes + lane];
      if (term > largest || isnan(term)) largest = term;
    }
    for (size_t c = 0; c < components; c++) sum += exp(log_weights[c] + component_densities[c * lanes + lane] - largest);
    total[lane] += factor * (isinf(largest) ? largest : largest + log(sum));
  }
}
