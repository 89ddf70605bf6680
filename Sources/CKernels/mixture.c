#include <math.h>

#include "ckernels.h"

// Mixtures in noise space: a number for each component and lane beside the gradient of a whole network. In the C library's
// functions and in the order of the components, so that the numbers are the same on every instruction set.
#pragma STDC FP_CONTRACT OFF

void ck_component_densities(size_t lanes, double constant, double freedom, double dimensions, double *density) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double square = density[lane];
    density[lane] =
        freedom > 0 ? constant - (freedom + dimensions) / 2 * log1p(square / freedom) : constant - square / 2;
  }
}

void ck_student_scales(size_t lanes, size_t uniforms, double freedom, const float *uniform, float *scale) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double logs = 0;
    for (size_t r = 0; r < uniforms; r++) logs += log((double)uniform[r * lanes + lane]);
    scale[lane] = (float)sqrt(freedom / (-2 * logs));
  }
}

void ck_log_sum(size_t components, size_t lanes, const double *log_weights, const double *densities, double *total) {
  for (size_t lane = 0; lane < lanes; lane++) {
    double most = -INFINITY, sum = 0;
    for (size_t c = 0; c < components; c++) {
      double term = log_weights[c] + densities[c * lanes + lane];
      most = term >= most ? term : most;
    }
    for (size_t c = 0; c < components && most > -INFINITY; c++) {
      // A component of weight zero has no density.
      if (log_weights[c] > -INFINITY) sum += exp(log_weights[c] + densities[c * lanes + lane] - most);
    }
    total[lane] = most > -INFINITY ? most + log(sum) : most;
  }
}

void ck_responsibilities(size_t components, size_t lanes, const double *log_weights, const double *total,
                         double *densities) {
  for (size_t c = 0; c < components; c++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      double *density = densities + c * lanes + lane;
      *density = log_weights[c] > -INFINITY ? exp(log_weights[c] + *density - total[lane]) : 0;
    }
  }
}
