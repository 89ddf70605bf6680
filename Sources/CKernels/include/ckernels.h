#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// The hot loops. Everything works on *lane matrices*: `rows` features, each a run of `lanes` floats, so that
// row r starts at data + r * lanes. A lane is one draw (in the decoder) or one example (in the encoder), and
// `lanes` is a multiple of CK_LANE_MULTIPLE. Lanes never mix, and what a lane yields does not depend on its
// position or on how many lanes there are: batching, ranges and threads can't change a result.
//
// Buffers are 64-byte aligned. Nothing here allocates, and nothing has state.

enum {
  CK_LANE_MULTIPLE = 16,  // lanes come in multiples of this
  CK_PACK = 8,            // outputs in a block of packed weights
};

typedef enum {
  CK_IDENTITY, CK_RELU, CK_LEAKY_RELU, CK_ELU, CK_SELU, CK_TANH, CK_SIGMOID, CK_SOFTPLUS,
  CK_GELU, CK_GELU_TANH, CK_SILU, CK_EXP, CK_HARD_TANH,
  CK_SQUARED, CK_SQRT, CK_LOGARITHM, CK_LOG1P, CK_HARD_SWISH, CK_MISH, CK_SOFTSIGN,
} ck_activation_kind;

// a: alpha of leaky-relu and elu; the lower bound of hard-tanh. b: the upper bound of hard-tanh.
typedef struct { ck_activation_kind kind; float a, b; } ck_activation;

// How a stored parameter becomes the quantity that the density is written in: the quantity itself (DIRECT), its
// logarithm (LOG), its square (SQUARE, a variance for a scale), the logarithm of its square (LOG_SQUARE).
typedef enum { CK_DIRECT, CK_LOG, CK_SQUARE, CK_LOG_SQUARE } ck_form;

// A value for each (row, lane): at data[row * row_step + lane * lane_step]. lane_step is 1, or 0 for a value that
// all lanes share (a constant parameter; the observed x). row_step may be 0 for a value that all rows share.
typedef struct { const float *data; size_t row_step; size_t lane_step; ck_form form; } ck_operand;

typedef enum {
  CK_STANDARD_NORMAL,            // no parameters
  CK_STANDARD_LAPLACE,           // no parameters
  CK_NORMAL,                     // mean, scale
  CK_LAPLACE,                    // mean, scale
  CK_BERNOULLI_LOGITS,           // logits
  CK_BERNOULLI_PROBABILITIES,    // probabilities
  CK_CONTINUOUS_BERNOULLI_LOGITS,
  CK_CONTINUOUS_BERNOULLI_PROBABILITIES,
  CK_CATEGORICAL,                // logits, `components` rows for each row of x; row r, class c at r * components + c
  CK_DISCRETIZED_LOGISTIC,       // mean, scale
  CK_LOGISTIC_MIXTURE,           // logits, mean, scale, each `components` rows for a row of x
  CK_BETA,                       // alpha, beta
  CK_POISSON,                    // rate
  CK_NEGATIVE_BINOMIAL,          // mean, dispersion
  CK_ZERO_INFLATED_NEGATIVE_BINOMIAL,  // mean, dispersion, dropout logits
} ck_density;

enum { CK_COUNT_ROWS = 64 };

// What lanes share of CK_COUNT_ROWS rows of counts, by the way that the rows take: zeros first, then small counts, and apart
// from them those that take the way of all densities.
typedef struct {
  double rising;  // the sum of log(rising factorial of r) of the small counts
  float x[CK_COUNT_ROWS], dispersion[CK_COUNT_ROWS];
  float level[CK_COUNT_ROWS];  // log r
  uint8_t small_row[CK_COUNT_ROWS], other_row[CK_COUNT_ROWS];
  uint8_t zeros, small, others;  // zeros are small
} ck_count_rows;

typedef struct {
  ck_density density;
  size_t components;        // classes of a categorical, components of a logistic mixture; otherwise 1
  double bins;              // of the discretised distributions
  ck_operand x;
  ck_operand parameters[3];
  double epsilon;           // of a negative binomial, added to mean and dispersion inside logarithms; otherwise 0
  // Of counts that prepare_counts has seen, with the same x and dispersions: what it wrote. The sum is then one of floats for
  // small counts, each to a few units in the last place, and several times as fast. Otherwise NULL.
  const ck_count_rows *counts;
} ck_density_arguments;

