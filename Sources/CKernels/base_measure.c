#include "internal.h"

double ck_log_base_measure(ck_density density, size_t n, const float *x) {
  switch (density) {
    case CK_POISSON:
    case CK_NEGATIVE_BINOMIAL:
    case CK_ZERO_INFLATED_NEGATIVE_BINOMIAL: break;
    default: return 0;
  }
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    if (x[i] == 0 || x[i] == 1) continue;
    sum -= ck_log_gamma((double)x[i] + 1);
  }
  return sum;
}
