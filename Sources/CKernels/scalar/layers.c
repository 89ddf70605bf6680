#include <math.h>

#include "scalar.h"

void ck_scalar_product(size_t outputs, size_t inputs, const float *packed, const float *in, const int32_t *rows,
                       size_t lanes, float *out, size_t out_step) {
  for (size_t o = 0; o < outputs; o++) {
    const float *block = packed + o / CK_PACK * CK_PACK * (inputs + 1) + o % CK_PACK;
    float *sum = out + o * out_step * lanes;
    for (size_t lane = 0; lane < lanes; lane++) sum[lane] = block[0];
    for (size_t k = 0; k < inputs; k++) {
      if (rows && rows[k] < 0) continue;
      const float *row = in + (rows ? (size_t)rows[k] : k) * lanes;
      float weight = block[(k + 1) * CK_PACK];
      for (size_t lane = 0; lane < lanes; lane++) sum[lane] += weight * row[lane];
    }
  }
}

void ck_scalar_softmax(size_t groups, size_t classes, size_t lanes, float *data) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      float *run = data + group * classes * lanes + lane;
      float largest = run[0];
      for (size_t c = 1; c < classes; c++) largest = fmaxf(largest, run[c * lanes]);
      float sum = 0;
      for (size_t c = 0; c < classes; c++) sum += run[c * lanes] = expf(run[c * lanes] - largest);
      for (size_t c = 0; c < classes; c++) run[c * lanes] /= sum;
    }
  }
}

void ck_scalar_log_softmax(size_t groups, size_t classes, size_t lanes, float level, float *data) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      float *run = data + group * classes * lanes + lane;
      float largest = run[0];
      for (size_t c = 1; c < classes; c++) largest = fmaxf(largest, run[c * lanes]);
      double sum = 0;
      for (size_t c = 0; c < classes; c++) sum += (double)expf(run[c * lanes] - largest);
      float rest = (float)(log(sum) - level);
      for (size_t c = 0; c < classes; c++) run[c * lanes] = run[c * lanes] - largest - rest;
    }
  }
}

void ck_scalar_layer_norm(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                          const float *offset, float *data) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      float *run = data + group * size * lanes + lane;
      float sum = 0, squares = 0;
      for (size_t i = 0; i < size; i++) sum += run[i * lanes];
      float mean = sum / (float)size;
      for (size_t i = 0; i < size; i++) squares += (run[i * lanes] - mean) * (run[i * lanes] - mean);
      float deviation = sqrtf(squares / (float)size + epsilon);
      for (size_t i = 0; i < size; i++) {
        run[i * lanes] = (run[i * lanes] - mean) / deviation * scale[i] + offset[i];
      }
    }
  }
}

void ck_scalar_affine(size_t rows, size_t lanes, const float *scale, const float *offset, float *data) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) data[r * lanes + lane] = data[r * lanes + lane] * scale[r] + offset[r];
  }
}

void ck_scalar_add(size_t count, const float *in, float *out) {
  for (size_t i = 0; i < count; i++) out[i] += in[i];
}

void ck_scalar_multiply(size_t count, const float *in, float *out) {
  for (size_t i = 0; i < count; i++) out[i] *= in[i];
}

void ck_scalar_gather_max(size_t rows, size_t taps, const int32_t *index, const float *in, size_t lanes, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      float largest = -INFINITY;
      for (size_t t = 0; t < taps; t++) {
        int32_t row = index[r * taps + t];
        if (row < 0) continue;
        float value = in[(size_t)row * lanes + lane];
        if (value > largest || isnan(value)) largest = value;
      }
      out[r * lanes + lane] = largest;
    }
  }
}

void ck_scalar_gather_sum(size_t rows, size_t taps, const int32_t *index, const float *weight, const float *in,
                          size_t lanes, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      float sum = 0;
      for (size_t t = 0; t < taps; t++) {
        int32_t row = index[r * taps + t];
        if (row >= 0) sum += weight[r * taps + t] * in[(size_t)row * lanes + lane];
      }
      out[r * lanes + lane] = sum;
    }
  }
}