// The numbers of one step: the moments' decays, the rate divided by 1 - decay^t of the first moment, 1 over the root of
// 1 - decay^t of the second.
typedef struct { float first_decay, second_decay, rate, second_scale, epsilon; } ck_adam;

// One table of functions for each instruction set.
typedef struct {
  const char *name;  // "scalar", "sse2", "avx2", "avx512", "neon"

  // out[o * out_step][lane] = bias[o] + sum_k weight[o][k] in[rows ? rows[k] : k][lane], for o < outputs; out_step
  // counts rows (1 for a dense layer). `out` does not overlap `in`. A negative
  // rows[k] stands for a row of zeros (padding of a convolution). `packed` as ck_pack lays it out, from the block of
  // the first output on. The sum runs over k in order, with one accumulator a lane.
  void (*product)(size_t outputs, size_t inputs, const float *packed, const float *in, const int32_t *rows,
                  size_t lanes, float *out, size_t out_step);

  // In place, on `count` consecutive floats (a multiple of 16).
  void (*activate)(ck_activation activation, float *data, size_t count);

  // In place over `groups` runs of `classes` consecutive rows.
  void (*softmax)(size_t groups, size_t classes, size_t lanes, float *data);
  // Logarithms of parts of a whole exp(level): level + x - log sum_c exp(x_c), which no small part underflows in.
  void (*log_softmax)(size_t groups, size_t classes, size_t lanes, float level, float *data);

  // In place over `groups` runs of `size` consecutive rows: (x - mean) / sqrt(variance + epsilon) * scale + offset,
  // population variance; scale and offset have `size` entries.
  void (*layer_norm)(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                     const float *offset, float *data);

  // data[r][lane] = data[r][lane] * scale[r] + offset[r].
  void (*affine)(size_t rows, size_t lanes, const float *scale, const float *offset, float *data);

  // out[r][lane] += in[r][lane], `count` consecutive floats.
  void (*add)(size_t count, const float *in, float *out);
  // out[r][lane] *= in[r][lane], likewise.
  void (*multiply)(size_t count, const float *in, float *out);

  // Pooling: out[r][lane] = max over t of in[index[r * taps + t]][lane]; negative indices are skipped.
  void (*gather_max)(size_t rows, size_t taps, const int32_t *index, const float *in, size_t lanes, float *out);
  // Averages, resampling, crops and pads: out[r][lane] = sum_t weight[r * taps + t] in[index[r * taps + t]][lane].
  void (*gather_sum)(size_t rows, size_t taps, const int32_t *index, const float *weight, const float *in,
                     size_t lanes, float *out);

  // Standard normals, and uniforms in (0, 1): out[r][lane] is a pure function of
  // (seed, example, first_draw + lane, stream, r) by Philox4x32-10. Counter words: draw, stream << 24 | r / 4,
  // example low, example high; key: seed low, seed high. Rows 4b ... 4b+3 come out of one call.
  void (*normals)(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows, size_t lanes,
                  float *out);
  void (*uniforms)(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows, size_t lanes,
                   float *out);
  // Standard Laplace variates, from the same uniforms by the inverse distribution function.
  void (*laplaces)(uint64_t seed, uint64_t example, uint32_t first_draw, uint32_t stream, size_t rows, size_t lanes,
                   float *out);

  // z[r][lane] = mean + scale * noise[r][lane]. Returns for how many (row, lane) the scale was not positive and finite.
  // A finite logarithm stands for a positive scale even where the scale itself is too small for a float; z is then
  // the mean.
  size_t (*location_scale)(size_t rows, size_t lanes, ck_operand mean, ck_operand scale, const float *noise, float *z);

  // z[i][lane] = mean[i] + sum_{j <= i} tril[i * d + j] noise[j][lane]; tril is an operand of d * d rows whose upper
  // triangle is ignored. Returns how many diagonal entries were not positive and finite.
  size_t (*triangular)(size_t d, size_t lanes, ck_operand mean, ck_operand tril, const float *noise, float *z);
  // noise solving x = mean + tril noise (the inverse of the above), for a density at a given x: in doubles, since the
  // rounding of one row is multiplied by what the rows below it take of it.
  size_t (*triangular_solve)(size_t d, size_t lanes, ck_operand x, ck_operand mean, ck_operand tril, double *noise);

  // total[lane] += factor * sum_r log f(x[r][lane]), in nats. Leaves out the factorials of the counts
  // (ck_log_base_measure). Returns for how many (row, lane, parameter) the parameter was out of its domain: a scale,
  // rate, concentration or dispersion that is not positive and finite (its logarithm not finite); a probability outside
  // [0, 1]; NaN counts; the sum is then NaN in that lane. A NaN in x, a location or a logit isn't counted, and the sum
  // is NaN all the same.
  size_t (*log_density)(size_t rows, size_t lanes, const ck_density_arguments *arguments, double factor, double *total);

  // Writes what lanes share of counts, for log_density: (rows + CK_COUNT_ROWS - 1) / CK_COUNT_ROWS entries. Lanes share x and
  // the dispersion; the mean is given by its logarithm.
  void (*prepare_counts)(size_t rows, const ck_density_arguments *arguments, ck_count_rows *prepared);

  // total[lane] += factor * sum_r log scale[r][lane]; NaN where a scale is not positive and finite.
  void (*log_scale)(size_t rows, size_t lanes, ck_operand scale, double factor, double *total);

  // total[lane] += factor * log sum_c exp(log_weights[c] + components[c * lanes + lane]).
  void (*log_mixture)(size_t components, size_t lanes, const double *log_weights, const double *component_densities,
                      double factor, double *total);
  // The states of Markov chains and of minimisers, a lane each.
  // data[r][lane] *= factor[lane].
  void (*multiply_lanes)(size_t rows, size_t lanes, const float *factor, float *data);
  // (position, momentum) turned by an angle of each lane: position becomes cosine * position + sine * momentum, momentum
  // cosine * momentum - sine * position.
  void (*rotate)(size_t rows, size_t lanes, const float *cosine, const float *sine, float *position, float *momentum);
  // out[r][lane] = in[r][lane] in the lanes where chosen is not 0.
  void (*replace)(size_t rows, size_t lanes, const int32_t *chosen, const float *in, float *out);
  // total[lane] += factor * sum_r a[r][lane] b[r][lane], in double precision.
  void (*dot)(size_t rows, size_t lanes, const float *a, const float *b, double factor, double *total);

  // The reverse of what stands above: from the gradient of a result to that of what it was made of. A gradient is laid
  // out as what it belongs to. What is called `gradient` changes in place; everything else called a gradient is written.

  // gradient[i] *= f'; `kept` holds what f gave where ck_slope_takes_output says so, otherwise what it was given.
  void (*activate_reverse)(ck_activation activation, const float *kept, float *gradient, size_t count);
  // `output` is what softmax gave.
  void (*softmax_reverse)(size_t groups, size_t classes, size_t lanes, const float *output, float *gradient);
  // `output` is what log_softmax gave.
  void (*log_softmax_reverse)(size_t groups, size_t classes, size_t lanes, float level, const float *output,
                              float *gradient);
  // `input` is what layer_norm was given.
  void (*layer_norm_reverse)(size_t groups, size_t size, size_t lanes, float epsilon, const float *scale,
                             const float *input, float *gradient);
  // gradient[r][lane] *= scale[r].
  void (*affine_reverse)(size_t rows, size_t lanes, const float *scale, float *gradient);
  // Adds each gradient[r] to the first tap that holds the largest element; to the tap where there is one only.
  void (*gather_max_reverse)(size_t rows, size_t taps, const int32_t *index, const float *in, const float *out,
                             const float *gradient, size_t lanes, float *in_gradient);
  // in_gradient[index[r * taps + t]][lane] += weight[r * taps + t] gradient[r][lane].
  void (*gather_sum_reverse)(size_t rows, size_t taps, const int32_t *index, const float *weight,
                             const float *gradient, size_t lanes, float *in_gradient);
  // out[r][lane] += weight[lane] in[r][lane].
  void (*add_weighted)(size_t rows, size_t lanes, const float *weight, const float *in, float *out);

  // The gradients of sum_r log f by x (only where f is a distribution of latents: normal, Laplace and the standard ones)
  // and by the parameters as they are stored, `components` rows for a row of x where these have so many. NULL for one
  // that is not wanted. NaN where a parameter is out of its domain.
  void (*log_density_gradient)(size_t rows, size_t lanes, const ck_density_arguments *arguments,
                               float *const gradients[4]);
  // share[c * lanes + lane] = exp(log_weights[c] + components[c * lanes + lane]) / sum of these over c.
  void (*mixture_shares)(size_t components, size_t lanes, const double *log_weights,
                         const double *component_densities, float *share);

  // For z = mean + scale * noise and the log-weight's part L = log scale - log f(noise), with f the standard normal or the
  // standard Laplace density: of (z_gradient · z + L) by noise and by the scale as stored. The latter may be NULL.
  void (*location_scale_reverse)(ck_density density, size_t rows, size_t lanes, ck_operand scale, const float *noise,
                                 const float *z_gradient, float *noise_gradient, float *scale_gradient);
  // The same for z = mean + tril noise and L = sum_i log tril[i][i] - log f(noise).
  void (*triangular_reverse)(size_t d, size_t lanes, ck_operand tril, const float *noise, const float *z_gradient,
                             float *noise_gradient, float *tril_gradient);
  // Of log N(x; mean, tril trilᵀ) by x (minus that by the mean) and by tril; `noise` is what triangular_solve gave, rounded.
  // tril_gradient may be NULL.
  void (*full_normal_gradient)(size_t d, size_t lanes, ck_operand tril, const float *noise, float *x_gradient,
                               float *tril_gradient);

  // Standard Laplace variates from standard normal ones: the quantile of one at the probability of the other.
  void (*laplaces_of_normals)(size_t count, const float *normals, float *out);
  // gradient[i] *= d out / d normals.
  void (*laplaces_of_normals_reverse)(size_t count, const float *normals, float *gradient);

  // Training. A layer's parameters lie in a matrix of `outputs` rows of `step` floats (ck_weight_step): its weights, its
  // bias, zeros; so do their gradients and what an optimiser keeps.

  // Adds to gradient[o * step + k] the sum over lanes of delta[o * delta_step][lane] * in[rows ? rows[k] : k][lane], and to
  // gradient[o * step + inputs] that of delta alone. Each sum runs over the lanes in order, beginning with what is there, or,
  // where `begins`, with zero. A negative rows[k] stands for zeros. `scratch` has room for ck_weight_scratch floats.
  void (*weight_gradient)(size_t outputs, size_t inputs, const float *delta, size_t delta_step, const float *in,
                          const int32_t *rows, size_t lanes, int begins, float *scratch, float *gradient);
  // Packs `count` rows of parameters from `first`, a multiple of CK_PACK, for `product`, and for the product with the
  // weights' transpose (without a bias). `packed` and `transposed` are those of all rows.
  void (*pack_weights)(size_t outputs, size_t inputs, const float *weight, size_t first, size_t count, float *packed,
                       float *transposed);
  // A step of Adam (Kingma, Ba 2015) upwards: the gradient is the sum of `parts` runs that lie `part_step` floats apart, in
  // order. `count` is a multiple of 16.
  void (*adam)(size_t count, size_t parts, size_t part_step, const float *gradient, ck_adam adam, float *weight,
               float *first_moment, float *second_moment);
} ck_kernels;

