#include <math.h>

#include "scalar.h"

// The random words of rows 4b ... 4b + 3 in one lane.
static void words(uint64_t seed, uint64_t example, uint32_t draw, uint32_t stream, size_t b, uint32_t out[4]) {
  uint32_t counter[4] = {draw, stream << 24 | (uint32_t)b, (uint32_t)example, (uint32_t)(example >> 32)};
  uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  ck_philox(counter, key, out);
}

static double fraction(uint32_t word) { return (word + 0.5) * 0x1p-32; }

void ck_scalar_normals(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows,
                       size_t lanes, float *out) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t r = 0; r < rows; r += 4) {
      uint32_t w[4];
      words(seed, example, first_draw + (uint32_t)lane, stream, r / 4, w);
      for (size_t i = 0; i < 4 && r + i < rows; i++) {
        double radius = sqrt(-2 * log(fraction(w[i & 2])));
        double angle = 2 * M_PI * fraction(w[i | 1]);
        out[(r + i) * lanes + lane] = (float)(radius * (i & 1 ? sin(angle) : cos(angle)));
      }
    }
  }
}

void ck_scalar_uniforms(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows,
                        size_t lanes, float *out) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t r = 0; r < rows; r++) {
      uint32_t w[4];
      words(seed, example, first_draw + (uint32_t)lane, stream, r / 4, w);
      // A fraction just below 1 would round to it.
      out[r * lanes + lane] = fminf((float)fraction(w[r % 4]), 0x1.fffffep-1f);
    }
  }
}

void ck_scalar_laplaces(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows,
                        size_t lanes, float *out) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t r = 0; r < rows; r++) {
      uint32_t w[4];
      words(seed, example, first_draw + (uint32_t)lane, stream, r / 4, w);
      // The upper half mirrors the lower, so that both tails are equally fine.
      uint32_t word = w[r % 4];
      double magnitude = -log(fraction(2 * (word < 0x80000000u ? word : ~word)));
      out[r * lanes + lane] = (float)(word < 0x80000000u ? -magnitude : magnitude);
    }
  }
}
