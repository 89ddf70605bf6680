#include <math.h>

#include "internal.h"

// Flows run in few lanes beside the networks that drive them: plain code, the same bits on every processor.
#pragma STDC FP_CONTRACT OFF

static double inner(size_t units, const double *u, const double *w) {
  double sum = 0;
  for (size_t i = 0; i < units; i++) sum += u[i] * w[i];
  return sum;
}

// det = 1 + u·w (1 - tanh²(w·z + b)) (Rezende, Mohamed 2015, eq. 12).
void ck_planar(size_t units, size_t lanes, const double *u, const double *w, double b, float *z,
               double *log_determinant) {
  double product = inner(units, u, w);
  for (size_t lane = 0; lane < lanes; lane++) log_determinant[lane] = b;
  for (size_t r = 0; r < units; r++) {
    for (size_t lane = 0; lane < lanes; lane++) log_determinant[lane] += w[r] * (double)z[r * lanes + lane];
  }
  for (size_t lane = 0; lane < lanes; lane++) {
    double slope = tanh(log_determinant[lane]);
    for (size_t r = 0; r < units; r++) z[r * lanes + lane] = (float)((double)z[r * lanes + lane] + u[r] * slope);
    log_determinant[lane] = log(fabs(1 + product * (1 - slope * slope)));
  }
}

void ck_planar_reverse(size_t units, size_t lanes, const double *u, const double *w, double b, const float *z,
                       float *gradient) {
  double product = inner(units, u, w);
  for (size_t lane = 0; lane < lanes; lane++) {
    double sum = b, pull = 0;
    for (size_t r = 0; r < units; r++) {
      sum += w[r] * (double)z[r * lanes + lane];
      pull += u[r] * (double)gradient[r * lanes + lane];
    }
    double t = tanh(sum), slope = 1 - t * t;
    pull = slope * (pull - 2 * product * t / (1 + product * slope));
    for (size_t r = 0; r < units; r++) {
      gradient[r * lanes + lane] = (float)((double)gradient[r * lanes + lane] + w[r] * pull);
    }
  }
}

void ck_sum_rows(size_t count, const int32_t *rows, size_t lanes, const float *matrix, double *sum) {
  for (size_t lane = 0; lane < lanes; lane++) sum[lane] = 0;
  for (size_t i = 0; i < count; i++) {
    const float *row = matrix + (size_t)rows[i] * lanes;
    for (size_t lane = 0; lane < lanes; lane++) sum[lane] += (double)row[lane];
  }
}

void ck_affine_rows(size_t count, const int32_t *rows, size_t lanes, const float *scale, const float *shift,
                    float *z) {
  for (size_t i = 0; i < count; i++) {
    size_t first = (size_t)rows[i] * lanes;
    for (size_t at = first; at < first + lanes; at++) z[at] = z[at] * scale[at] + shift[at];
  }
}

void ck_affine_rows_reverse(size_t count, const int32_t *rows, size_t lanes, const float *scale, const float *z,
                            float *gradient, float *shift_gradient, float *log_scale_gradient) {
  for (size_t i = 0; i < count; i++) {
    size_t first = (size_t)rows[i] * lanes;
    for (size_t at = first; at < first + lanes; at++) {
      shift_gradient[at] = gradient[at];
      gradient[at] *= scale[at];
      log_scale_gradient[at] = gradient[at] * z[at] + 1;
    }
  }
}

// With a = w·z + b before the step and c after it: a + u·w tanh(a) = c, which grows with a where u·w ≥ -1, and whose root
// is no further from c than |u·w|.
void ck_planar_inverse(size_t units, size_t lanes, const double *u, const double *w, double b, float *z) {
  double product = inner(units, u, w);
  for (size_t lane = 0; lane < lanes; lane++) {
    double after = b;
    for (size_t r = 0; r < units; r++) after += w[r] * (double)z[r * lanes + lane];
    double lower = after - fabs(product), upper = after + fabs(product);
    for (int i = 0; i < 100; i++) {
      double middle = 0.5 * (lower + upper);
      if (middle + product * tanh(middle) > after) {
        upper = middle;
      } else {
        lower = middle;
      }
    }
    double slope = tanh(0.5 * (lower + upper));
    for (size_t r = 0; r < units; r++) z[r * lanes + lane] = (float)((double)z[r * lanes + lane] - u[r] * slope);
  }
}

void ck_affine_rows_inverse(size_t count, const int32_t *rows, size_t lanes, const float *scale, const float *shift,
                            const float *after, float *z) {
  for (size_t i = 0; i < count; i++) {
    size_t first = (size_t)rows[i] * lanes;
    for (size_t at = first; at < first + lanes; at++) z[at] = (after[at] - shift[at]) / scale[at];
  }
}

size_t ck_add_finite(size_t lanes, const double *values, double *totals) {
  size_t bad = 0;
  for (size_t lane = 0; lane < lanes; lane++) {
    totals[lane] += values[lane];
    bad += !isfinite(values[lane]);
  }
  return bad;
}
