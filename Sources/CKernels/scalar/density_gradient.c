#include <math.h>

#include "scalar.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }
static double hold(double log) { return fmax(-600, fmin(600, log)); }

// A parameter that has to be positive: NaN where it isn't.
typedef struct {
  double value, log;
} positive;

static positive positive_of(double stored, ck_form form) {
  int logarithm = form == CK_LOG || form == CK_LOG_SQUARE;
  double log_stored = logarithm ? (isfinite(stored) ? stored : NAN) : (stored > 0 && stored < INFINITY ? log(stored) : NAN);
  double result = form == CK_SQUARE || form == CK_LOG_SQUARE ? 0.5 * log_stored : log_stored;
  return (positive){exp(hold(result) + 0 * log_stored), result};
}

// The slope by a quantity's logarithm, as that by what is stored.
static float by_stored(double slope, double stored, ck_form form) {
  switch (form) {
    case CK_DIRECT: return (float)(slope / stored);
    case CK_LOG: return (float)slope;
    case CK_SQUARE: return (float)(0.5 * slope / stored);
    case CK_LOG_SQUARE: return (float)(0.5 * slope);
  }
  return NAN;
}

// psi(z + x) - psi(z), the slope of log_rising by z.
static double digamma_rising(double z, double x) {
  double sum = 0;
  for (; z < 8; z++) sum += x / (z * (z + x));
  return sum + log1p(x / z) + ck_digamma_remainder(z + x) - ck_digamma_remainder(z);
}

// 1 / l - 1 / (1 - exp(-l)): the mean of a continuous Bernoulli variable is minus this.
static double continuous_bernoulli_term(double l) {
  if (fabs(l) < 0.05) return -0.5 - l / 12 + l * l * l / 720;
  return 1 / l + 1 / expm1(-l);
}

// The slopes of the logarithm of a bin's probability by the mean and by the logarithm of the scale.
typedef struct {
  double log, mean, log_scale;
} bin_slopes;

static bin_slopes discretized_logistic(double x, double mean, positive scale, double bins) {
  double half = 0.5 / (bins - 1), width = 2 * half / scale.value;
  double above = (mean - (x + half)) / scale.value, below = ((x - half) - mean) / scale.value;
  double up = x >= 1 ? 0 : sigmoid(above), down = x <= 0 ? 0 : sigmoid(below);
  int inside = x > 0 && x < 1;
  return (bin_slopes){
      .log = (x >= 1 ? 0 : -softplus(above)) + (x <= 0 ? 0 : -softplus(below)) + (inside ? log(-expm1(-width)) : 0),
      .mean = (down - up) / scale.value,
      .log_scale = (up == 0 ? 0 : up * above) + (down == 0 ? 0 : down * below) - (inside ? width / expm1(width) : 0),
  };
}

typedef struct {
  const ck_density_arguments *arguments;
  float *const *gradients;
  size_t lanes;
} work;

static double stored(const work *w, int parameter, size_t row, size_t lane) {
  ck_operand operand = w->arguments->parameters[parameter];
  return operand.data[ck_index(operand, row, lane)];
}

static positive positive_parameter(const work *w, int parameter, size_t row, size_t lane) {
  return positive_of(stored(w, parameter, row, lane), w->arguments->parameters[parameter].form);
}

static void put(const work *w, int i, size_t row, size_t lane, double slope) {
  if (w->gradients[i]) w->gradients[i][row * w->lanes + lane] = (float)slope;
}

// The slope by a positive parameter, given that by its logarithm.
static void put_positive(const work *w, int parameter, size_t row, size_t lane, double slope) {
  if (!w->gradients[parameter + 1]) return;
  w->gradients[parameter + 1][row * w->lanes + lane] =
      by_stored(slope, stored(w, parameter, row, lane), w->arguments->parameters[parameter].form);
}

static double log_sum_exp_of_logits(const work *w, size_t row, size_t lane) {
  size_t classes = w->arguments->components;
  double largest = -INFINITY, sum = 0;
  for (size_t c = 0; c < classes; c++) largest = fmax(largest, stored(w, 0, row * classes + c, lane));
  for (size_t c = 0; c < classes; c++) sum += exp(stored(w, 0, row * classes + c, lane) - largest);
  return largest + log(sum);
}

static void logistic_mixture(const work *w, double x, size_t row, size_t lane) {
  size_t components = w->arguments->components;
  double bins = w->arguments->bins, total = log_sum_exp_of_logits(w, row, lane), largest = -INFINITY, sum = 0;
  for (int pass = 0; pass < 3; pass++) {
    for (size_t c = 0; c < components; c++) {
      size_t i = row * components + c;
      bin_slopes slopes = discretized_logistic(x, stored(w, 1, i, lane), positive_parameter(w, 2, i, lane), bins);
      double logit = stored(w, 0, i, lane), joint = logit + slopes.log;
      if (pass == 0) largest = joint > largest || isnan(joint) ? joint : largest;
      if (pass == 1) sum += exp(joint - largest);
      if (pass < 2) continue;
      double share = exp(joint - largest) / sum;
      put(w, 1, i, lane, share - exp(logit - total));
      put(w, 2, i, lane, share * slopes.mean);
      put_positive(w, 2, i, lane, share * slopes.log_scale);
    }
  }
}

// Of a / (a + epsilon).
static double kept_share(positive a, double epsilon) { return epsilon == 0 ? 1 : a.value / (a.value + epsilon); }

// log(mean / dispersion), epsilon added to the latter.
static double log_odds(positive mean, positive dispersion, double epsilon) {
  return mean.log - hold(epsilon == 0 ? dispersion.log : log(dispersion.value + epsilon));
}