// Floats in a row of a layer's parameters: weights and bias, rounded up to a multiple of CK_LANE_MULTIPLE.
size_t ck_weight_step(size_t inputs);
// Floats of scratch that weight_gradient takes.
size_t ck_weight_scratch(size_t inputs, size_t lanes);

// Whether an activation's slope is taken from its output.
int ck_slope_takes_output(ck_activation activation);

// The tables that this build has, fastest last; NULL where the processor lacks the instructions or i is too large.
size_t ck_variant_count(void);
const ck_kernels *ck_variant(size_t i);
// The fastest that the processor runs.
const ck_kernels *ck_best(void);

// Bytes of a core's second-level cache: what the system says, within reason, or a usual size.
size_t ck_second_level_cache(void);

// Packed weights: for each block of CK_PACK outputs, CK_PACK biases, then for each input CK_PACK weights; outputs
// past the last are zero. `weight` is read at weight[o * output_step + k * input_step]; bias may be NULL.
size_t ck_packed_count(size_t outputs, size_t inputs);
void ck_pack(size_t outputs, size_t inputs, const float *weight, size_t output_step, size_t input_step,
             const float *bias, float *packed);

// What log_density leaves out, summed over n values: minus log x! for the distributions of counts, otherwise 0.
double ck_log_base_measure(ck_density density, size_t n, const float *x);

