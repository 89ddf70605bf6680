#include "scalar.h"

void ck_scalar_multiply_lanes(size_t rows, size_t lanes, const float *factor, float *data) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) data[r * lanes + lane] *= factor[lane];
  }
}

void ck_scalar_rotate(size_t rows, size_t lanes, const float *cosine, const float *sine, float *position,
                      float *momentum) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      size_t i = r * lanes + lane;
      float u = position[i], p = momentum[i];
      position[i] = cosine[lane] * u + sine[lane] * p;
      momentum[i] = cosine[lane] * p - sine[lane] * u;
    }
  }
}

void ck_scalar_replace(size_t rows, size_t lanes, const int32_t *chosen, const float *in, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      if (chosen[lane]) out[r * lanes + lane] = in[r * lanes + lane];
    }
  }
}

void ck_scalar_dot(size_t rows, size_t lanes, const float *a, const float *b, double factor, double *total) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double sum = 0;
    for (size_t r = 0; r < rows; r++) sum += (double)a[r * lanes + lane] * b[r * lanes + lane];
    total[lane] += factor * sum;
  }
}
