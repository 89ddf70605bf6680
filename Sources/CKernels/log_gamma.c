#include <math.h>

#include "internal.h"

// The Stirling series from 8 upwards, where seven terms leave less than 1e-15; below, through
// gamma(z + 8) = gamma(z) z (z + 1) … (z + 7). Near its zeros at 1 and 2 the result is right absolutely, not relatively,
// which is what a sum of log-densities asks for. libm's lgamma is not used: it writes a global that threads would race for.
double ck_log_gamma(double z) {
  double product = 1;
  if (z < 8) {
    for (int i = 0; i < 8; i++) product *= z + i;
    z += 8;
  }
  return (z - 0.5) * log(z) - z + CK_HALF_LOG_2PI + ck_stirling_remainder(z) - log(product);
}

double ck_stirling_remainder(double z) {
  double w = 1 / (z * z);
  double sum = 1.0 / 156;
  sum = sum * w - 691.0 / 360360;
  sum = sum * w + 1.0 / 1188;
  sum = sum * w - 1.0 / 1680;
  sum = sum * w + 1.0 / 1260;
  sum = sum * w - 1.0 / 360;
  sum = sum * w + 1.0 / 12;
  return sum / z;
}

double ck_log_rising(double z, double x) {
  if (z < 8) return ck_log_gamma(z + x) - ck_log_gamma(z);
  return (z + x - 0.5) * log1p(x / z) + x * log(z) - x + ck_stirling_remainder(z + x) - ck_stirling_remainder(z);
}

double ck_digamma_remainder(double z) {
  double w = 1 / (z * z);
  double sum = 1.0 / 132;
  sum = sum * w - 1.0 / 240;
  sum = sum * w + 1.0 / 252;
  sum = sum * w - 1.0 / 120;
  sum = sum * w + 1.0 / 12;
  return -0.5 / z - sum * w;
}
