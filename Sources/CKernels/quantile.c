#include <math.h>

#include "internal.h"

// erfc vanishes past 37, where the first terms of its asymptotic series are exact enough.
double ck_log_two_tails(double a) {
  if (a < 30) return log(erfc(a * sqrt(0.5)));
  double inverse = 1 / (a * a);
  return -0.5 * a * a + log(2 * CK_SQRT_1_2PI / a * (1 - inverse * (1 - 3 * inverse)));
}

// -log(2 Phi(-a)) is convex and at least a^2 / 2: Newton's method comes down from the right of the root.
double ck_normal_of_laplace(double laplace) {
  double size = fabs(laplace), a = sqrt(2 * size);
  for (int i = 0; i < 100; i++) {
    double log_tails = ck_log_two_tails(a);
    double hazard = 2 * CK_SQRT_1_2PI * exp(-0.5 * a * a - log_tails);
    double step = (-log_tails - size) / hazard;
    a -= step;
    if (!(fabs(step) > 1e-15 * (1 + a))) break;
  }
  return copysign(fmax(a, 0), laplace);
}

double ck_log_factorial(double count) { return ck_log_gamma(count + 1); }

size_t ck_location_scale_solve(size_t rows, size_t lanes, ck_operand mean, ck_operand scale, const float *z,
                               float *noise) {
  size_t bad = 0;
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      double stored = scale.data[ck_index(scale, r, lane)], deviation = stored;
      if (scale.form == CK_LOG) deviation = exp(stored);
      if (scale.form == CK_SQUARE) deviation = sqrt(stored);
      if (scale.form == CK_LOG_SQUARE) deviation = exp(0.5 * stored);
      bad += !(deviation > 0 && deviation < INFINITY);
      size_t i = r * lanes + lane;
      noise[i] = (float)(((double)z[i] - (double)mean.data[ck_index(mean, r, lane)]) / deviation);
    }
  }
  return bad;
}
