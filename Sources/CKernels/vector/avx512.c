#if defined(__x86_64__)
#include <math.h>

#include "../internal.h"

#define VARIANT ck_avx512_kernels
#define NAME "avx512"
#define VECTOR_BYTES 64
#define TILE_OUTPUTS 8
#define TILE_VECTORS 3
#define BERNOULLI_VECTORS 2
#define FINISH_BEFORE_NEXT_LOAD(vector)

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#include "variant.inc.h"
#pragma clang attribute pop
#endif
