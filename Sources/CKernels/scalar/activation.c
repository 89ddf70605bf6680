#include <math.h>

#include "scalar.h"

// In Double, so that the result is the correctly rounded one but for rare ties.
static double activated(ck_activation activation, double x) {
  switch (activation.kind) {
    case CK_IDENTITY: return x;
    case CK_RELU: return x < 0 ? 0 : x;
    case CK_LEAKY_RELU: return x < 0 ? activation.a * x : x;
    case CK_ELU: return x < 0 ? activation.a * expm1(x) : x;
    case CK_SELU: return CK_SELU_SCALE * (x < 0 ? CK_SELU_ALPHA * expm1(x) : x);
    case CK_TANH: return tanh(x);
    case CK_SIGMOID: return 1 / (1 + exp(-x));
    case CK_SOFTPLUS: return fmax(x, 0) + log1p(exp(-fabs(x)));
    // An infinity times zero is the limit, 0.
    case CK_GELU: return x == -INFINITY ? 0 : x * 0.5 * erfc(-x * sqrt(0.5));
    case CK_GELU_TANH: return x == -INFINITY ? 0 : x / (1 + exp(-2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case CK_SILU: return x == -INFINITY ? 0 : x / (1 + exp(-x));
    case CK_EXP: return exp(x);
    case CK_HARD_TANH: return x < activation.a ? activation.a : x > activation.b ? activation.b : x;
    case CK_SQUARED: return x * x;
    case CK_SQRT: return sqrt(x);
    case CK_LOGARITHM: return log(x);
    case CK_LOG1P: return log1p(x);
    case CK_HARD_SWISH: return x <= -3 ? 0 : x >= 3 ? x : x * (x / 6 + 0.5);
    case CK_MISH: return x == -INFINITY ? 0 : x * tanh(fmax(x, 0) + log1p(exp(-fabs(x))));
    case CK_SOFTSIGN: return isinf(x) ? copysign(1, x) : x / (1 + fabs(x));
  }
  return NAN;
}

void ck_scalar_activate(ck_activation activation, float *data, size_t count) {
  for (size_t i = 0; i < count; i++) data[i] = (float)activated(activation, data[i]);
}
