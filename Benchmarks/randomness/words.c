// Writes the words behind the draws to standard output without end, 32 bits each, in the order named:
//
//   draws     one example, one layer of latents: the four words of a block, draw after draw, block after block
//   examples  one draw of one block, example after example: neighbours differ in the example's number alone
//   layers    one draw, one block, layers 1 ... 8 by turns, then the next draw
//   seeds     the same place under consecutive seeds
//   normals   the normals themselves, each as 16 bits of its probability under the normal distribution, in the order of draws
//
// battery.sh compiles it with the kernels and pipes it into dieharder.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ckernels.h"

enum { DRAWS = 4096, ROWS = 64 };

static uint32_t buffer[1 << 16];
static size_t filled;

static void put(uint32_t word) {
  buffer[filled++] = word;
  if (filled < sizeof buffer / sizeof *buffer) return;
  if (fwrite(buffer, sizeof *buffer, filled, stdout) != filled) exit(0);  // the reader has had enough
  filled = 0;
}

static void put_block(uint64_t seed, uint64_t example, uint32_t draw, uint32_t layer, uint32_t block) {
  uint32_t counter[4] = {draw, layer << 24 | block, (uint32_t)example, (uint32_t)(example >> 32)};
  uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, words[4];
  ck_philox(counter, key, words);
  for (int i = 0; i < 4; i++) put(words[i]);
}

static void put_normals(uint64_t example) {
  static _Alignas(64) float values[ROWS * DRAWS];
  ck_best()->normals(0, example, 0, 1, ROWS, DRAWS, values);
  for (size_t draw = 0; draw < DRAWS; draw++) {
    for (size_t row = 0; row < ROWS; row += 2) {
      uint32_t bits[2];
      for (int i = 0; i < 2; i++) {
        double probability = 0.5 * erfc(-values[(row + i) * DRAWS + draw] * M_SQRT1_2);
        bits[i] = (uint32_t)(probability * 0x1p16);
        if (bits[i] > 0xffff) bits[i] = 0xffff;
      }
      put(bits[0] << 16 | bits[1]);
    }
  }
}

int main(int count, char **arguments) {
  const char *order = count > 1 ? arguments[1] : "";
  for (uint64_t i = 0;; i++) {
    if (!strcmp(order, "draws")) {
      for (uint32_t block = 0; block < ROWS / 4; block++) {
        for (uint32_t draw = 0; draw < DRAWS; draw++) put_block(0, i, draw, 1, block);
      }
    } else if (!strcmp(order, "examples")) {
      put_block(0, i, 0, 1, 0);
    } else if (!strcmp(order, "layers")) {
      for (uint32_t layer = 1; layer <= 8; layer++) put_block(0, i >> 32, (uint32_t)i, layer, 0);
    } else if (!strcmp(order, "seeds")) {
      put_block(i, 0, 0, 1, 0);
    } else if (!strcmp(order, "normals")) {
      put_normals(i);
    } else {
      fprintf(stderr, "usage: words draws|examples|layers|seeds|normals\n");
      return 64;
    }
  }
}