static void negative_binomial(const work *w, double x, double share, size_t row, size_t lane) {
  positive mean = positive_parameter(w, 0, row, lane), dispersion = positive_parameter(w, 1, row, lane);
  double epsilon = w->arguments->epsilon, t = log_odds(mean, dispersion, epsilon), r = dispersion.value;
  double pull = (x + r) * sigmoid(t);
  put_positive(w, 0, row, lane, share * (x * kept_share(mean, epsilon) - pull));
  double drawn = kept_share(dispersion, epsilon) * (pull - x);
  put_positive(w, 1, row, lane, share * (r * digamma_rising(r, x) + drawn - r * softplus(t)));
}

static double log_negative_binomial(const work *w, double x, size_t row, size_t lane) {
  positive mean = positive_parameter(w, 0, row, lane), dispersion = positive_parameter(w, 1, row, lane);
  double t = log_odds(mean, dispersion, w->arguments->epsilon);
  return ck_log_rising(dispersion.value, x) + x * t - (x + dispersion.value) * softplus(t);
}

static void gradient_of(const work *w, size_t row, size_t lane) {
  const ck_density_arguments *arguments = w->arguments;
  double x = arguments->x.data[ck_index(arguments->x, row, lane)];
  positive first, second;
  double l, p;
  switch (arguments->density) {
    case CK_STANDARD_NORMAL: put(w, 0, row, lane, -x); return;
    case CK_STANDARD_LAPLACE: put(w, 0, row, lane, (x < 0) - (x > 0)); return;
    case CK_NORMAL:
      first = positive_parameter(w, 1, row, lane);
      l = (x - stored(w, 0, row, lane)) / first.value;
      put(w, 0, row, lane, -l / first.value);
      put(w, 1, row, lane, l / first.value);
      put_positive(w, 1, row, lane, l * l - 1);
      return;
    case CK_LAPLACE:
      first = positive_parameter(w, 1, row, lane);
      l = (x - stored(w, 0, row, lane)) / first.value;
      p = (l > 0) - (l < 0);
      put(w, 0, row, lane, -p / first.value);
      put(w, 1, row, lane, p / first.value);
      put_positive(w, 1, row, lane, fabs(l) - 1);
      return;
    case CK_BERNOULLI_LOGITS: put(w, 1, row, lane, x - sigmoid(stored(w, 0, row, lane))); return;
    case CK_BERNOULLI_PROBABILITIES:
      p = stored(w, 0, row, lane);
      if (!(p >= 0 && p <= 1)) p = NAN;
      put(w, 1, row, lane, (x == 0 ? 0 : x / p) - (x == 1 ? 0 : (1 - x) / (1 - p)));
      return;
    case CK_CONTINUOUS_BERNOULLI_LOGITS:
      put(w, 1, row, lane, x + continuous_bernoulli_term(stored(w, 0, row, lane)));
      return;
    case CK_CONTINUOUS_BERNOULLI_PROBABILITIES:
      p = stored(w, 0, row, lane);
      put(w, 1, row, lane, (x + continuous_bernoulli_term(log(p) - log1p(-p))) / (p * (1 - p)));
      return;
    case CK_CATEGORICAL:
      l = log_sum_exp_of_logits(w, row, lane);
      for (size_t c = 0; c < arguments->components; c++) {
        size_t i = row * arguments->components + c;
        put(w, 1, i, lane, (x == (double)c) - exp(stored(w, 0, i, lane) - l));
      }
      return;
    case CK_DISCRETIZED_LOGISTIC: {
      bin_slopes slopes =
          discretized_logistic(x, stored(w, 0, row, lane), positive_parameter(w, 1, row, lane), arguments->bins);
      put(w, 1, row, lane, slopes.mean);
      put_positive(w, 1, row, lane, slopes.log_scale);
      return;
    }
    case CK_LOGISTIC_MIXTURE: logistic_mixture(w, x, row, lane); return;
    case CK_BETA:
      first = positive_parameter(w, 0, row, lane);
      second = positive_parameter(w, 1, row, lane);
      put_positive(w, 0, row, lane, first.value * (log(x) + digamma_rising(first.value, second.value)));
      put_positive(w, 1, row, lane, second.value * (log1p(-x) + digamma_rising(second.value, first.value)));
      return;
    case CK_POISSON: put_positive(w, 0, row, lane, x - positive_parameter(w, 0, row, lane).value); return;
    case CK_NEGATIVE_BINOMIAL: negative_binomial(w, x, 1, row, lane); return;
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL:
      l = stored(w, 2, row, lane);
      // How likely the value comes from the negative binomial.
      p = x > 0 ? 1 : sigmoid(log_negative_binomial(w, x, row, lane) - l);
      negative_binomial(w, x, p, row, lane);
      put(w, 3, row, lane, 1 - p - sigmoid(l));
      return;
  }
}

void ck_scalar_log_density_gradient(size_t rows, size_t lanes, const ck_density_arguments *arguments,
                                    float *const gradients[4]) {
  work w = {arguments, gradients, lanes};
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) gradient_of(&w, r, lane);
  }
}

void ck_scalar_mixture_shares(size_t components, size_t lanes, const double *log_weights,
                              const double *component_densities, float *share) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double largest = -INFINITY, sum = 0;
    for (size_t c = 0; c < components; c++) largest = fmax(largest, log_weights[c] + component_densities[c * lanes + lane]);
    for (size_t c = 0; c < components; c++) sum += exp(log_weights[c] + component_densities[c * lanes + lane] - largest);
    for (size_t c = 0; c < components; c++) {
      share[c * lanes + lane] = (float)(exp(log_weights[c] + component_densities[c * lanes + lane] - largest) / sum);
    }
  }
}
