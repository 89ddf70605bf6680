"""JAX convolutions over their paddings, strides and dilations: the exporter compares each file with JAX."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from evidence.export import Conditional, export_jax  # noqa: E402


@pytest.mark.parametrize("padding", ["SAME", "VALID", ((1, 1), (0, 2))])
@pytest.mark.parametrize("kernel, stride, dilation", [
    ((3, 3), (2, 2), (1, 1)), ((4, 4), (2, 2), (1, 1)), ((4, 5), (1, 2), (1, 1)),
    ((5, 2), (3, 2), (1, 1)), ((2, 2), (3, 3), (1, 1)), ((2, 3), (1, 2), (2, 2))])
@pytest.mark.parametrize("size", [5, 6])
def test_convolutions(tmp_path, padding, kernel, stride, dilation, size):
    random = np.random.default_rng(0)
    w, b = (np.float32(random.normal(size=s)) for s in ((*kernel, 2, 3), (3,)))
    dense = np.float32(random.normal(size=(4, size * size * 2)))

    def forward(x):
        return jax.lax.conv_general_dilated(x, w, stride, padding, rhs_dilation=dilation,
                                            dimension_numbers=("NHWC", "HWIO", "NHWC")) + b

    def backward(z):
        a = jax.lax.conv_transpose((z @ dense).reshape(-1, size, size, 2), w, stride, padding, rhs_dilation=dilation) + b
        return a.reshape(len(a), -1) @ last

    count = int(np.prod(jax.eval_shape(forward, np.zeros((1, size, size, 2), np.float32)).shape))
    head = np.float32(random.normal(size=(count, 8)) / count)
    spread = jax.lax.conv_transpose(np.zeros((1, size, size, 2), np.float32), w, stride, padding, rhs_dilation=dilation).size
    last = np.float32(random.normal(size=(spread, size * size * 2)) / spread)
    export_jax(tmp_path / "model.h5", lambda x: forward(x).reshape(len(x), -1) @ head,
               Conditional(backward, "normal", constants={"scale": 1.0}), input_shape=(size, size, 2), split="halves",
               encoder_outputs=("mean", "log_variance"), tolerance=1e-5, quiet=True)
