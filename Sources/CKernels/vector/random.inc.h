// Philox4x32-10 in every lane, and what is made of its words.

// The upper and lower halves of factor * x, from the even and the odd lanes' products.
INLINE void multiply(words x, uint32_t factor, words *upper, words *lower) {
  long_words pairs = (long_words)x;
  long_words even = (pairs & 0xffffffffu) * (uint64_t)factor, odd = (pairs >> 32) * (uint64_t)factor;
  *upper = (words)((even >> 32) | (odd & 0xffffffff00000000u));
  *lower = (words)((even & 0xffffffffu) | (odd << 32));
}

typedef struct {
  words word[4];
} block_words;

// The words of rows 4b ... 4b + 3 for the draws given.
INLINE block_words philox(uint64_t seed, uint64_t example, words draws, uint32_t stream, size_t b) {
  words c0 = draws, c1 = (words)(stream << 24 | (uint32_t)b);
  words c2 = (words)(uint32_t)example, c3 = (words)(uint32_t)(example >> 32);
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    words upper0, lower0, upper2, lower2;
    multiply(c0, 0xD2511F53u, &upper0, &lower0);
    multiply(c2, 0xCD9E8D57u, &upper2, &lower2);
    c0 = upper2 ^ c1 ^ k0;
    c1 = lower2;
    c2 = upper0 ^ c3 ^ k1;
    c3 = lower0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (block_words){{c0, c1, c2, c3}};
}

INLINE floats float_of(words x) { return __builtin_convertvector(x, floats); }

// -log((x + 1/2) / 2^32). Near 1 the logarithm's argument is what is missing from 1, which has all its bits.
INLINE floats minus_log_of_fraction(words x) {
  floats u = float_of(x) + 0.5f;
  words bits = (words)u - 0x3f3504f3u;
  ints k = (ints)bits >> 23;
  floats f = (floats)((bits & 0x7fffffu) + 0x3f3504f3u) - 1;
  ints near_one = x >= 0xB504F334u;
  f = near_one ? (float_of(~x) + 0.5f) * -0x1p-32f : f;
  floats exponent = near_one ? all(0) : __builtin_convertvector(k - 32, floats);
  return -add_multiple_of_log2(reduced_log1p(f), exponent);
}

// Box-Muller: a pair of normals from a pair of words. The angle is reduced to an eighth of a turn on either side of
// one of the axes while it is an integer, which is exact.
INLINE void normal_pair(words first, words second, floats *cosine, floats *sine) {
  floats radius = __builtin_elementwise_sqrt(2 * minus_log_of_fraction(first));
  words quadrant = (second + 0x20000000u) >> 30;
  ints offset = (ints)(second - (quadrant << 30));
  floats angle = (__builtin_convertvector(offset, floats) + 0.5f) * 1.46291808e-9f;
  floats z = angle * angle;
  floats s = all(-1.9516656e-04f);
  s = s * z + 0.008332173f;
  s = s * z - 0.16666655f;
  s = angle * z * s + angle;
  floats c = all(2.443773e-05f);
  c = c * z - 0.0013887362f;
  c = c * z + 0.041666646f;
  c = z * z * c + (z * -0.5f + 1);
  words odd = (words)-(ints)(quadrant & 1);
  words swap = ((words)s ^ (words)c) & odd;
  words cosine_sign = ((quadrant + 1) & 2) << 30, sine_sign = (quadrant & 2) << 30;
  *cosine = radius * (floats)((words)c ^ swap ^ cosine_sign);
  *sine = radius * (floats)((words)s ^ swap ^ sine_sign);
}

INLINE floats uniform_of(words x) { return at_most((float_of(x) + 0.5f) * 0x1p-32f, 0x1.fffffep-1f); }

INLINE floats laplace_of(words x) {
  ints lower = x < 0x80000000u;
  floats magnitude = minus_log_of_fraction((lower ? x : ~x) << 1);
  return lower ? -magnitude : magnitude;
}

typedef enum { NORMALS, UNIFORMS, LAPLACES } variate;

INLINE void fill(variate kind, uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows,
                 size_t lanes, float *out) {
  words places;
  for (int i = 0; i < WIDTH; i++) places[i] = (uint32_t)i;
  for (size_t row = 0; row < rows; row += 4) {
    size_t count = rows - row < 4 ? rows - row : 4;
    for (size_t lane = 0; lane < lanes; lane += WIDTH) {
      block_words random = philox(seed, example, places + (first_draw + (uint32_t)lane), stream, row / 4);
      floats value[4];
      for (int i = 0; i < 4; i += 2) {
        if (kind == NORMALS) {
          normal_pair(random.word[i], random.word[i + 1], &value[i], &value[i + 1]);
        } else {
          value[i] = kind == UNIFORMS ? uniform_of(random.word[i]) : laplace_of(random.word[i]);
          value[i + 1] = kind == UNIFORMS ? uniform_of(random.word[i + 1]) : laplace_of(random.word[i + 1]);
        }
      }
      for (size_t i = 0; i < count; i++) store(out + (row + i) * lanes + lane, value[i]);
    }
  }
}

static void normals(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows, size_t lanes,
                    float *out) {
  fill(NORMALS, seed, example, first_draw, stream, rows, lanes, out);
}

static void uniforms(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows, size_t lanes,
                     float *out) {
  fill(UNIFORMS, seed, example, first_draw, stream, rows, lanes, out);
}

static void laplaces(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows, size_t lanes,
                     float *out) {
  fill(LAPLACES, seed, example, first_draw, stream, rows, lanes, out);
}
