#include "scalar.h"

const ck_kernels ck_scalar_kernels = {
    .name = "scalar",
    .product = ck_scalar_product,
    .activate = ck_scalar_activate,
    .softmax = ck_scalar_softmax,
    .layer_norm = ck_scalar_layer_norm,
    .affine = ck_scalar_affine,
    .add = ck_scalar_add,
    .gather_max = ck_scalar_gather_max,
    .gather_sum = ck_scalar_gather_sum,
    .normals = ck_scalar_normals,
    .uniforms = ck_scalar_uniforms,
    .laplaces = ck_scalar_laplaces,
    .location_scale = ck_scalar_location_scale,
    .triangular = ck_scalar_triangular,
    .triangular_solve = ck_scalar_triangular_solve,
    .log_density = ck_scalar_log_density,
    .log_scale = ck_scalar_log_scale,
    .log_mixture = ck_scalar_log_mixture,
};
