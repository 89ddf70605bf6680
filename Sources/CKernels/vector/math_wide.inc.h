// Elementary functions of doubles, to a few units in the last place: for the log-densities.

#define ROUNDING_WIDE 0x1.8p52

// exp(r) - 1 = r + r^2 (…) on |r| <= log(2) / 2.
INLINE doubles reduced_expm1_wide(doubles r) {
  doubles p = all_wide(2.4999965343255924e-08);
  p = p * r + 2.763037862080518e-07;
  p = p * r + 2.755758734220382e-06;
  p = p * r + 2.4801492762795647e-05;
  p = p * r + 0.00019841269504765357;
  p = p * r + 0.001388888894392264;
  p = p * r + 0.008333333333495624;
  p = p * r + 0.04166666666652919;
  p = p * r + 0.1666666666666641;
  p = p * r + 0.5000000000000011;
  return r * r * p + r;
}

typedef struct {
  doubles rest, power;
} reduction_wide;

// exp(x) = (1 + expm1(rest)) power, for |x| <= 709.
INLINE reduction_wide reduce_exponent_wide(doubles x) {
  doubles shifted = x * 1.4426950408889634 + ROUNDING_WIDE;
  doubles whole = shifted - ROUNDING_WIDE;
  doubles rest = (x - whole * 0x1.62e42fee00000p-1) - whole * 0x1.a39ef35793c76p-33;
  long_words exponent = (long_words)shifted - (long_words)all_wide(ROUNDING_WIDE);
  return (reduction_wide){rest, (doubles)((exponent + 1023) << 52)};
}

// Below 1e-307 the result is 0.
INLINE doubles exp_wide(doubles x) {
  reduction_wide reduced = reduce_exponent_wide(at_most_wide(at_least_wide(x, -708), 709));
  doubles result = reduced.power + reduced.power * reduced_expm1_wide(reduced.rest);
  result = x < -708 ? all_wide(0) : result;
  return x > 709 ? all_wide(INFINITY) : result;
}

INLINE doubles expm1_of_negative(doubles x) {
  reduction_wide reduced = reduce_exponent_wide(at_least_wide(x, -60));
  return reduced_expm1_wide(reduced.rest) * reduced.power + (reduced.power - 1);
}

// log(1 + f) + rest + k log 2 for f in [sqrt(1/2) - 1, sqrt(2) - 1]. With s = f / (2 + f), log(1 + f) =
// f - f^2/2 + s (f^2/2 + R(s^2)), as in FreeBSD's e_log.c.
INLINE doubles assembled_log(doubles f, doubles rest, doubles k) {
  doubles s = f / (2 + f), z = s * s;
  doubles r = all_wide(1.479819860511658591e-01);
  r = r * z + 1.531383769920937332e-01;
  r = r * z + 1.818357216161805012e-01;
  r = r * z + 2.222219843214978396e-01;
  r = r * z + 2.857142874366239149e-01;
  r = r * z + 3.999999999940941908e-01;
  r = r * z + 6.666666666666735130e-01;
  doubles half_square = 0.5 * f * f;
  rest = s * (half_square + r * z) + (k * 0x1.a39ef35793c76p-33 + rest);
  return k * 0x1.62e42fee00000p-1 - ((half_square - rest) - f);
}

