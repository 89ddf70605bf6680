#if defined(__aarch64__)
#include <math.h>

#include "../internal.h"

#define VARIANT ck_neon_kernels
#define NAME "neon"
#define VECTOR_BYTES 16
#define TILE_OUTPUTS 8
#define TILE_VECTORS 3
#define BERNOULLI_VECTORS 2
#define FINISH_BEFORE_NEXT_LOAD(vector)

#include "variant.inc.h"
#endif
