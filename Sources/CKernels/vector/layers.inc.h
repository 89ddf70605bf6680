// Activations and the layers that aren't products.

INLINE floats log_lanes(floats x) { return narrow(log_wide(widen(x, 0)), log_wide(widen(x, 1))); }

// Of small numbers by the series, since 1 + x loses them.
INLINE doubles log1p_of_any(doubles x) {
  return absolute_wide(x) < 1e-4 ? x - x * x * (0.5 - x * (1.0 / 3)) : log_wide(1 + x);
}

INLINE floats log1p_lanes(floats x) { return narrow(log1p_of_any(widen(x, 0)), log1p_of_any(widen(x, 1))); }

// With w = e^x (e^x + 2), tanh(softplus(x)) = w / (w + 2).
INLINE floats mish_lanes(floats x) {
  floats e = exp_lanes(at_most(x, 20)), w = e * (e + 2);
  return x > 20 ? x : at_least(x, -200) * (w / (w + 2));
}

INLINE floats hard_swish_lanes(floats x) {
  floats middle = x * (x * (1.0f / 6) + 0.5f);
  middle = x <= -3 ? all(0) : middle;
  return x >= 3 ? x : middle;
}

INLINE floats softsign_lanes(floats x) {
  floats size = at_most(absolute(x), 1e30f);
  return with_sign(size / (1 + size), sign_bit(x));
}

INLINE floats activated(ck_activation activation, floats x) {
  switch (activation.kind) {
    case CK_IDENTITY: return x;
    case CK_RELU: return at_least(x, 0);
    case CK_LEAKY_RELU: return x < 0 ? x * activation.a : x;
    case CK_ELU: return x < 0 ? expm1_lanes(x) * activation.a : x;
    case CK_SELU: {
      floats below = expm1_lanes(x) * (float)(CK_SELU_SCALE * CK_SELU_ALPHA);
      return x < 0 ? below : x * (float)CK_SELU_SCALE;
    }
    case CK_TANH: return tanh_lanes(x);
    case CK_SIGMOID: return sigmoid_times(x, all(0), all(1));
    case CK_SOFTPLUS: return softplus_lanes(x);
    case CK_GELU: return gelu_lanes(x);
    case CK_GELU_TANH: return gelu_tanh_lanes(x);
    case CK_SILU: return sigmoid_times(x, all(0), at_least(x, -200));
    case CK_EXP: return exp_lanes(x);
    case CK_HARD_TANH: return at_most(at_least(x, activation.a), activation.b);
    case CK_SQUARED: return x * x;
    case CK_SQRT: return __builtin_elementwise_sqrt(x);
    case CK_LOGARITHM: return log_lanes(x);
    case CK_LOG1P: return log1p_lanes(x);
    case CK_HARD_SWISH: return hard_swish_lanes(x);
    case CK_MISH: return mish_lanes(x);
    case CK_SOFTSIGN: return softsign_lanes(x);
  }
  return x;
}

INLINE void activate_each(ck_activation activation, float *data, size_t count) {
  for (size_t i = 0; i < count; i += WIDTH) store(data + i, activated(activation, load(data + i)));
}

// Every activation that computes something.
#define FOR_EACH_ACTIVATION(CASE) \
  CASE(CK_RELU) CASE(CK_LEAKY_RELU) CASE(CK_ELU) CASE(CK_SELU)     \
  CASE(CK_TANH) CASE(CK_SIGMOID) CASE(CK_SOFTPLUS) CASE(CK_GELU)   \
  CASE(CK_GELU_TANH) CASE(CK_SILU) CASE(CK_EXP) CASE(CK_HARD_TANH) \
  CASE(CK_SQUARED) CASE(CK_SQRT) CASE(CK_LOGARITHM) CASE(CK_LOG1P) \
  CASE(CK_HARD_SWISH) CASE(CK_MISH) CASE(CK_SOFTSIGN)

static void activate(ck_activation activation, float *data, size_t count) {
  // A loop for each kind, so that the choice is made once.
#define CASE(constant)                            \
  case constant: {                                \
    activation.kind = constant;                   \
    activate_each(activation, data, count);       \
    return;                                       \
  }
  switch (activation.kind) {
    case CK_IDENTITY: return;
    FOR_EACH_ACTIVATION(CASE)
  }
#undef CASE
}

INLINE floats largest_of(const float *run, size_t classes, size_t lanes) {
  floats largest = load(run);
  for (size_t c = 1; c < classes; c++) {
    floats value = load(run + c * lanes);
    largest = value > largest ? value : largest;
  }
  return largest;
}

