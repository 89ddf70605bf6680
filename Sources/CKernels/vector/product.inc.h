// The matrix product: TILE_OUTPUTS outputs x TILE_VECTORS vectors of lanes stay in registers while the inputs go by.

enum { TILE_LANES = TILE_VECTORS * WIDTH };

static const float zero_row[TILE_LANES];

// `outputs` <= `height`, the number computed; `offset` is where they begin in their block of packed weights.
INLINE void tile(size_t outputs, int height, int vectors, size_t inputs, const float *block, size_t offset,
                 const float *in, const int32_t *rows, size_t lanes, float *out, size_t out_step) {
  floats sum[CK_PACK][TILE_VECTORS];
  const float *weight = block + offset;
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = all(weight[i]);
  }
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < inputs; k++) {
    weight += CK_PACK;
    const float *row;
    if (rows) {
      row = rows[k] < 0 ? zero_row : in + (size_t)rows[k] * lanes;
    } else {
      row = in + k * lanes;
    }
    floats value[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) value[v] = load(row + v * WIDTH);
#pragma clang loop unroll(full)
    for (int i = 0; i < height; i++) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[i][v] += weight[i] * value[v];
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    if ((size_t)i >= outputs) break;
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) store(out + i * out_step * lanes + v * WIDTH, sum[i][v]);
  }
}

INLINE void block_product(size_t outputs, int height, size_t inputs, const float *block, size_t offset,
                          const float *in, const int32_t *rows, size_t lanes, float *out, size_t out_step) {
  size_t lane = 0;
  for (; lane + TILE_LANES <= lanes; lane += TILE_LANES) {
    tile(outputs, height, TILE_VECTORS, inputs, block, offset, in + lane, rows, lanes, out + lane, out_step);
  }
#if TILE_VECTORS > 2
  if (lane + 2 * WIDTH <= lanes) {
    tile(outputs, height, 2, inputs, block, offset, in + lane, rows, lanes, out + lane, out_step);
    lane += 2 * WIDTH;
  }
#endif
  if (lane < lanes) {
    tile(outputs, height, 1, inputs, block, offset, in + lane, rows, lanes, out + lane, out_step);
  }
}

// The weights of a block stay in the first cache while the lanes go by.
INLINE void whole_product(size_t outputs, size_t inputs, const float *packed, const float *in, const int32_t *rows,
                          size_t lanes, float *out, size_t out_step) {
  for (size_t first = 0; first < outputs; first += TILE_OUTPUTS) {
    const float *block = packed + first / CK_PACK * CK_PACK * (inputs + 1);
    size_t count = outputs - first < TILE_OUTPUTS ? outputs - first : TILE_OUTPUTS;
    float *to = out + first * out_step * lanes;
#if TILE_OUTPUTS > CK_PACK / 2
    if (count <= CK_PACK / 2) {
      block_product(count, CK_PACK / 2, inputs, block, 0, in, rows, lanes, to, out_step);
      continue;
    }
#endif
    block_product(count, TILE_OUTPUTS, inputs, block, first % CK_PACK, in, rows, lanes, to, out_step);
  }
}

static void product(size_t outputs, size_t inputs, const float *packed, const float *in, const int32_t *rows,
                    size_t lanes, float *out, size_t out_step) {
  if (rows) {
    whole_product(outputs, inputs, packed, in, rows, lanes, out, out_step);
  } else {
    whole_product(outputs, inputs, packed, in, NULL, lanes, out, out_step);
  }
}
