// Elementary functions of floats, to 2-4 units in the last place over the whole range.

// value * 2^exponent.
typedef struct {
  floats value;
  ints exponent;
} scaled;

// In two steps, so that neither factor overflows, and a denormal result is rounded once.
INLINE floats unscaled(scaled number) {
  ints first = number.exponent >> 1, second = number.exponent - first;
  return number.value * (floats)((words)(first + 127) << 23) * (floats)((words)(second + 127) << 23);
}

// The nearest whole number, as a float; its bits, less those of ROUNDING, are the integer.
#define ROUNDING 0x1.8p23f

// exp(r) - 1 = r + r^2 (…) on |r| <= log(2) / 2.
INLINE floats reduced_expm1(floats r) {
  floats p = all(0.0013814174f);
  p = p * r + 0.008368922f;
  p = p * r + 0.041668408f;
  p = p * r + 0.16666519f;
  p = p * r + 0.49999994f;
  return r * r * p + r;
}

typedef struct {
  floats rest;
  ints exponent;
} reduction;

// x + correction = exponent * log 2 + rest. The first part of log 2 has few bits, so that its multiples are exact.
INLINE reduction reduce_exponent(floats x, floats correction) {
  floats shifted = x * 1.44269504f + ROUNDING;
  floats whole = shifted - ROUNDING;
  floats rest = x - whole * 0.693359375f;
  rest = (rest - whole * -2.12194440e-4f) + correction;
  return (reduction){rest, (ints)shifted - (ints)all(ROUNDING)};
}

// exp(x + correction), the correction being small.
INLINE scaled scaled_exp(floats x, floats correction) {
  reduction reduced = reduce_exponent(at_most(at_least(x, -150), 89), correction);
  return (scaled){1 + reduced_expm1(reduced.rest), reduced.exponent};
}

INLINE floats exp_lanes(floats x) { return unscaled(scaled_exp(x, all(0))); }

// 2^(shifted - ROUNDING + r) for |r| <= 1/2, shifted being ROUNDING and a whole number from -126 on.
INLINE floats power_of_two(floats shifted, floats r) {
  floats p = all(0.0013276473f);
  p = p * r + 0.0096755413f;
  p = p * r + 0.055507127f;
  p = p * r + 0.2402212f;
  p = p * r + 0.69314697f;
  p = p * r + 1.0000001f;
  return (floats)((words)p + ((words)shifted << 23));
}

// exp(x) for x <= 0, in base 2 and with one rounding less than exp_lanes: the error is absolute.
INLINE floats falling_power(floats x) {
  floats t = at_least(x * 1.44269504f, -126);
  floats shifted = t + ROUNDING;
  return power_of_two(shifted, t - (shifted - ROUNDING));
}

// The same for -87 <= x <= 0, without a bound and with an operation less.
INLINE floats near_power(floats x) {
  floats shifted = x * 1.44269504f + ROUNDING;
  return power_of_two(shifted, x * 1.44269504f - (shifted - ROUNDING));
}

// For x <= 88.
INLINE floats expm1_lanes(floats x) {
  reduction reduced = reduce_exponent(at_least(x, -30), all(0));
  floats power = (floats)((words)(reduced.exponent + 127) << 23);
  return reduced_expm1(reduced.rest) * power + (power - 1);
}

// log(1 + f) on [sqrt(1/2) - 1, sqrt(2) - 1].
INLINE floats reduced_log1p(floats f) {
  floats q = all(-0.076343848f);
  q = q * f + 0.12765425f;
  q = q * f - 0.13162004f;
  q = q * f + 0.14201369f;
  q = q * f - 0.16623144f;
  q = q * f + 0.20001236f;
  q = q * f - 0.25000827f;
  q = q * f + 0.33333332f;
  floats square = f * f;
  return f + (square * -0.5f + square * f * q);
}

INLINE floats add_multiple_of_log2(floats log, floats k) {
  return k * 0.693359375f + (k * -2.12194440e-4f + log);
}