static void softmax(size_t groups, size_t classes, size_t lanes, float *data) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      float *run = data + group * classes * lanes + lane;
      floats largest = largest_of(run, classes, lanes), sum = all(0);
      for (size_t c = 0; c < classes; c++) {
        floats power = exp_lanes(load(run + c * lanes) - largest);
        store(run + c * lanes, power);
        sum += power;
      }
      for (size_t c = 0; c < classes; c++) store(run + c * lanes, load(run + c * lanes) / sum);
    }
  }
}

enum { SUMMED_CLASSES = 8 };

// log sum exp of a run, less the largest. It is read once: the largest so far, which all powers are relative to, seldom
// changes.
INLINE floats log_sum_exp(const float *run, size_t classes, size_t lanes, floats *greatest) {
  floats largest = load(run), sum = all(0);
  for (size_t first = 0; first < classes; first += SUMMED_CLASSES) {
    size_t count = classes - first < SUMMED_CLASSES ? classes - first : SUMMED_CLASSES;
    const float *part = run + first * lanes;
    floats larger = largest, powers = all(0);
    for (size_t c = 0; c < count; c++) larger = load(part + c * lanes) > larger ? load(part + c * lanes) : larger;
    ints grows = larger > largest;
    if (__builtin_reduce_or(grows)) {
      // The other lanes keep their bits: the power of 0 is not quite 1.
      sum = grows ? sum * falling_power(largest - larger) : sum;
      largest = larger;
    }
    for (size_t c = 0; c < count; c++) powers += near_power(at_least(load(part + c * lanes) - largest, -87));
    sum += powers;
  }
  *greatest = largest;
  return log_lanes(sum);
}

static void log_softmax(size_t groups, size_t classes, size_t lanes, float level, float *data) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      float *run = data + group * classes * lanes + lane;
      floats largest, rest = log_sum_exp(run, classes, lanes, &largest) - level;
      for (size_t c = 0; c < classes; c++) store(run + c * lanes, load(run + c * lanes) - largest - rest);
    }
  }
}

static void layer_norm(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                       const float *offset, float *data) {
  for (size_t group = 0; group < groups; group++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      float *run = data + group * size * lanes + lane;
      floats sum = all(0), squares = all(0);
      for (size_t i = 0; i < size; i++) sum += load(run + i * lanes);
      floats mean = sum / (float)size;
      for (size_t i = 0; i < size; i++) {
        floats difference = load(run + i * lanes) - mean;
        squares += difference * difference;
      }
      floats deviation = __builtin_elementwise_sqrt(squares / (float)size + epsilon);
      for (size_t i = 0; i < size; i++) {
        store(run + i * lanes, (load(run + i * lanes) - mean) / deviation * scale[i] + offset[i]);
      }
    }
  }
}

static void affine(size_t rows, size_t lanes, const float *scale, const float *offset, float *data) {
  for (size_t r = 0; r < rows; r++) {
    float *row = data + r * lanes;
    for (size_t lane = 0; lane < lanes; lane += WIDTH) store(row + lane, load(row + lane) * scale[r] + offset[r]);
  }
}

static void add(size_t count, const float *in, float *out) {
  for (size_t i = 0; i < count; i += WIDTH) store(out + i, load(out + i) + load(in + i));
}

static void multiply_all(size_t count, const float *in, float *out) {
  for (size_t i = 0; i < count; i += WIDTH) store(out + i, load(out + i) * load(in + i));
}

static void gather_max(size_t rows, size_t taps, const int32_t *index, const float *in, size_t lanes, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      floats largest = all(-INFINITY);
      for (size_t t = 0; t < taps; t++) {
        int32_t row = index[r * taps + t];
        if (row < 0) continue;
        floats value = load(in + (size_t)row * lanes + lane);
        largest = ((value > largest) | (value != value)) ? value : largest;
      }
      store(out + r * lanes + lane, largest);
    }
  }
}

static void gather_sum(size_t rows, size_t taps, const int32_t *index, const float *weight, const float *in,
                       size_t lanes, float *out) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      floats sum = all(0);
      for (size_t t = 0; t < taps; t++) {
        int32_t row = index[r * taps + t];
        if (row >= 0) sum += weight[r * taps + t] * load(in + (size_t)row * lanes + lane);
      }
      store(out + r * lanes + lane, sum);
    }
  }
}
