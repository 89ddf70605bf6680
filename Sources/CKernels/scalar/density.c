#include <math.h>

#include "scalar.h"

typedef ck_positive positive;

static positive positive_of(double stored, ck_form form) {
  int logarithm = form == CK_LOG || form == CK_LOG_SQUARE, square = form == CK_SQUARE || form == CK_LOG_SQUARE;
  double log_stored = logarithm ? stored : log(stored);
  return (positive){
      .stored = stored,
      .form = form,
      .log = square ? 0.5 * log_stored : log_stored,
      .value = (double)ck_precise_value(stored, form),
      .valid = logarithm ? isfinite(stored) : stored > 0 && stored < INFINITY,
  };
}

long double ck_precise_value(double stored, ck_form form) {
  switch (form) {
    case CK_DIRECT: return stored;
    case CK_LOG: return expl(stored);
    case CK_SQUARE: return sqrtl(stored);
    case CK_LOG_SQUARE: return expl(0.5L * stored);
  }
  return NAN;
}

// difference / scale in two steps: the quotient may be a number where the scale's inverse is none.
static double divided(double difference, positive scale) {
  if (difference == 0 || fabs(scale.log) <= CK_HELD_LOG) return difference / (difference == 0 ? 1 : scale.value);
  double root = exp(-0.5 * scale.log);
  return difference * root * root;
}

static double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }

static double log_add(double a, double b) {
  double larger = a > b ? a : b;
  return isinf(larger) ? a + b == a + b ? larger : NAN : larger + log1p(exp(-fabs(a - b)));
}

// a b where nothing times infinity is nothing: a certain event has happened, or one that can't has not.
static double times(double a, double b) { return a == 0 ? 0 : a * b; }

static double normal(double x, double mean, positive scale) {
  double standard = divided(x - mean, scale);
  return -0.5 * standard * standard - scale.log - CK_HALF_LOG_2PI;
}

static double laplace(double x, double mean, positive scale) {
  return -divided(fabs(x - mean), scale) - scale.log - CK_LN2;
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
  double above = softplus(divided(mean - (x + half), scale));
  double below = softplus(divided((x - half) - mean, scale));
  if (x <= 0) return -above;
  if (x >= 1) return -below;
  double log_width = -scale.log - log(bins - 1);
  return -above - below + (log_width < -40 ? log_width : log(-expm1(-exp(log_width))));
}

static double poisson(double x, positive rate) { return x * rate.log - rate.value; }

// log gamma(x + r) - log gamma(r) + x t - (x + r) softplus(t) with t = log(mean / r): the probability of success is
// exp(t) / (1 + exp(t)). Where r is no number, at its limits: a logarithmic series (r -> 0), a Poisson distribution.
static double standard_negative_binomial(double x, positive mean, positive dispersion) {
  double t = mean.log - dispersion.log;
  if (dispersion.log > CK_HELD_LOG) {
    double exponent = t < -40 ? mean.log : dispersion.log + log(softplus(t));
    return x * mean.log - x * softplus(t) - exp(exponent);
  }
  double rising = dispersion.log >= -CK_HELD_LOG ? ck_log_rising(dispersion.value, x) : x > 0 ? ck_log_gamma(x) + dispersion.log : 0;
  return rising - x * softplus(-t) - dispersion.value * softplus(t);
}

// With epsilon: r (log (r + epsilon) - log (r + mean + epsilon)) + x (log (mean + epsilon) - log (r + mean + epsilon)).
static double negative_binomial(double x, positive mean, positive dispersion, double epsilon) {
  if (epsilon == 0 || dispersion.log > CK_HELD_LOG) return standard_negative_binomial(x, mean, dispersion);
  double t = mean.log - log_add(dispersion.log, log(epsilon));
  double rising = dispersion.value > 0 ? ck_log_rising(dispersion.value, x) : x > 0 ? ck_log_gamma(x) + dispersion.log : 0;
  return rising - x * softplus(-t) - dispersion.value * softplus(t) + x * (log_add(mean.log, log(epsilon)) - mean.log);
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
      return first.valid && second.valid ? ck_beta(x, first, second) : NAN;
    case CK_POISSON: return poisson(x, positive_parameter(at, 0, row));
    case CK_NEGATIVE_BINOMIAL:
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL:
      first = positive_parameter(at, 0, row);
      second = positive_parameter(at, 1, row);
      density = first.valid && second.valid ? negative_binomial(x, first, second, at->arguments->epsilon) : NAN;
      if (at->arguments->density == CK_NEGATIVE_BINOMIAL) return density;
      return zero_inflated(x, location(at, 2, row), density);
  }
  return NAN;
}

double ck_scalar_log_density_at(const ck_density_arguments *arguments, size_t row, size_t lane) {
  place at = {arguments, lane, 0};
  double result = log_density(&at, arguments->x.data[ck_index(arguments->x, row, lane)], row);
  return at.bad ? NAN : result;
}

// All counts take one way here.
void ck_scalar_prepare_counts(size_t rows, const ck_density_arguments *arguments, ck_count_rows *prepared) {
  (void)arguments;
  for (size_t first = 0; first < rows; first += CK_COUNT_ROWS) prepared[first / CK_COUNT_ROWS] = (ck_count_rows){.rising = 0};
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
