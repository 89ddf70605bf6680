// All kernels for one instruction set. The file that includes this defines VARIANT (the name of the table), NAME,
// VECTOR_BYTES, and the tile that the registers hold: TILE_OUTPUTS (8 or 4), TILE_VECTORS (3 or 2), BERNOULLI_VECTORS.

#include "lanes.inc.h"
#include "math.inc.h"
#include "math_wide.inc.h"
#include "product.inc.h"
#include "layers.inc.h"
#include "random.inc.h"
#include "latents.inc.h"
#include "bernoulli.inc.h"
#include "density.inc.h"
#include "counts.inc.h"
#include "mixture.inc.h"
#include "chains.inc.h"
#include "layers_reverse.inc.h"
#include "latents_reverse.inc.h"
#include "density_gradient.inc.h"
#include "mixture_gradient.inc.h"
#include "training.inc.h"

const ck_kernels VARIANT = {
    .name = NAME,
    .product = product,
    .activate = activate,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .layer_norm = layer_norm,
    .affine = affine,
    .add = add,
    .multiply = multiply_all,
    .gather_max = gather_max,
    .gather_sum = gather_sum,
    .normals = normals,
    .uniforms = uniforms,
    .laplaces = laplaces,
    .location_scale = location_scale,
    .triangular = triangular,
    .triangular_solve = triangular_solve,
    .log_density = log_density,
    .prepare_counts = prepare_counts,
    .log_scale = log_scale,
    .log_mixture = log_mixture,
    .multiply_lanes = multiply_lanes,
    .rotate = rotate,
    .replace = replace,
    .dot = dot,
    .activate_reverse = activate_reverse,
    .softmax_reverse = softmax_reverse,
    .log_softmax_reverse = log_softmax_reverse,
    .layer_norm_reverse = layer_norm_reverse,
    .affine_reverse = affine_reverse,
    .gather_max_reverse = gather_max_reverse,
    .gather_sum_reverse = gather_sum_reverse,
    .add_weighted = add_weighted,
    .log_density_gradient = log_density_gradient,
    .mixture_shares = mixture_shares,
    .location_scale_reverse = location_scale_reverse,
    .triangular_reverse = triangular_reverse,
    .full_normal_gradient = full_normal_gradient,
    .laplaces_of_normals = laplaces_of_normals,
    .laplaces_of_normals_reverse = laplaces_of_normals_reverse,
    .weight_gradient = weight_gradient,
    .pack_weights = pack_weights,
    .adam = adam,
};
