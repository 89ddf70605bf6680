// The reverse of the activations and of the layers that aren't products.

// The slope at `kept`, an output for the kinds of ck_slope_takes_output.
INLINE floats slope_of(ck_activation activation, floats kept) {
  switch (activation.kind) {
    case CK_IDENTITY: return all(1);
    case CK_RELU: return kept > 0 ? all(1) : all(0);
    case CK_LEAKY_RELU: return kept > 0 ? all(1) : all(activation.a);
    case CK_ELU: return kept > 0 ? all(1) : exp_lanes(at_most(kept, 0)) * activation.a;
    case CK_SELU: {
      floats below = exp_lanes(at_most(kept, 0)) * (float)(CK_SELU_SCALE * CK_SELU_ALPHA);
      return kept > 0 ? all((float)CK_SELU_SCALE) : below;
    }
    case CK_TANH: return 1 - kept * kept;
    case CK_SIGMOID: return kept * (1 - kept);
    case CK_SOFTPLUS: return sigmoid_times(kept, all(0), all(1));
    // Phi(x) + x phi(x), from the tail of gelu_lanes.
    case CK_GELU: {
      floats a = at_most(absolute(kept), 14.6f);
      floats power = exp_lanes(-0.5f * a * a), tail = power * tail_factor(a);
      return (kept > 0 ? 1 - tail : tail) + at_most(at_least(kept, -14.6f), 14.6f) * power * (float)CK_SQRT_1_2PI;
    }
    case CK_GELU_TANH: {
      floats x = at_most(at_least(kept, -20), 20), square = x * x;
      floats s = sigmoid_times(x * (1.5957691f + 0.071354816f * square), all(0), all(1));
      return s + x * s * (1 - s) * (1.5957691f + 0.21406445f * square);
    }
    case CK_SILU: {
      floats x = at_most(at_least(kept, -200), 200), s = sigmoid_times(x, all(0), all(1));
      return s + x * s * (1 - s);
    }
    case CK_EXP: return kept;
    case CK_HARD_TANH: return ((kept > activation.a) & (kept < activation.b)) ? all(1) : all(0);
    case CK_SQUARED: return 2 * kept;
    case CK_SQRT: return 0.5f / kept;
    case CK_LOGARITHM: return 1 / kept;
    case CK_LOG1P: return 1 / (1 + kept);
    case CK_HARD_SWISH: {
      floats middle = kept * (1.0f / 3) + 0.5f;
      middle = kept <= -3 ? all(0) : middle;
      return kept >= 3 ? all(1) : middle;
    }
    case CK_MISH: {
      floats x = at_most(at_least(kept, -200), 20), e = exp_lanes(x), w = e * (e + 2), denominator = 1 / (w + 2);
      floats slope = w * denominator + x * (4 * e * (e + 1) * denominator * denominator);
      return kept > 20 ? all(1) : slope;
    }
    case CK_SOFTSIGN: {
      floats size = 1 + absolute(kept);
      return 1 / (size * size);
    }
  }
  return all(NAN);
}

INLINE void reverse_each(ck_activation activation, const float *kept, float *gradient, size_t count) {
  for (size_t i = 0; i < count; i += WIDTH) {
    store(gradient + i, load(gradient + i) * slope_of(activation, load(kept + i)));
  }
}

static void activate_reverse(ck_activation activation, const float *kept, float *gradient, size_t count) {
#define CASE(constant)                                 \
  case constant: {                                     \
    activation.kind = constant;                        \
    reverse_each(activation, kept, gradient, count);   \
    return;                                            \
  }
  switch (activation.kind) {
    case CK_IDENTITY: return;
    FOR_EACH_ACTIVATION(CASE)
  }
#undef CASE
}

static void softmax_reverse(size_t groups, size_t classes, size_t lanes, const float *output, float *gradient) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      const float *y = output + group * classes * lanes + lane;
      float *g = gradient + group * classes * lanes + lane;
      floats mean = all(0);
      for (size_t c = 0; c < classes; c++) mean += load(y + c * lanes) * load(g + c * lanes);
      for (size_t c = 0; c < classes; c++) store(g + c * lanes, load(y + c * lanes) * (load(g + c * lanes) - mean));
    }
  }
}

static void log_softmax_reverse(size_t groups, size_t classes, size_t lanes, float level, const float *output,
                                float *gradient) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      const float *y = output + group * classes * lanes + lane;
      float *g = gradient + group * classes * lanes + lane;
      floats sum = all(0);
      for (size_t c = 0; c < classes; c++) sum += load(g + c * lanes);
      for (size_t c = 0; c < classes; c++) {
        store(g + c * lanes, load(g + c * lanes) - exp_lanes(load(y + c * lanes) - level) * sum);
      }
    }
  }
}

// See the scalar function.
static void layer_norm_reverse(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                               const float *input, float *gradient) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      const float *x = input + group * size * lanes + lane;
      float *g = gradient + group * size * lanes + lane;
      floats sum = all(0), squares = all(0), level = all(0), along = all(0);
      for (size_t i = 0; i < size; i++) sum += load(x + i * lanes);
      floats mean = sum / (float)size;
      for (size_t i = 0; i < size; i++) {
        floats difference = load(x + i * lanes) - mean, scaled = load(g + i * lanes) * scale[i];
        squares += difference * difference;
        level += scaled;
        along += scaled * difference;
      }
      floats variance = squares / (float)size + epsilon;
      level /= (float)size;
      along /= (float)size * variance;
      floats deviation = __builtin_elementwise_sqrt(variance);
      for (size_t i = 0; i < size; i++) {
        floats difference = load(x + i * lanes) - mean;
        store(g + i * lanes, (load(g + i * lanes) * scale[i] - level - difference * along) / deviation);
      }
    }
  }
}

static void affine_reverse(size_t rows, size_t lanes, const float *scale, float *gradient) {
  for (size_t r = 0; r < rows; r++) {
    float *row = gradient + r * lanes;
    for (size_t lane = 0; lane < lanes; lane += WIDTH) store(row + lane, load(row + lane) * scale[r]);
  }
}

static void gather_max_reverse(size_t rows, size_t taps, const int32_t *index, const float *in, const float *out,
                               const float *gradient, size_t lanes, float *in_gradient) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      floats rest = load(gradient + r * lanes + lane), largest = load(out + r * lanes + lane);
      for (size_t t = 0; t < taps; t++) {
        int32_t row = index[r * taps + t];
        if (row < 0) continue;
        float *to = in_gradient + (size_t)row * lanes + lane;
        floats given = rest;
        if (taps > 1) {
          // Only the first of equals is given anything.
          ints found = load(in + (size_t)row * lanes + lane) == largest;
          given = found ? rest : all(0);
          rest = found ? all(0) : rest;
        }
        store(to, load(to) + given);
      }
    }
  }
}

static void gather_sum_reverse(size_t rows, size_t taps, const int32_t *index, const float *weight,
                               const float *gradient, size_t lanes, float *in_gradient) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t t = 0; t < taps; t++) {
      int32_t row = index[r * taps + t];
      if (row < 0) continue;
      float *to = in_gradient + (size_t)row * lanes;
      for (size_t lane = 0; lane < lanes; lane += WIDTH) {
        store(to + lane, load(to + lane) + weight[r * taps + t] * load(gradient + r * lanes + lane));
      }
    }
  }
}

static void add_weighted(size_t rows, size_t lanes, const float *weight, const float *in, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      size_t i = r * lanes + lane;
      store(out + i, load(out + i) + load(weight + lane) * load(in + i));
    }
  }
}