// Training on pairs of an example and a draw, a lane each: example e's draws are lanes e * draws and on.

// out[r][e * draws + d] = in[r][e], the last example's in the lanes left over.
void ck_lanes_of_pairs(size_t rows, size_t examples, size_t draws, size_t in_lanes, const float *in, size_t out_lanes,
                       float *out);
// out[r][e] = the sum over d of in[r][e * draws + d]; 0 in the lanes left over.
void ck_sum_pairs(size_t rows, size_t examples, size_t draws, size_t in_lanes, const float *in, size_t out_lanes,
                  float *out);
// Of weight * (drawn * log q(z) + total * log scale) and z_gradient * z, with z = mean + scale * noise: by the mean and the scale
// as stored. log q(z) is taken at the z that was drawn; z_gradient may be NULL.
void ck_posterior_gradient(ck_density density, size_t rows, size_t lanes, ck_operand scale, const float *noise,
                           const float *z_gradient, const float *weight, float drawn, float total,
                           float *mean_gradient, float *scale_gradient);
// The same for z = mean + tril noise, `drawn` being 0: by tril; by the mean it is z_gradient.
void ck_triangular_gradient(size_t d, size_t lanes, ck_operand tril, const float *noise, const float *z_gradient,
                            const float *weight, float total, float *tril_gradient);
