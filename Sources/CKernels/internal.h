#ifndef CKERNELS_INTERNAL_H
#define CKERNELS_INTERNAL_H

#include "ckernels.h"

extern const ck_kernels ck_scalar_kernels;
#if defined(__x86_64__)
extern const ck_kernels ck_sse2_kernels, ck_avx2_kernels, ck_avx512_kernels;
#elif defined(__aarch64__)
extern const ck_kernels ck_neon_kernels;
#endif

// The constants of the scaled exponential linear unit (Klambauer et al. 2017).
#define CK_SELU_SCALE 1.0507009873554804934193349852946
#define CK_SELU_ALPHA 1.6732632423543772848170429916717

#define CK_LN2 0.693147180559945309417232121458
#define CK_HALF_LOG_2PI 0.918938533204672741780329736406
#define CK_SQRT_1_2PI 0.398942280401432677939946059934

// log gamma(z) for z > 0.
double ck_log_gamma(double z);
// What the Stirling formula leaves out of log gamma(z), for z >= 8.
double ck_stirling_remainder(double z);
// log gamma(z + x) - log gamma(z) for z > 0, x >= 0, without the cancellation where z is large.
double ck_log_rising(double z, double x);
// The digamma function without its logarithm, psi(z) - log z, for z >= 8.
double ck_digamma_remainder(double z);
// log(2 Phi(-a)) for a >= 0.
double ck_log_two_tails(double a);

// Parameters whose logarithm is further from 0 are for scalar code: vectors hold their exponentials within a double.
#define CK_HELD_LOG 600.0
// A Beta distribution both of whose parameters are above takes another formula.
#define CK_CONCENTRATED_BETA 1e5
// log f of one value, without the base measure: what every kernel comes to, for the lanes that vectors leave out.
double ck_scalar_log_density_at(const ck_density_arguments *arguments, size_t row, size_t lane);

static inline size_t ck_index(ck_operand operand, size_t row, size_t lane) {
  return row * operand.row_step + lane * operand.lane_step;
}

#endif
