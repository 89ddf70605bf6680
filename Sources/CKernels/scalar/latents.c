#include <math.h>

#include "scalar.h"

static float scale_of(float stored, ck_form form) {
  switch (form) {
    case CK_DIRECT: return stored;
    case CK_LOG: return (float)exp(stored);
    case CK_SQUARE: return sqrtf(stored);
    case CK_LOG_SQUARE: return (float)exp(0.5 * stored);
  }
  return NAN;
}

static int is_logarithm(ck_form form) { return form == CK_LOG || form == CK_LOG_SQUARE; }

size_t ck_scalar_location_scale(size_t rows, size_t lanes, ck_operand mean, ck_operand scale, const float *noise,
                                float *z) {
  size_t bad = 0;
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      float stored = scale.data[ck_index(scale, r, lane)];
      float deviation = scale_of(stored, scale.form);
      bad += is_logarithm(scale.form) ? !(stored > -INFINITY && deviation < INFINITY)
                                      : !(deviation > 0 && deviation < INFINITY);
      z[r * lanes + lane] = mean.data[ck_index(mean, r, lane)] + deviation * noise[r * lanes + lane];
    }
  }
  return bad;
}

size_t ck_scalar_triangular(size_t d, size_t lanes, ck_operand mean, ck_operand tril, const float *noise, float *z) {
  size_t bad = 0;
  for (size_t i = 0; i < d; i++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      float sum = mean.data[ck_index(mean, i, lane)];
      for (size_t j = 0; j <= i; j++) sum += tril.data[ck_index(tril, i * d + j, lane)] * noise[j * lanes + lane];
      z[i * lanes + lane] = sum;
      float diagonal = tril.data[ck_index(tril, i * d + i, lane)];
      bad += !(diagonal > 0 && diagonal < INFINITY);
    }
  }
  return bad;
}

size_t ck_scalar_triangular_solve(size_t d, size_t lanes, ck_operand x, ck_operand mean, ck_operand tril,
                                  double *noise) {
  size_t bad = 0;
  for (size_t i = 0; i < d; i++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      double rest = (double)x.data[ck_index(x, i, lane)] - mean.data[ck_index(mean, i, lane)];
      for (size_t j = 0; j < i; j++) rest -= tril.data[ck_index(tril, i * d + j, lane)] * noise[j * lanes + lane];
      float diagonal = tril.data[ck_index(tril, i * d + i, lane)];
      bad += !(diagonal > 0 && diagonal < INFINITY);
      noise[i * lanes + lane] = rest / diagonal;
    }
  }
  return bad;
}
