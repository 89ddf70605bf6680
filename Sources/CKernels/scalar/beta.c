#include <math.h>

#include "scalar.h"

// (a - 1) log_x, where `a` may be too large for a number.
static double power(ck_positive a, double log_x) {
  if (log_x == 0 || a.value == 1) return 0;
  if (a.log <= CK_HELD_LOG) return (a.value - 1) * log_x;
  double root = exp(0.5 * a.log);
  return log_x * root * root;
}

// (1 + u) log(1 + u) - u, given 1 + u too. With w = u / (2 + u), log(1 + u) = 2 (w + w^3 / 3 + …): nothing cancels.
static long double deviance(long double u, long double one_plus_u) {
  if (fabsl(u) > 0.1L) return one_plus_u == 0 ? 1 : one_plus_u * logl(one_plus_u) - u;
  long double w = u / (2 + u), term = w * w, sum = 0;
  for (int i = 3; i < 24; i += 2) {
    sum += term / i;
    term *= w * w;
  }
  return 2 * w / (1 - w) * (w + (1 + w) * sum);
}

// Where both parameters are large, their terms cancel but for n KL(alpha / n || x) with n = alpha + beta, which is
// taken at once (Loader 2000, "Fast and accurate computation of binomial probabilities"); in a long double, since
// alpha - n x cancels too.
static double concentrated(double x, ck_positive alpha, ck_positive beta) {
  if (!(x > 0 && x < 1)) return x == 0 || x == 1 ? -INFINITY : NAN;
  double largest = fmax(alpha.log, beta.log), smallest = fmin(alpha.log, beta.log);
  double unit = largest > 11000 ? largest : 0;  // the logarithm of what a and b are counted in
  long double a = unit ? expl(alpha.log - unit) : ck_precise_value(alpha.stored, alpha.form);
  long double b = unit ? expl(beta.log - unit) : ck_precise_value(beta.stored, beta.form);
  long double p = (a + b) * x, q = (a + b) * (1 - (long double)x), excess = (a - a * x) - b * x;
  long double divergence = p * deviance(excess / p, a / p) + q * deviance(-excess / q, b / q);
  double remainders = ck_stirling_remainder(alpha.value + beta.value) - ck_stirling_remainder(alpha.value) -
                      ck_stirling_remainder(beta.value);
  return 0.5 * (smallest - log1p(exp(smallest - largest))) - CK_HALF_LOG_2PI - log(x) - log1p(-x) -
         (divergence > 0 ? (double)(divergence * expl(unit)) : 0) + remainders;
}

// log(gamma(a + b) / (gamma(a) gamma(b))); a parameter that is no number stands for its limit.
static double log_normalizer(ck_positive larger, ck_positive smaller) {
  if (smaller.log < -CK_HELD_LOG) return smaller.log - (larger.log < -40 ? log1p(exp(smaller.log - larger.log)) : 0);
  double rising = larger.log > CK_HELD_LOG ? smaller.value * larger.log : ck_log_rising(larger.value, smaller.value);
  return rising - ck_log_gamma(smaller.value);
}

double ck_beta(double x, ck_positive alpha, ck_positive beta) {
  int ordered = alpha.log > beta.log;
  ck_positive larger = ordered ? alpha : beta, smaller = ordered ? beta : alpha;
  if (smaller.value > CK_CONCENTRATED_BETA) return concentrated(x, alpha, beta);
  return power(alpha, log(x)) + power(beta, log1p(-x)) + log_normalizer(larger, smaller);
}
