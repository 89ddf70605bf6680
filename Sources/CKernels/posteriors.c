#include <math.h>

#include "internal.h"

// What is reported of posteriors, and closed forms of divergences: a few numbers for each unit and draw, in doubles, the
// same bits on every processor.
#pragma STDC FP_CONTRACT OFF

typedef struct {
  double mean, variance, log_scale;
} moments;

static double value_of(ck_operand operand, size_t row, size_t lane) { return operand.data[ck_index(operand, row, lane)]; }

// Of a location and a scale; those of N(0, 1) where there are none.
static moments moments_of(const ck_operand *parameters, size_t count, size_t row, size_t lane) {
  if (count == 0) return (moments){0, 1, 0};
  double mean = value_of(parameters[0], row, lane), stored = value_of(parameters[1], row, lane);
  switch (parameters[1].form) {
    case CK_LOG: return (moments){mean, exp(2 * stored), stored};
    case CK_LOG_SQUARE: return (moments){mean, exp(stored), stored / 2};
    case CK_SQUARE: return (moments){mean, stored, log(stored) / 2};
    case CK_DIRECT: break;
  }
  return (moments){mean, stored * stored, log(stored)};
}

// KL(N(m, s²) ‖ N(μ, σ²)) = log(σ / s) + (s² + (m − μ)²) / (2σ²) − ½.
static double normal_divergence(const ck_operand *q, const ck_operand *prior, size_t count, size_t row, size_t lane) {
  moments a = moments_of(q, 2, row, lane);
  if (count == 0) return (a.variance + a.mean * a.mean - 1) / 2 - a.log_scale;
  moments b = moments_of(prior, count, row, lane);
  double distance = a.mean - b.mean;
  return b.log_scale - a.log_scale + (a.variance + distance * distance) / (2 * b.variance) - 0.5;
}

// KL(N(m, T Tᵀ) ‖ N(0, I)) = ½ (‖T‖² + ‖m‖² − d) − Σ log Tᵢᵢ.
static double full_normal_divergence(size_t d, const ck_operand *q, size_t lane) {
  double result = -(double)d / 2;
  for (size_t i = 0; i < d; i++) {
    double mean = value_of(q[0], i, lane);
    result += mean * mean / 2 - log(value_of(q[1], i * d + i, lane));
    for (size_t j = 0; j <= i; j++) {
      double entry = value_of(q[1], i * d + j, lane);
      result += entry * entry / 2;
    }
  }
  return result;
}

void ck_add_normal_divergences(size_t rows, size_t lanes, const ck_operand *q, const ck_operand *prior,
                               size_t prior_count, double *sums) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t r = 0; r < rows; r++) sums[lane] += normal_divergence(q, prior, prior_count, r, lane);
  }
}

void ck_add_full_normal_divergences(size_t d, size_t lanes, const ck_operand *q, double *sums) {
  for (size_t lane = 0; lane < lanes; lane++) sums[lane] += full_normal_divergence(d, q, lane);
}

size_t ck_subtract(size_t lanes, const double *values, size_t step, double *totals) {
  size_t bad = 0;
  for (size_t lane = 0; lane < lanes; lane++) {
    bad += isnan(values[lane * step]);
    totals[lane] -= values[lane * step];
  }
  return bad;
}

void ck_unit_values(size_t units, size_t draws, ck_operand values, double *out) {
  for (size_t lane = 0; lane < draws; lane++) {
    for (size_t r = 0; r < units; r++) out[lane * units + r] = value_of(values, r, lane);
  }
}

void ck_unit_deviations(ck_density density, size_t units, size_t draws, const ck_operand *q, double *out) {
  for (size_t lane = 0; lane < draws; lane++) {
    for (size_t r = 0; r < units; r++) {
      // A Laplace distribution of scale b has standard deviation √2 b.
      double variance = moments_of(q, 2, r, lane).variance;
      out[lane * units + r] = sqrt(density == CK_LAPLACE ? 2 * variance : variance);
    }
  }
}

void ck_full_normal_deviations(size_t d, size_t draws, ck_operand tril, double *out) {
  for (size_t lane = 0; lane < draws; lane++) {
    for (size_t i = 0; i < d; i++) {
      double sum = 0;
      for (size_t j = 0; j <= i; j++) sum += value_of(tril, i * d + j, lane) * value_of(tril, i * d + j, lane);
      out[lane * d + i] = sqrt(sum);
    }
  }
}

void ck_unit_divergences(size_t units, size_t draws, const ck_operand *q, const ck_operand *prior, size_t prior_count,
                         double *out) {
  for (size_t lane = 0; lane < draws; lane++) {
    for (size_t r = 0; r < units; r++) out[lane * units + r] = normal_divergence(q, prior, prior_count, r, lane);
  }
}

void ck_marginal_divergences(size_t units, size_t draws, ck_operand mean, const double *deviations, size_t known,
                             const ck_operand *prior, size_t prior_count, double *out) {
  for (size_t lane = 0; lane < draws; lane++) {
    for (size_t r = 0; r < units; r++) {
      moments b = moments_of(prior, prior_count, r, lane);
      double deviation = deviations[lane % known * units + r], distance = value_of(mean, r, lane) - b.mean;
      out[lane * units + r] = b.log_scale - log(deviation) +
                              (deviation * deviation + distance * distance) / (2 * b.variance) - 0.5;
    }
  }
}

static double log_density(ck_density density, const ck_operand *parameters, size_t count, double value, size_t row,
                          size_t lane) {
  moments at = moments_of(parameters, count, row, lane);
  double distance = value - at.mean;
  return density == CK_LAPLACE ? -fabs(distance) / sqrt(at.variance) - at.log_scale - log(2.0)
                               : -distance * distance / (2 * at.variance) - at.log_scale - log(2 * M_PI) / 2;
}

void ck_unit_log_ratios(size_t units, size_t draws, ck_operand z, ck_density q_density, const ck_operand *q,
                        ck_density prior_density, const ck_operand *prior, size_t prior_count, double *out) {
  for (size_t lane = 0; lane < draws; lane++) {
    for (size_t r = 0; r < units; r++) {
      double value = value_of(z, r, lane);
      out[lane * units + r] = log_density(q_density, q, 2, value, r, lane) -
                              log_density(prior_density, prior, prior_count, value, r, lane);
    }
  }
}
