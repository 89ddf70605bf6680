#if defined(__x86_64__)
#include <math.h>

#include "../internal.h"

#define VARIANT ck_sse2_kernels
#define NAME "sse2"
#define VECTOR_BYTES 16
#define TILE_OUTPUTS 4
#define TILE_VECTORS 2
#define BERNOULLI_VECTORS 2
#define FINISH_BEFORE_NEXT_LOAD(vector)

#include "variant.inc.h"
#endif
