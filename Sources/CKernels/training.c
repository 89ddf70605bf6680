#include <math.h>

#include "internal.h"

// What training needs beside products: a few numbers for each latent and lane, the same on every processor.
#pragma STDC FP_CONTRACT OFF

size_t ck_weight_step(size_t inputs) {
  return (inputs + 1 + CK_LANE_MULTIPLE - 1) / CK_LANE_MULTIPLE * CK_LANE_MULTIPLE;
}

size_t ck_weight_scratch(size_t inputs, size_t lanes) { return lanes * ck_weight_step(inputs); }

void ck_lanes_of_pairs(size_t rows, size_t examples, size_t draws, size_t in_lanes, const float *in, size_t out_lanes,
                       float *out) {
  for (size_t r = 0; r < rows; r++) {
    const float *from = in + r * in_lanes;
    float *to = out + r * out_lanes;
    for (size_t e = 0; e < examples; e++) {
      for (size_t d = 0; d < draws; d++) *to++ = from[e];
    }
    for (size_t left = examples * draws; left < out_lanes; left++) *to++ = from[examples - 1];
  }
}

void ck_sum_pairs(size_t rows, size_t examples, size_t draws, size_t in_lanes, const float *in, size_t out_lanes,
                  float *out) {
  for (size_t r = 0; r < rows; r++) {
    const float *from = in + r * in_lanes;
    for (size_t e = 0; e < out_lanes; e++) {
      float sum = 0;
      if (e < examples) {
        for (size_t d = 0; d < draws; d++) sum += from[e * draws + d];
      }
      out[r * out_lanes + e] = sum;
    }
  }
}

// The scale itself, and the slope of its logarithm by what is stored.
typedef struct {
  double value, log_slope;
} scale_at;

static scale_at scale_of(double stored, ck_form form) {
  switch (form) {
    case CK_LOG: return (scale_at){exp(stored), 1};
    case CK_LOG_SQUARE: return (scale_at){exp(stored / 2), 0.5};
    case CK_SQUARE: return (scale_at){sqrt(stored), 0.5 / stored};
    case CK_DIRECT: break;
  }
  return (scale_at){stored, 1 / stored};
}

void ck_posterior_gradient(ck_density density, size_t rows, size_t lanes, ck_operand scale, const float *noise,
                           const float *z_gradient, const float *weight, float drawn, float total,
                           float *mean_gradient, float *scale_gradient) {
  for (size_t r = 0; r < rows; r++) {
    // The draws of an example, which stand side by side, often share a scale.
    double last = NAN;
    scale_at s = {NAN, NAN};
    for (size_t lane = 0; lane < lanes; lane++) {
      size_t i = r * lanes + lane;
      double stored = scale.data[ck_index(scale, r, lane)];
      if (stored != last) s = scale_of(stored, scale.form);
      last = stored;
      double e = noise[i], slope = z_gradient ? z_gradient[i] : 0;
      // Minus the slope of the noise's log-density.
      double pull = density == CK_LAPLACE ? (e > 0) - (e < 0) : e;
      mean_gradient[i] = (float)(slope + weight[lane] * drawn * pull / s.value);
      scale_gradient[i] =
          (float)((slope * s.value * e + weight[lane] * (drawn * (pull * e - 1) + total)) * s.log_slope);
    }
  }
}

void ck_triangular_gradient(size_t d, size_t lanes, ck_operand tril, const float *noise, const float *z_gradient,
                            const float *weight, float total, float *tril_gradient) {
  for (size_t i = 0; i < d; i++) {
    for (size_t j = 0; j < d; j++) {
      for (size_t lane = 0; lane < lanes; lane++) {
        double value = j <= i ? (double)z_gradient[i * lanes + lane] * noise[j * lanes + lane] : 0;
        if (i == j) value += weight[lane] * total / tril.data[ck_index(tril, i * d + i, lane)];
        tril_gradient[(i * d + j) * lanes + lane] = (float)value;
      }
    }
  }
}

