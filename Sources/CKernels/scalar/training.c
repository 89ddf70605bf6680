#include <math.h>

#include "scalar.h"

void ck_scalar_weight_gradient(size_t outputs, size_t inputs, const float *delta, size_t delta_step, const float *in,
                               const int32_t *rows, size_t lanes, int begins, float *scratch, float *gradient) {
  (void)scratch;
  for (size_t o = 0; o < outputs; o++) {
    const float *slope = delta + o * delta_step * lanes;
    float *sum = gradient + o * ck_weight_step(inputs);
    for (size_t k = 0; begins && k < ck_weight_step(inputs); k++) sum[k] = 0;
    for (size_t k = 0; k < inputs; k++) {
      if (rows && rows[k] < 0) continue;
      const float *row = in + (rows ? (size_t)rows[k] : k) * lanes;
      for (size_t lane = 0; lane < lanes; lane++) sum[k] += slope[lane] * row[lane];
    }
    for (size_t lane = 0; lane < lanes; lane++) sum[inputs] += slope[lane];
  }
}

void ck_scalar_pack_weights(size_t outputs, size_t inputs, const float *weight, size_t first, size_t count,
                            float *packed, float *transposed) {
  size_t step = ck_weight_step(inputs);
  for (size_t o = first; o < (first + count + CK_PACK - 1) / CK_PACK * CK_PACK; o++) {
    float *block = packed + o / CK_PACK * CK_PACK * (inputs + 1) + o % CK_PACK;
    block[0] = o < outputs ? weight[o * step + inputs] : 0;
    for (size_t k = 0; k < inputs; k++) block[(k + 1) * CK_PACK] = o < outputs ? weight[o * step + k] : 0;
  }
  for (size_t o = first; o < first + count; o++) {
    for (size_t k = 0; k < (inputs + CK_PACK - 1) / CK_PACK * CK_PACK; k++) {
      transposed[k / CK_PACK * CK_PACK * (outputs + 1) + (o + 1) * CK_PACK + k % CK_PACK] =
          k < inputs ? weight[o * step + k] : 0;
    }
  }
}

void ck_scalar_adam(size_t count, size_t parts, size_t part_step, const float *gradient, ck_adam adam, float *weight,
                    float *first_moment, float *second_moment) {
  for (size_t i = 0; i < count; i++) {
    float slope = gradient[i];
    for (size_t part = 1; part < parts; part++) slope += gradient[part * part_step + i];
    first_moment[i] = adam.first_decay * first_moment[i] + (1 - adam.first_decay) * slope;
    second_moment[i] = adam.second_decay * second_moment[i] + (1 - adam.second_decay) * (slope * slope);
    weight[i] += adam.rate * first_moment[i] / (sqrtf(second_moment[i]) * adam.second_scale + adam.epsilon);
  }
}
