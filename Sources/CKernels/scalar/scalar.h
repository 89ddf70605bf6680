#include "../internal.h"

// The plain functions of the table `ck_scalar_kernels`: the meaning of every kernel, which the vector variants are
// held against.

void ck_scalar_product(size_t outputs, size_t inputs, const float *packed, const float *in, const int32_t *rows,
                       size_t lanes, float *out, size_t out_step);
void ck_scalar_activate(ck_activation activation, float *data, size_t count);
void ck_scalar_softmax(size_t groups, size_t classes, size_t lanes, float *data);
void ck_scalar_log_softmax(size_t groups, size_t classes, size_t lanes, float level, float *data);
void ck_scalar_layer_norm(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                          const float *offset, float *data);
void ck_scalar_affine(size_t rows, size_t lanes, const float *scale, const float *offset, float *data);
void ck_scalar_add(size_t count, const float *in, float *out);
void ck_scalar_multiply(size_t count, const float *in, float *out);
void ck_scalar_gather_max(size_t rows, size_t taps, const int32_t *index, const float *in, size_t lanes, float *out);
void ck_scalar_gather_sum(size_t rows, size_t taps, const int32_t *index, const float *weight, const float *in,
                          size_t lanes, float *out);

void ck_scalar_normals(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows,
                       size_t lanes, float *out);
void ck_scalar_uniforms(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows,
                        size_t lanes, float *out);
void ck_scalar_laplaces(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows,
                        size_t lanes, float *out);

size_t ck_scalar_location_scale(size_t rows, size_t lanes, ck_operand mean, ck_operand scale, const float *noise,
                                float *z);
size_t ck_scalar_triangular(size_t d, size_t lanes, ck_operand mean, ck_operand tril, const float *noise, float *z);
size_t ck_scalar_triangular_solve(size_t d, size_t lanes, ck_operand x, ck_operand mean, ck_operand tril,
                                  double *noise);

// A parameter that has to be positive: as stored, itself (zero or infinite where no double holds it), its logarithm.
typedef struct {
  double stored, value, log;
  ck_form form;
  int valid;
} ck_positive;

long double ck_precise_value(double stored, ck_form form);
double ck_beta(double x, ck_positive alpha, ck_positive beta);

void ck_scalar_prepare_counts(size_t rows, const ck_density_arguments *arguments, ck_count_rows *prepared);
size_t ck_scalar_log_density(size_t rows, size_t lanes, const ck_density_arguments *arguments, double factor,
                             double *total);
void ck_scalar_log_scale(size_t rows, size_t lanes, ck_operand scale, double factor, double *total);
void ck_scalar_log_mixture(size_t components, size_t lanes, const double *log_weights,
                           const double *component_densities, double factor, double *total);

void ck_scalar_multiply_lanes(size_t rows, size_t lanes, const float *factor, float *data);
void ck_scalar_rotate(size_t rows, size_t lanes, const float *cosine, const float *sine, float *position,
                      float *momentum);
void ck_scalar_replace(size_t rows, size_t lanes, const int32_t *chosen, const float *in, float *out);
void ck_scalar_dot(size_t rows, size_t lanes, const float *a, const float *b, double factor, double *total);
void ck_scalar_activate_reverse(ck_activation activation, const float *kept, float *gradient, size_t count);
void ck_scalar_softmax_reverse(size_t groups, size_t classes, size_t lanes, const float *output, float *gradient);
void ck_scalar_log_softmax_reverse(size_t groups, size_t classes, size_t lanes, float level, const float *output,
                                   float *gradient);
void ck_scalar_layer_norm_reverse(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                                  const float *input, float *gradient);
void ck_scalar_affine_reverse(size_t rows, size_t lanes, const float *scale, float *gradient);
void ck_scalar_gather_max_reverse(size_t rows, size_t taps, const int32_t *index, const float *in, const float *out,
                                  const float *gradient, size_t lanes, float *in_gradient);
void ck_scalar_gather_sum_reverse(size_t rows, size_t taps, const int32_t *index, const float *weight,
                                  const float *gradient, size_t lanes, float *in_gradient);
void ck_scalar_add_weighted(size_t rows, size_t lanes, const float *weight, const float *in, float *out);

void ck_scalar_log_density_gradient(size_t rows, size_t lanes, const ck_density_arguments *arguments,
                                    float *const gradients[4]);
void ck_scalar_mixture_shares(size_t components, size_t lanes, const double *log_weights,
                              const double *component_densities, float *share);

void ck_scalar_location_scale_reverse(ck_density density, size_t rows, size_t lanes, ck_operand scale,
                                      const float *noise, const float *z_gradient, float *noise_gradient,
                                      float *scale_gradient);
void ck_scalar_triangular_reverse(size_t d, size_t lanes, ck_operand tril, const float *noise,
                                  const float *z_gradient, float *noise_gradient, float *tril_gradient);
void ck_scalar_full_normal_gradient(size_t d, size_t lanes, ck_operand tril, const float *noise, float *x_gradient,
                                    float *tril_gradient);
void ck_scalar_laplaces_of_normals(size_t count, const float *normals, float *out);
void ck_scalar_laplaces_of_normals_reverse(size_t count, const float *normals, float *gradient);

void ck_scalar_weight_gradient(size_t outputs, size_t inputs, const float *delta, size_t delta_step, const float *in,
                               const int32_t *rows, size_t lanes, int begins, float *scratch, float *gradient);
void ck_scalar_pack_weights(size_t outputs, size_t inputs, const float *weight, size_t first, size_t count,
                            float *packed, float *transposed);
void ck_scalar_adam(size_t count, size_t parts, size_t part_step, const float *gradient, ck_adam adam, float *weight,
                    float *first_moment, float *second_moment);