// log(u) + correction, for 0 < u < infinity and not denormal.
INLINE doubles log_of_normal(doubles u, doubles correction) {
  long_words bits = (long_words)u + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
  doubles k = (doubles)((bits >> 52) | 0x4330000000000000u) - (0x1p52 + 1023);
  doubles f = (doubles)((bits & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1;
  return assembled_log(f, correction, k);
}

INLINE doubles log_wide(doubles x) {
  doubles result = log_of_normal(x, all_wide(0));
  result = x == INFINITY ? x : result;
  result = x == 0 ? all_wide(-INFINITY) : result;
  return x >= 0 ? result : all_wide(NAN);
}

// log(1 + x) for 0 <= x < infinity: rounding 1 + x leaves out what the correction restores.
INLINE doubles log1p_of_positive(doubles x) {
  doubles u = 1 + x;
  doubles left_out = u > 2 ? 1 - (u - x) : x - (u - 1);
  return log_of_normal(u, left_out / u);
}

// log(1 - x): NaN outside [0, 1].
INLINE doubles log_of_one_minus(doubles x) {
  doubles u = 1 - x;
  doubles result = log_of_normal(u, ((1 - u) - x) / u);
  result = u == 0 ? all_wide(-INFINITY) : result;
  return ((x >= 0) & (x <= 1)) ? result : all_wide(NAN);
}

// log(1 + e) for e in [0, 1], and NaN.
INLINE doubles log1p_of_unit(doubles e) {
  longs upper = e > 0.41421356237309503;
  return assembled_log(upper ? (e - 1) * 0.5 : e, all_wide(0), upper ? all_wide(1) : all_wide(0));
}

INLINE doubles softplus_wide(doubles x) { return at_least_wide(x, 0) + log1p_of_unit(exp_wide(-absolute_wide(x))); }

// The logarithm of a product, its exponent apart so that it neither overflows nor vanishes: a few operations for a
// factor instead of a logarithm. Factors have to be positive, finite and not denormal.
typedef struct {
  doubles mantissa;
  long_words exponent;
} log_product;

INLINE log_product empty_product(void) { return (log_product){all_wide(1), (long_words)0}; }

INLINE void include_factor(log_product *product, doubles factor) {
  long_words bits = (long_words)(product->mantissa * factor);
  product->exponent += (bits >> 52) - 1023;
  product->mantissa = (doubles)((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
}

INLINE doubles log_of_product(log_product product) {
  doubles k = (doubles)(product.exponent + (long_words)all_wide(ROUNDING_WIDE)) - ROUNDING_WIDE;
  return log_of_normal(product.mantissa, all_wide(0)) + k * CK_LN2;
}

INLINE doubles stirling_remainder_wide(doubles z) {
  doubles inverse = 1 / z, w = inverse * inverse;
  doubles sum = all_wide(1.0 / 156);
  sum = sum * w - 691.0 / 360360;
  sum = sum * w + 1.0 / 1188;
  sum = sum * w - 1.0 / 1680;
  sum = sum * w + 1.0 / 1260;
  sum = sum * w - 1.0 / 360;
  sum = sum * w + 1.0 / 12;
  return sum * inverse;
}

// See log_gamma.c, whose formulas these are.
INLINE doubles log_gamma_wide(doubles z) {
  doubles product = z;
  for (int i = 1; i < 8; i++) product *= z + i;
  longs small = z < 8;
  doubles raised = small ? z + 8 : z;
  doubles log_product = small ? log_of_normal(product, all_wide(0)) : all_wide(0);
  return (raised - 0.5) * log_of_normal(raised, all_wide(0)) - raised + CK_HALF_LOG_2PI +
         stirling_remainder_wide(raised) - log_product;
}

// Below 8 through gamma(z + x) / gamma(z) = gamma(z + 8 + x) / gamma(z + 8) z / (z + x) … (z + 7) / (z + x + 7).
INLINE doubles log_rising_wide(doubles z, doubles x) {
  longs small = z < 8;
  doubles numerator = z, denominator = z + x;
  for (int i = 1; i < 8; i++) {
    numerator *= z + i;
    denominator *= z + x + i;
  }
  doubles lowered = small ? log_of_normal(numerator / denominator, all_wide(0)) : all_wide(0);
  doubles raised = small ? z + 8 : z;
  return (raised + x - 0.5) * log1p_of_positive(x / raised) + x * log_of_normal(raised, all_wide(0)) - x +
         stirling_remainder_wide(raised + x) - stirling_remainder_wide(raised) + lowered;
}