// log(1 + e) for e in [0, 1].
INLINE floats log1p_of_fraction(floats e) {
  ints upper = e > 0.41421356f;
  floats f = upper ? (e - 1) * 0.5f : e;
  return add_multiple_of_log2(reduced_log1p(f), upper ? all(1) : all(0));
}

// With e = exp(2 |x|) - 1, tanh |x| = e / (e + 2): nothing cancels.
INLINE floats tanh_lanes(floats x) {
  floats e = expm1_lanes(2 * at_most(absolute(x), 10));
  return with_sign(e / (e + 2), sign_bit(x));
}

// sigmoid(x + correction) multiplied by `factor` before it is scaled down, so that no bits of a denormal are lost.
INLINE floats sigmoid_times(floats x, floats correction, floats factor) {
  ints positive = x > 0;
  scaled tail = scaled_exp(-absolute(x), positive ? -correction : correction);
  floats e = unscaled(tail);
  tail.value = positive ? all(1) : tail.value;
  tail.exponent = positive ? (ints)0 : tail.exponent;
  tail.value *= factor;
  return unscaled(tail) / (1 + e);
}

INLINE floats softplus_lanes(floats x) {
  return at_least(x, 0) + log1p_of_fraction(exp_lanes(-absolute(x)));
}

// A float and what rounding to it has left out.
typedef struct {
  floats value, rest;
} split;

INLINE split split_wide(doubles lower, doubles upper) {
  floats value = narrow(lower, upper);
  return (split){value, narrow(lower - widen(value, 0), upper - widen(value, 1))};
}

INLINE doubles minus_half_square(doubles a) { return -0.5 * a * a; }

// x Phi(x) for |x| < 1.
INLINE floats central_gelu(floats x) {
  floats square = x * x;
  floats p = all(-7.4628533e-06f);
  p = p * square + 0.00011295204f;
  p = p * square - 0.0011857848f;
  p = p * square + 0.009973078f;
  p = p * square - 0.066490315f;
  p = p * square + 0.3989423f;
  return x * (p * x + 0.5f);
}

// Phi(-a) = exp(-a^2 / 2) g(a); g(a) (a + 3) is fitted in (a - 3) / (a + 3) for 0 <= a < 14.6, beyond which Phi(-a) is
// below the smallest float.
INLINE floats fitted_tail(floats a) {
  floats t = (a - 3) / (a + 3);
  floats g = all(5.2408133e-05f);
  g = g * t - 0.00020295884f;
  g = g * t - 0.0009468376f;
  g = g * t + 0.0010163842f;
  g = g * t + 0.006937334f;
  g = g * t - 0.010462257f;
  g = g * t - 0.047258154f;
  g = g * t + 0.23001769f;
  g = g * t - 0.5093322f;
  g = g * t + 0.7290837f;
  return g;
}

INLINE floats tail_factor(floats a) { return fitted_tail(a) / (a + 3); }

// x Phi(x). The exponent is split: its rounding error would be magnified a^2 / 2 times.
INLINE floats gelu_lanes(floats x) {
  floats a = at_most(absolute(x), 14.6f);
  floats g = fitted_tail(a);
  split exponent = split_wide(minus_half_square(widen(a, 0)), minus_half_square(widen(a, 1)));
  scaled tail = scaled_exp(exponent.value, exponent.rest);
  tail.value *= g / (a + 3);
  floats upper = x * (1 - unscaled(tail));
  tail.value *= at_least(x, -20);
  floats outer = x > 0 ? upper : unscaled(tail);
  return a < 1 ? central_gelu(x) : outer;
}

INLINE doubles gelu_tanh_argument(doubles x) {
  return x * (1.5957691216057308 + 0.071354816272600248 * x * x);
}

// x (1 + tanh u) / 2 = x sigmoid(2 u); the argument is split for the reason above.
INLINE floats gelu_tanh_lanes(floats x) {
  floats held = at_most(at_least(x, -20), 20);
  split u = split_wide(gelu_tanh_argument(widen(held, 0)), gelu_tanh_argument(widen(held, 1)));
  return sigmoid_times(u.value, u.rest, at_least(x, -20));
}
