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
#include "mixture.inc.h"

const ck_kernels VARIANT = {
    .name = NAME,
    .product = product,
    .activate = activate,
    .softmax = softmax,
    .layer_norm = layer_norm,
    .affine = affine,
    .add = add,
    .gather_max = gather_max,
    .gather_sum = gather_sum,
    .normals = normals,
    .uniforms = uniforms,
    .laplaces = laplaces,
    .location_scale = location_scale,
    .triangular = triangular,
    .triangular_solve = triangular_solve,
    .log_density = log_density,
    .log_scale = log_scale,
    .log_mixture = log_mixture,
};
