#include <math.h>
#include <string.h>

#include "internal.h"

// Rows of lane matrices that are filled, moved and turned: next to no arithmetic, and so the same on every processor.

void ck_lanes_of_examples(size_t examples, size_t rows, const float *values, size_t lanes, float *matrix) {
  for (size_t r = 0; r < rows; r++) {
    float *row = matrix + r * lanes;
    for (size_t i = 0; i < examples; i++) row[i] = values[i * rows + r];
    for (size_t i = examples; i < lanes; i++) row[i] = 0;
  }
}

void ck_copy_lanes(size_t rows, size_t count, ck_operand from, size_t lanes, float *to) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < count; lane++) to[r * lanes + lane] = from.data[ck_index(from, r, lane)];
  }
}

void ck_spread(size_t rows, size_t lanes, const float *values, float *matrix) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) matrix[r * lanes + lane] = values[r];
  }
}

void ck_repeat_lane(size_t rows, size_t lanes, size_t last, float *matrix) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = last + 1; lane < lanes; lane++) matrix[r * lanes + lane] = matrix[r * lanes + last];
  }
}

void ck_negate(size_t count, const float *from, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = -from[i];
}

void ck_standard_normal(size_t rows, size_t lanes, const double *noise, double *total) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      double value = noise[r * lanes + lane];
      total[lane] += -0.5 * value * value - CK_HALF_LOG_2PI;
    }
  }
}

void ck_round(size_t count, const double *from, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = (float)from[i];
}

void ck_add_to_all(size_t count, double added, const double *totals, double *values) {
  for (size_t i = 0; i < count; i++) values[i] = totals[i] + added;
}

void ck_settle_lanes(size_t rows, size_t lanes, double added, const double *totals, double *values, float *gradient) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double value = totals[lane] + added;
    values[lane] = value < INFINITY ? value : NAN;
    if (!gradient || isfinite(value)) continue;
    for (size_t r = 0; r < rows; r++) gradient[r * lanes + lane] = NAN;
  }
}