// Of -weight * KL(q ‖ prior) of ck_add_normal_divergences: by q's mean and scale and by the prior's, as stored; the latter
// may be NULL.
void ck_normal_divergence_gradients(size_t rows, size_t lanes, const ck_operand *q, const ck_operand *prior,
                                    size_t prior_count, const float *weight, float *mean_gradient,
                                    float *scale_gradient, float *prior_mean_gradient, float *prior_scale_gradient);
// Of -weight * KL of ck_add_full_normal_divergences: by mean and tril.
void ck_full_normal_divergence_gradients(size_t d, size_t lanes, const ck_operand *q, const float *weight,
                                         float *mean_gradient, float *tril_gradient);
// The sum of all rows and lanes, or of each row's lanes.
void ck_sum_lanes(size_t rows, size_t lanes, const float *matrix, int by_row, float *sums);
// Of one-hot runs the number of the class.
void ck_classes(size_t runs, size_t classes, size_t lanes, const float *one_hot, float *numbers);
// What ck_log_base_measure gives for each lane, added to its total.
void ck_add_base_measures(ck_density density, size_t rows, size_t lanes, const float *x, double *totals);
// The sum over examples of their objective: the mean of the draws' totals, or, weighted, log mean exp. The weights are factor
// times each draw's share, 1 / draws or by exp(total); `squares` are factor times its square, or, not squared, the same.
double ck_draw_weights(size_t examples, size_t draws, size_t lanes, const double *totals, int weighted, int squared,
                       double factor, float *weights, float *squares);
// upper / lower; 0 where both are.
void ck_lane_ratios(size_t lanes, const float *upper, const float *lower, float *ratio);
// to = factor * from.
void ck_scale(size_t count, float factor, const float *from, float *to);

// Flows, the same on every processor. z becomes z + u tanh(w·z + b); the logarithm of the determinant is written.
void ck_planar(size_t units, size_t lanes, const double *u, const double *w, double b, float *z,
               double *log_determinant);
// From the gradient of (what follows + the logarithm of the determinant) by the new z to that by the old one, z.
void ck_planar_reverse(size_t units, size_t lanes, const double *u, const double *w, double b, const float *z,
                       float *gradient);
// The sum of some rows of a matrix in each lane.
void ck_sum_rows(size_t count, const int32_t *rows, size_t lanes, const float *matrix, double *sum);
// z[r] = z[r] scale[r] + shift[r] in some rows.
void ck_affine_rows(size_t count, const int32_t *rows, size_t lanes, const float *scale, const float *shift, float *z);
// The reverse for these rows, the sum of the logarithms of scale among what follows: gradients by the old z (in place),
// by shift and by the logarithm of scale.
void ck_affine_rows_reverse(size_t count, const int32_t *rows, size_t lanes, const float *scale, const float *z,
                            float *gradient, float *shift_gradient, float *log_scale_gradient);
// The inverses of both; ck_planar has one where u·w >= -1.
void ck_planar_inverse(size_t units, size_t lanes, const double *u, const double *w, double b, float *z);
void ck_affine_rows_inverse(size_t count, const int32_t *rows, size_t lanes, const float *scale, const float *shift,
                            const float *after, float *z);
// Adds to the totals; returns how many of the summands are not finite.
size_t ck_add_finite(size_t lanes, const double *values, double *totals);

