#include "internal.h"

typedef struct {
  const ck_kernels *kernels;
  int runs_here;
} variant;

static variant variant_at(size_t i) {
#if defined(__x86_64__)
  // Exactly the instructions that each variant is compiled for (see the `target` in its file).
  switch (i) {
    case 0: return (variant){&ck_scalar_kernels, 1};
    case 1: return (variant){&ck_sse2_kernels, 1};
    case 2: return (variant){&ck_avx2_kernels, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")};
    case 3:
      return (variant){&ck_avx512_kernels,
                       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                           __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")};
  }
#elif defined(__aarch64__)
  switch (i) {
    case 0: return (variant){&ck_scalar_kernels, 1};
    case 1: return (variant){&ck_neon_kernels, 1};
  }
#else
  if (i == 0) return (variant){&ck_scalar_kernels, 1};
#endif
  return (variant){NULL, 0};
}

size_t ck_variant_count(void) {
  size_t count = 0;
  while (variant_at(count).kernels) count++;
  return count;
}

const ck_kernels *ck_variant(size_t i) {
  variant found = variant_at(i);
  return found.runs_here ? found.kernels : NULL;
}

const ck_kernels *ck_best(void) {
  const ck_kernels *best = &ck_scalar_kernels;
  for (size_t i = 0; i < ck_variant_count(); i++) {
    const ck_kernels *kernels = ck_variant(i);
    if (kernels) best = kernels;
  }
  return best;
}
