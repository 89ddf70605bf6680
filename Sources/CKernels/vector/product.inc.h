// The matrix product: a tile of TILE_OUTPUTS outputs x TILE_VECTORS vectors of lanes stays in registers while the inputs
// go by. Each sum is a chain of its own through the inputs in order, so that tiles of any size yield the same bits.

enum {
  TILE_LANES = TILE_VECTORS * WIDTH,
  // Inputs at a time: their lanes of a tile stay in the first cache while the outputs go by.
  INPUT_BLOCK = 256,
  // Outputs at a time: their weights for those inputs stay in the second cache while the lanes go by.
  OUTPUT_BLOCK = 128,
  // Layers with so many inputs seldom have their weights in the second cache: they are fetched ahead. (The number of
  // outputs says nothing: callers ask for a few at a time, to use them while they are in cache.)
  MANY_INPUTS = 512,
};

static const float zero_row[TILE_LANES];

typedef struct {
  size_t inputs;        // all of them, which the layout of the weights follows
  size_t first, count;  // those of this block
  const float *packed;
  const float *in;  // from the first lane of the tile on
  const int32_t *rows;
  size_t lanes;
  float *out;
  size_t out_step;
  size_t weight_step;  // where weights are not packed: from one output's to the next one's
} operation;

// Loops of their own, so that the most frequent pays for nothing.
// UNPACKED takes the weights of an output as a row, and has no biases; ADDED too, and begins with what lies in the output.
typedef enum { PLAIN, LARGE, GATHERED, UNPACKED, ADDED } kind;

INLINE int is_packed(kind kind) { return kind != UNPACKED && kind != ADDED; }

// Outputs `output` ... `output + height - 1`, of which `stored` exist.
INLINE void tile(const operation *o, kind kind, size_t output, int height, int vectors, size_t stored) {
  const float *block = o->packed + (is_packed(kind) ? output / CK_PACK * CK_PACK * (o->inputs + 1) + output % CK_PACK
                                                    : output * o->weight_step);
  float *out = o->out + output * o->out_step * o->lanes;
  floats sum[CK_PACK][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    const float *partial = out + ((size_t)i < stored ? (size_t)i : 0) * o->out_step * o->lanes;
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      if (o->first > 0 || kind == ADDED) {
        sum[i][v] = load(partial + v * WIDTH);
      } else {
        sum[i][v] = is_packed(kind) ? all(block[i]) : all(0);
      }
    }
  }
  const float *weight = block + (is_packed(kind) ? (o->first + 1) * CK_PACK : o->first);
  const float *weights[CK_PACK];
  for (int i = 0; i < height; i++) weights[i] = weight + ((size_t)i < stored ? (size_t)i : 0) * o->weight_step;
  const float *next = o->in + o->first * o->lanes;
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < o->count; k++) {
    const float *row = next;
    if (kind == GATHERED) {
      int32_t index = o->rows[o->first + k];
      row = index < 0 ? zero_row : o->in + (size_t)index * o->lanes;
    }
    if (kind == LARGE) __builtin_prefetch(weight + CK_PACK * (o->inputs + 1));
    floats value[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) value[v] = load(row + v * WIDTH);
#pragma clang loop unroll(full)
    for (int i = 0; i < height; i++) {
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[i][v] += (is_packed(kind) ? weight[i] : weights[i][k]) * value[v];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) FINISH_BEFORE_NEXT_LOAD(sum[i][v]);
    }
    weight += CK_PACK;
    next += o->lanes;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    if ((size_t)i >= stored) break;
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) store(out + (size_t)i * o->out_step * o->lanes + v * WIDTH, sum[i][v]);
  }
}

INLINE void panel(const operation *o, kind kind, int vectors, size_t outputs) {
  for (size_t output = 0; output < outputs; output += TILE_OUTPUTS) {
    size_t left = outputs - output;
#if TILE_OUTPUTS > CK_PACK / 2
    if (left <= CK_PACK / 2) {
      tile(o, kind, output, CK_PACK / 2, vectors, left);
      break;
    }
#endif
    tile(o, kind, output, TILE_OUTPUTS, vectors, left < TILE_OUTPUTS ? left : TILE_OUTPUTS);
  }
}

INLINE void all_lanes(operation o, kind kind, size_t outputs) {
  const float *in = o.in;
  float *out = o.out;
  for (size_t lane = 0; lane < o.lanes;) {
    size_t left = (o.lanes - lane) / WIDTH;
    o.in = in + lane;
    o.out = out + lane;
    // Four are two and two: a tile of one vector would leave half of the multipliers idle where it is four high.
    if (TILE_VECTORS == 3 && left >= 3 && left != 4) {
      panel(&o, kind, 3, outputs);
      lane += 3 * WIDTH;
    } else if (left >= 2) {
      panel(&o, kind, 2, outputs);
      lane += 2 * WIDTH;
    } else {
      panel(&o, kind, 1, outputs);
      lane += WIDTH;
    }
  }
}

INLINE void whole_product(operation o, kind kind, size_t outputs) {
  size_t blocks = (o.inputs + INPUT_BLOCK - 1) / INPUT_BLOCK;
  size_t block = blocks ? (o.inputs + blocks - 1) / blocks : 1;
  for (o.first = 0; o.first == 0 || o.first < o.inputs; o.first += block) {
    o.count = o.inputs - o.first < block ? o.inputs - o.first : block;
    for (size_t output = 0; output < outputs; output += OUTPUT_BLOCK) {
      operation part = o;
      part.packed += output * (is_packed(kind) ? o.inputs + 1 : o.weight_step);
      part.out += output * o.out_step * o.lanes;
      all_lanes(part, kind, outputs - output < OUTPUT_BLOCK ? outputs - output : OUTPUT_BLOCK);
    }
  }
}

static void product(size_t outputs, size_t inputs, const float *packed, const float *in, const int32_t *rows,
                    size_t lanes, float *out, size_t out_step) {
  operation o = {.inputs = inputs, .packed = packed, .in = in, .rows = rows, .lanes = lanes, .out = out,
                 .out_step = out_step};
  if (rows) {
    whole_product(o, GATHERED, outputs);
  } else if (inputs >= MANY_INPUTS) {
    whole_product(o, LARGE, outputs);
  } else {
    whole_product(o, PLAIN, outputs);
  }
}