// A matrix out of `examples` runs of `rows` values, a lane each; the lanes left over are zero.
void ck_lanes_of_examples(size_t examples, size_t rows, const float *values, size_t lanes, float *matrix);
// The first `count` lanes of an operand, into a matrix of `lanes` lanes.
void ck_copy_lanes(size_t rows, size_t count, ck_operand from, size_t lanes, float *to);
// In place, log-densities of a component of so many dimensions from squared distances in its own measure: of a normal, or
// of a Student t where `freedom` is not 0. `constant` is the log-density at its centre.
void ck_component_densities(size_t lanes, double constant, double freedom, double dimensions, double *density);
// sqrt(freedom / chi^2) for each lane, with chi^2 of twice as many degrees of freedom as there are uniforms.
void ck_student_scales(size_t lanes, size_t uniforms, double freedom, const float *uniform, float *scale);
// total[lane] = log sum_c exp(log_weights[c] + densities[c * lanes + lane]) with the C library's functions.
void ck_log_sum(size_t components, size_t lanes, const double *log_weights, const double *densities, double *total);
// In place, exp(log_weights[c] + densities[c * lanes + lane] - total[lane]).
void ck_responsibilities(size_t components, size_t lanes, const double *log_weights, const double *total,
                         double *densities);
// A value for each row, in every lane.
void ck_spread(size_t rows, size_t lanes, const float *values, float *matrix);
// Lane `last` in those behind it.
void ck_repeat_lane(size_t rows, size_t lanes, size_t last, float *matrix);
// to = -from.
void ck_negate(size_t count, const float *from, float *to);
// total[lane] += sum_r log f(noise[r][lane]), f being the standard normal density.
void ck_standard_normal(size_t rows, size_t lanes, const double *noise, double *total);
// to = from, rounded to floats.
void ck_round(size_t count, const double *from, float *to);
// values = totals + added.
void ck_add_to_all(size_t count, double added, const double *totals, double *values);
// values = totals + added, plus infinity being no log-weight: NaN. Where the value is not finite, its gradient is NaN;
// `gradient` may be NULL.
void ck_settle_lanes(size_t rows, size_t lanes, double added, const double *totals, double *values, float *gradient);

// Closed forms of divergences and what is reported of posteriors, the same on every processor. q is two operands: mean and
// scale, or mean and tril. A prior is two operands, or none for N(0, 1). Adds KL(q ‖ prior) of all rows in each lane.
void ck_add_normal_divergences(size_t rows, size_t lanes, const ck_operand *q, const ck_operand *prior,
                               size_t prior_count, double *sums);
// The same for a full normal and N(0, I).
void ck_add_full_normal_divergences(size_t d, size_t lanes, const ck_operand *q, double *sums);
// totals[lane] -= values[lane * step]; returns how many of the values are NaN.
size_t ck_subtract(size_t lanes, const double *values, size_t step, double *totals);
// For each draw, a run of units: a value; the standard deviation; the divergence of a normal from the prior, or that of a
// full normal's marginal (whose `deviations` are those of `known` draws, in turn); log q - log prior at z.
void ck_unit_values(size_t units, size_t draws, ck_operand values, double *out);
void ck_unit_deviations(ck_density density, size_t units, size_t draws, const ck_operand *q, double *out);
void ck_full_normal_deviations(size_t d, size_t draws, ck_operand tril, double *out);
void ck_unit_divergences(size_t units, size_t draws, const ck_operand *q, const ck_operand *prior, size_t prior_count,
                         double *out);
void ck_marginal_divergences(size_t units, size_t draws, ck_operand mean, const double *deviations, size_t known,
                             const ck_operand *prior, size_t prior_count, double *out);
void ck_unit_log_ratios(size_t units, size_t draws, ck_operand z, ck_density q_density, const ck_operand *q,
                        ck_density prior_density, const ck_operand *prior, size_t prior_count, double *out);

// noise = (z - mean) / scale. Returns for how many (row, lane) the scale was not positive and finite.
size_t ck_location_scale_solve(size_t rows, size_t lanes, ck_operand mean, ck_operand scale, const float *z,
                               float *noise);
// The standard normal variate at the probability of a standard Laplace variate.
double ck_normal_of_laplace(double laplace);
// log x!.
double ck_log_factorial(double count);

// Philox4x32-10 itself, for tests against published vectors.
void ck_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
