#include <math.h>

#include "scalar.h"

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

// x times the slope of a sigmoid, which vanishes at both ends.
static double times_slope(double x, double sigmoid) { return isinf(x) ? 0 : x * sigmoid * (1 - sigmoid); }

// The slope at `kept`, an output for the kinds of ck_slope_takes_output.
static double slope(ck_activation activation, double kept) {
  double s;
  switch (activation.kind) {
    case CK_IDENTITY: return 1;
    case CK_RELU: return kept > 0 ? 1 : 0;
    case CK_LEAKY_RELU: return kept > 0 ? 1 : activation.a;
    case CK_ELU: return kept > 0 ? 1 : activation.a * exp(kept);
    case CK_SELU: return CK_SELU_SCALE * (kept > 0 ? 1 : CK_SELU_ALPHA * exp(kept));
    case CK_TANH: return 1 - kept * kept;
    case CK_SIGMOID: return kept * (1 - kept);
    case CK_SOFTPLUS: return sigmoid(kept);
    case CK_GELU: return 0.5 * erfc(-kept * sqrt(0.5)) + (isinf(kept) ? 0 : kept * exp(-0.5 * kept * kept) * CK_SQRT_1_2PI);
    case CK_GELU_TANH:
      if (fabs(kept) > 20) return kept > 0;
      s = sigmoid(2 * sqrt(2 / M_PI) * (kept + 0.044715 * kept * kept * kept));
      return s + times_slope(kept, s) * 2 * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * kept * kept);
    case CK_SILU:
      s = sigmoid(kept);
      return s + times_slope(kept, s);
    case CK_EXP: return kept;
    case CK_HARD_TANH: return kept > activation.a && kept < activation.b ? 1 : 0;
    case CK_SQUARED: return 2 * kept;
    case CK_SQRT: return 0.5 / kept;
    case CK_LOGARITHM: return 1 / kept;
    case CK_LOG1P: return 1 / (1 + kept);
    case CK_HARD_SWISH: return kept <= -3 ? 0 : kept >= 3 ? 1 : kept / 3 + 0.5;
    case CK_MISH: {
      if (kept > 20) return 1;
      // tanh(softplus(x)) = w / (w + 2) with w = e^x (e^x + 2).
      double e = exp(kept), w = e * (e + 2);
      return w / (w + 2) + (kept < -200 ? 0 : kept * 4 * e * (e + 1) / ((w + 2) * (w + 2)));
    }
    case CK_SOFTSIGN: return 1 / ((1 + fabs(kept)) * (1 + fabs(kept)));
  }
  return NAN;
}

void ck_scalar_activate_reverse(ck_activation activation, const float *kept, float *gradient, size_t count) {
  for (size_t i = 0; i < count; i++) gradient[i] = (float)(gradient[i] * slope(activation, kept[i]));
}

void ck_scalar_softmax_reverse(size_t groups, size_t classes, size_t lanes, const float *output, float *gradient) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      size_t first = group * classes * lanes + lane;
      float mean = 0;
      for (size_t c = 0; c < classes; c++) mean += output[first + c * lanes] * gradient[first + c * lanes];
      for (size_t c = 0; c < classes; c++) {
        size_t i = first + c * lanes;
        gradient[i] = output[i] * (gradient[i] - mean);
      }
    }
  }
}

void ck_scalar_log_softmax_reverse(size_t groups, size_t classes, size_t lanes, float level, const float *output,
                                   float *gradient) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      size_t first = group * classes * lanes + lane;
      float sum = 0;
      for (size_t c = 0; c < classes; c++) sum += gradient[first + c * lanes];
      for (size_t c = 0; c < classes; c++) gradient[first + c * lanes] -= expf(output[first + c * lanes] - level) * sum;
    }
  }
}

// With y = (x - mean) / deviation: the gradient by x is what is left of gradient · scale / deviation without its mean and
// without its part along y.
void ck_scalar_layer_norm_reverse(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                                  const float *input, float *gradient) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      const float *x = input + group * size * lanes + lane;
      float *g = gradient + group * size * lanes + lane;
      double sum = 0, squares = 0, level = 0, along = 0;
      for (size_t i = 0; i < size; i++) sum += x[i * lanes];
      double mean = sum / (double)size;
      for (size_t i = 0; i < size; i++) {
        double difference = x[i * lanes] - mean, scaled = g[i * lanes] * scale[i];
        squares += difference * difference;
        level += scaled;
        along += scaled * difference;
      }
      double variance = squares / (double)size + epsilon;
      level /= (double)size;
      along /= (double)size * variance;
      for (size_t i = 0; i < size; i++) {
        double difference = x[i * lanes] - mean;
        g[i * lanes] = (float)((g[i * lanes] * scale[i] - level - difference * along) / sqrt(variance));
      }
    }
  }
}

void ck_scalar_affine_reverse(size_t rows, size_t lanes, const float *scale, float *gradient) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) gradient[r * lanes + lane] *= scale[r];
  }
}

void ck_scalar_gather_max_reverse(size_t rows, size_t taps, const int32_t *index, const float *in, const float *out,
                                  const float *gradient, size_t lanes, float *in_gradient) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      for (size_t t = 0; t < taps; t++) {
        int32_t row = index[r * taps + t];
        if (row < 0) continue;
        size_t i = (size_t)row * lanes + lane;
        if (taps > 1 && in[i] != out[r * lanes + lane]) continue;
        in_gradient[i] += gradient[r * lanes + lane];
        break;
      }
    }
  }
}

void ck_scalar_gather_sum_reverse(size_t rows, size_t taps, const int32_t *index, const float *weight,
                                  const float *gradient, size_t lanes, float *in_gradient) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t t = 0; t < taps; t++) {
      int32_t row = index[r * taps + t];
      if (row < 0) continue;
      for (size_t lane = 0; lane < lanes; lane++) {
        in_gradient[(size_t)row * lanes + lane] += weight[r * taps + t] * gradient[r * lanes + lane];
      }
    }
  }
}

void ck_scalar_add_weighted(size_t rows, size_t lanes, const float *weight, const float *in, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane++) out[r * lanes + lane] += weight[lane] * in[r * lanes + lane];
  }
}
