#if defined(__x86_64__)
#include <math.h>

#include "../internal.h"

#define VARIANT ck_avx2_kernels
#define NAME "avx2"
#define VECTOR_BYTES 32
#define TILE_OUTPUTS 4
#define TILE_VECTORS 3
#define BERNOULLI_VECTORS 2
#define FINISH_BEFORE_NEXT_LOAD(vector) __asm__ volatile("" : "+x"(vector) : : "memory")

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "variant.inc.h"
#pragma clang attribute pop
#endif