void ck_normal_divergence_gradients(size_t rows, size_t lanes, const ck_operand *q, const ck_operand *prior,
                                    size_t prior_count, const float *weight, float *mean_gradient,
                                    float *scale_gradient, float *prior_mean_gradient, float *prior_scale_gradient) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      size_t i = r * lanes + lane;
      scale_at s = scale_of(q[1].data[ck_index(q[1], r, lane)], q[1].form), t = {1, 0};
      double distance = q[0].data[ck_index(q[0], r, lane)];
      if (prior_count > 0) {
        t = scale_of(prior[1].data[ck_index(prior[1], r, lane)], prior[1].form);
        distance -= prior[0].data[ck_index(prior[0], r, lane)];
      }
      double ratio = s.value * s.value / (t.value * t.value), pull = distance / (t.value * t.value);
      mean_gradient[i] = (float)(-weight[lane] * pull);
      scale_gradient[i] = (float)(weight[lane] * (1 - ratio) * s.log_slope);
      if (prior_mean_gradient) prior_mean_gradient[i] = (float)(weight[lane] * pull);
      if (prior_scale_gradient) {
        prior_scale_gradient[i] = (float)(weight[lane] * (ratio + pull * distance - 1) * t.log_slope);
      }
    }
  }
}

void ck_full_normal_divergence_gradients(size_t d, size_t lanes, const ck_operand *q, const float *weight,
                                         float *mean_gradient, float *tril_gradient) {
  for (size_t i = 0; i < d; i++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      mean_gradient[i * lanes + lane] = -weight[lane] * q[0].data[ck_index(q[0], i, lane)];
      for (size_t j = 0; j < d; j++) {
        double entry = j <= i ? q[1].data[ck_index(q[1], i * d + j, lane)] : 0;
        tril_gradient[(i * d + j) * lanes + lane] = (float)(weight[lane] * ((i == j ? 1 / entry : 0) - entry));
      }
    }
  }
}

void ck_sum_lanes(size_t rows, size_t lanes, const float *matrix, int by_row, float *sums) {
  for (size_t r = 0; r < rows; r++) {
    double sum = 0;
    for (size_t lane = 0; lane < lanes; lane++) sum += matrix[r * lanes + lane];
    sums[by_row ? r : 0] += (float)sum;
  }
}

void ck_classes(size_t runs, size_t classes, size_t lanes, const float *one_hot, float *numbers) {
  for (size_t r = 0; r < runs; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      size_t c = 0;
      while (c + 1 < classes && one_hot[(r * classes + c) * lanes + lane] != 1) c++;
      numbers[r * lanes + lane] = (float)c;
    }
  }
}

void ck_add_base_measures(ck_density density, size_t rows, size_t lanes, const float *x, double *totals) {
  if (density != CK_POISSON && density != CK_NEGATIVE_BINOMIAL && density != CK_ZERO_INFLATED_NEGATIVE_BINOMIAL) return;
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) totals[lane] += ck_log_base_measure(density, 1, x + r * lanes + lane);
  }
}

double ck_draw_weights(size_t examples, size_t draws, size_t lanes, const double *totals, int weighted, int squared,
                       double factor, float *weights, float *squares) {
  double sum = 0;
  for (size_t lane = examples * draws; lane < lanes; lane++) weights[lane] = squares[lane] = 0;
  for (size_t e = 0; e < examples; e++) {
    const double *l = totals + e * draws;
    double largest = -INFINITY, mean = 0, partition = 0;
    for (size_t d = 0; d < draws; d++) {
      // A NaN stays.
      largest = l[d] > largest || isnan(l[d]) ? l[d] : largest;
      mean += l[d] / (double)draws;
    }
    for (size_t d = 0; d < draws; d++) partition += exp(l[d] - largest);
    sum += weighted ? largest + log(partition / (double)draws) : mean;
    for (size_t d = 0; d < draws; d++) {
      double share = weighted ? exp(l[d] - largest) / partition : 1 / (double)draws;
      weights[e * draws + d] = (float)(factor * share);
      squares[e * draws + d] = (float)(factor * (squared ? share * share : share));
    }
  }
  return sum;
}

void ck_lane_ratios(size_t lanes, const float *upper, const float *lower, float *ratio) {
  for (size_t lane = 0; lane < lanes; lane++) ratio[lane] = lower[lane] == 0 ? 0 : upper[lane] / lower[lane];
}

void ck_scale(size_t count, float factor, const float *from, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = factor * from[i];
}
