#include <math.h>

#include "scalar.h"

void ck_scalar_location_scale_reverse(ck_density density, size_t rows, size_t lanes, ck_operand scale,
                                      const float *noise, const float *z_gradient, float *noise_gradient,
                                      float *scale_gradient) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      size_t i = r * lanes + lane;
      double stored = scale.data[ck_index(scale, r, lane)];
      // The logarithm's slope by what is stored.
      double deviation = NAN, slope = NAN;
      switch (scale.form) {
        case CK_DIRECT: deviation = stored, slope = 1 / stored; break;
        case CK_LOG: deviation = exp(stored), slope = 1; break;
        case CK_SQUARE: deviation = sqrt(stored), slope = 0.5 / stored; break;
        case CK_LOG_SQUARE: deviation = exp(0.5 * stored), slope = 0.5; break;
      }
      double pull = density == CK_STANDARD_LAPLACE ? (noise[i] > 0) - (noise[i] < 0) : (double)noise[i];
      noise_gradient[i] = (float)(deviation * z_gradient[i] + pull);
      if (scale_gradient) scale_gradient[i] = (float)((deviation * z_gradient[i] * noise[i] + 1) * slope);
    }
  }
}

void ck_scalar_triangular_reverse(size_t d, size_t lanes, ck_operand tril, const float *noise,
                                  const float *z_gradient, float *noise_gradient, float *tril_gradient) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t j = 0; j < d; j++) {
      float sum = noise[j * lanes + lane];
      for (size_t i = j; i < d; i++) sum += tril.data[ck_index(tril, i * d + j, lane)] * z_gradient[i * lanes + lane];
      noise_gradient[j * lanes + lane] = sum;
    }
    if (!tril_gradient) continue;
    for (size_t i = 0; i < d; i++) {
      for (size_t j = 0; j < d; j++) {
        float value = j <= i ? z_gradient[i * lanes + lane] * noise[j * lanes + lane] : 0;
        if (i == j) value += 1 / tril.data[ck_index(tril, i * d + i, lane)];
        tril_gradient[(i * d + j) * lanes + lane] = value;
      }
    }
  }
}

// By x: -a with trilᵀ a = noise. By tril: a noiseᵀ - diag(1 / tril).
void ck_scalar_full_normal_gradient(size_t d, size_t lanes, ck_operand tril, const float *noise, float *x_gradient,
                                    float *tril_gradient) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t i = d; i-- > 0;) {
      double rest = noise[i * lanes + lane];
      for (size_t j = i + 1; j < d; j++) {
        rest += (double)tril.data[ck_index(tril, j * d + i, lane)] * x_gradient[j * lanes + lane];
      }
      x_gradient[i * lanes + lane] = (float)(-rest / tril.data[ck_index(tril, i * d + i, lane)]);
    }
    if (!tril_gradient) continue;
    for (size_t i = 0; i < d; i++) {
      for (size_t j = 0; j < d; j++) {
        float value = j <= i ? -x_gradient[i * lanes + lane] * noise[j * lanes + lane] : 0;
        if (i == j) value -= 1 / tril.data[ck_index(tril, i * d + i, lane)];
        tril_gradient[(i * d + j) * lanes + lane] = value;
      }
    }
  }
}

void ck_scalar_laplaces_of_normals(size_t count, const float *normals, float *out) {
  for (size_t i = 0; i < count; i++) {
    double magnitude = -ck_log_two_tails(fabs((double)normals[i]));
    out[i] = (float)(isnan(normals[i]) ? NAN : normals[i] < 0 ? -magnitude : magnitude);
  }
}

// The slope is the hazard of the normal distribution, phi(a) / Phi(-a).
void ck_scalar_laplaces_of_normals_reverse(size_t count, const float *normals, float *gradient) {
  for (size_t i = 0; i < count; i++) {
    double a = fabs((double)normals[i]);
    gradient[i] = (float)(gradient[i] * 2 * CK_SQRT_1_2PI * exp(-0.5 * a * a - ck_log_two_tails(a)));
  }
}
