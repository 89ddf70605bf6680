"""ATen operations as nodes of a graph: what moves elements, and what computes them one by one."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import torch

from .arithmetic import numpy
from .errors import ExportError
from .graph import View

Operation = Callable[..., Any]
OPERATIONS: dict[str, Operation] = {}

# Replayed by PyTorch on indices instead of being understood.
MOVING = {
    "view", "_unsafe_view", "reshape", "_reshape_alias", "permute", "transpose", "swapaxes", "t", "numpy_T", "mT",
    "squeeze", "unsqueeze", "expand", "slice", "select", "narrow", "index", "index_select", "flip", "fliplr", "flipud",
    "roll", "rot90", "repeat", "repeat_interleave", "tile", "split", "split_with_sizes", "chunk", "tensor_split",
    "unbind", "clone", "contiguous", "detach", "alias", "lift_fresh_copy", "lift_fresh", "view_as", "expand_as",
    "reshape_as", "movedim", "moveaxis", "flatten", "unflatten", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
    "broadcast_to", "broadcast_tensors", "take", "gather", "unfold", "diagonal", "unsafe_split", "hsplit", "vsplit",
    "unsafe_chunk", "view_copy", "expand_copy", "permute_copy", "as_strided", "select_copy", "slice_copy", "ravel",
    "atleast_1d", "atleast_2d", "swapdims", "native_channel_shuffle", "unsafe_split_with_sizes", "squeeze_copy",
}
# The same, where PyTorch has no version for whole numbers.
MOVING_NUMBERS = {"upsample_nearest2d", "upsample_nearest1d", "reflection_pad1d", "reflection_pad2d",
                  "replication_pad1d", "replication_pad2d", "_upsample_nearest_exact2d", "pad"}
SAME = {"dropout", "native_dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}
ASSERTIONS = {"_assert_tensor_metadata", "_assert_async", "_assert_scalar", "sym_size", "sym_constrain_range",
              "sym_constrain_range_for_size"}
ELEMENTWISE = {
    "relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "silu": "silu", "exp": "exp", "selu": "selu", "mish": "mish",
    "hardswish": "hard-swish", "hardsigmoid": "hard-sigmoid", "relu6": "relu6", "abs": "abs", "square": "square",
    "sqrt": "sqrt", "rsqrt": "rsqrt", "log": "log", "log1p": "log1p", "expm1": "expm1", "exp2": "exp2",
    "reciprocal": "reciprocal", "sign": "sign", "erf": "erf", "erfc": "erfc", "sin": "sin", "cos": "cos",
    "floor": "floor", "ceil": "ceil", "round": "round", "logical_not": "not", "bitwise_not": "not", "isnan": "isnan",
    "isinf": "isinf", "isfinite": "isfinite", "special_expit": "sigmoid", "special_erf": "erf", "absolute": "abs",
}
COMPARISONS = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "eq": "eq", "ne": "ne", "logical_and": "and",
               "logical_or": "or", "bitwise_and": "and", "bitwise_or": "or", "logaddexp": "logaddexp",
               "logical_xor": "xor"}
NOISE = {"randn", "randn_like", "normal_functional", "normal", "rand", "rand_like", "uniform", "bernoulli",
         "multinomial", "exponential", "randint", "randint_like", "randperm", "poisson", "normal_", "uniform_",
         "bernoulli_", "exponential_", "_standard_gamma", "_sample_dirichlet", "log_normal", "cauchy", "geometric",
         "binomial"}


def operation(*names: str) -> Callable[[Operation], Operation]:
    """Registers what reads the operations of these names; it is called with the reader and the arguments."""
    def register(function: Operation) -> Operation:
        for name in names:
            OPERATIONS[name] = function
        return function
    return register


def shape_of(value) -> tuple:
    return tuple(value.shape)


# MARK: - Elementwise

@operation("add")
def add(read, a, b, alpha=1):
    return read.arithmetic.add(a, b, float(alpha))


@operation("sub", "subtract")
def sub(read, a, b, alpha=1):
    return read.arithmetic.add(a, b, -float(alpha))


@operation("rsub")
def rsub(read, a, b, alpha=1):
    return read.arithmetic.add(b, a, -float(alpha))


@operation("mul", "multiply")
def mul(read, a, b):
    return read.arithmetic.multiply(a, b)


@operation("div", "divide", "true_divide")
def div(read, a, b, rounding_mode=None):
    if rounding_mode:
        raise ExportError("rounds")
    return read.arithmetic.divide(a, b)


@operation("neg", "negative")
def neg(read, a):
    return read.builder.affine(a, -1.0, 0.0)


@operation("pow")
def power(read, a, b):
    return read.arithmetic.power(a, b)


@operation("maximum")
def maximum(read, a, b):
    return read.arithmetic.extreme(a, b, "maximum")


@operation("minimum")
def minimum(read, a, b):
    return read.arithmetic.extreme(a, b, "minimum")


@operation("max", "min", "amax", "amin")
def extremes(read, a, *others, dim=None, keepdim=False):
    function = "maximum" if "max" in read.operation else "minimum"
    if others and (isinstance(others[0], View) or isinstance(others[0], torch.Tensor)):
        return read.arithmetic.extreme(a, others[0], function)
    axes = others[0] if others else dim
    keep = others[1] if len(others) > 1 else keepdim
    if axes is None or axes == []:
        raise ExportError("reduces over the examples of a batch")
    result = read.builder.reduce(a, function, axes if isinstance(axes, (list, tuple)) else [axes], keep)
    return result if read.operation.startswith("a") else (result, None)


@operation("addcmul")
def addcmul(read, a, b, c, value=1):
    return add(read, a, mul(read, b, c), value)


@operation("addcdiv")
def addcdiv(read, a, b, c, value=1):
    return add(read, a, div(read, b, c), value)


@operation("lerp")
def lerp(read, a, b, weight):
    return add(read, a, mul(read, add(read, b, a, -1), weight))


@operation("where")
def where(read, condition, a, b):
    shape = np.broadcast_shapes(*[tuple(v.shape) if hasattr(v, "shape") else () for v in (condition, a, b)])
    view = read.arithmetic.view
    if not isinstance(condition, View):
        chosen = np.broadcast_to(numpy(condition).astype(bool), shape)
        a, b = (read.builder.move(v, lambda i: np.broadcast_to(i, shape)) if isinstance(v, View)
                else read.builder.constant(numpy(v), shape) for v in (a, b))
        if a.node is b.node or "constant" in (a.node.op, b.node.op):
            node = b.node if a.node.op == "constant" else a.node
            fills = [np.zeros(shape) if v.fill is None else v.fill for v in (a, b)]
            return View(node, np.where(chosen, a.index, b.index), np.where(chosen, *fills))
    return read.builder.where(view(condition, shape), view(a, shape), view(b, shape))


@operation("masked_fill")
def masked_fill(read, a, mask, value):
    return where(read, mask, value, a)


@operation("leaky_relu")
def leaky_relu(read, a, slope=0.01):
    return read.builder.map(a, "leaky-relu", alpha=float(slope))


@operation("rrelu", "rrelu_with_noise", "rrelu_with_noise_functional")
def rrelu(read, a, *rest):
    bounds = [r for r in rest if isinstance(r, float)]
    if True in [r for r in rest if isinstance(r, bool)]:
        raise ExportError("is a random activation that also runs at test time")
    lower, upper = bounds if len(bounds) == 2 else (1 / 8, 1 / 3)
    return read.builder.map(a, "leaky-relu", alpha=(lower + upper) / 2)


@operation("elu")
def elu(read, a, alpha=1.0, scale=1.0, input_scale=1.0):
    if input_scale != 1:
        raise ExportError("has an input_scale")
    if scale == 1:
        return read.builder.map(a, "elu", alpha=float(alpha))
    return read.builder.affine(read.builder.map(a, "elu", alpha=float(alpha)), float(scale), 0.0)


@operation("celu")
def celu(read, a, alpha=1.0):
    return read.builder.map(a, "celu", alpha=float(alpha))


@operation("softplus")
def softplus(read, a, beta=1.0, threshold=20.0):
    if float(beta) == 1:
        return read.builder.map(a, "softplus")
    scaled = read.builder.affine(a, float(beta), 0.0)
    return read.builder.affine(read.builder.map(scaled, "softplus"), 1 / float(beta), 0.0)


@operation("log_sigmoid", "log_sigmoid_forward")
def log_sigmoid(read, a):
    result = read.builder.affine(read.builder.map(read.builder.affine(a, -1.0, 0.0), "softplus"), -1.0, 0.0)
    return result if read.operation == "log_sigmoid" else (result, None)


@operation("gelu")
def gelu(read, a, approximate="none"):
    return read.builder.map(a, "gelu" if approximate == "none" else "gelu-tanh")


@operation("hardtanh")
def hardtanh(read, a, low=-1.0, high=1.0):
    return read.builder.clamp(a, low, high)


@operation("clamp", "clip")
def clamp(read, a, low=None, high=None, **names):
    low, high = names.get("min", low), names.get("max", high)
    for bound, function in ((low, "maximum"), (high, "minimum")):
        if bound is not None:
            a = read.arithmetic.extreme(a, bound, function)
    return a


@operation("clamp_min")
def clamp_min(read, a, bound):
    return read.arithmetic.extreme(a, bound, "maximum")


@operation("clamp_max")
def clamp_max(read, a, bound):
    return read.arithmetic.extreme(a, bound, "minimum")


@operation("threshold")
def threshold(read, a, bound, value):
    above = read.arithmetic.compare(a, np.float64(bound), "gt")
    return read.builder.where(above, a, read.builder.constant(float(value), a.shape))


@operation("hardshrink")
def hardshrink(read, a, lambd=0.5):
    inside = read.arithmetic.compare(read.builder.map(a, "abs"), np.float64(lambd), "le")
    return read.builder.where(inside, read.builder.constant(0.0, a.shape), a)


@operation("softshrink")
def softshrink(read, a, lambd=0.5):
    up = read.builder.map(read.builder.affine(a, 1.0, -float(lambd)), "relu")
    down = read.builder.map(read.builder.affine(a, -1.0, -float(lambd)), "relu")
    return read.arithmetic.add(up, down, -1.0)


@operation("logit", "special_logit")
def logit(read, a, eps=None):
    if eps is not None:
        a = read.builder.clamp(a, eps, 1 - eps)
    return read.arithmetic.add(read.builder.map(a, "log"), read.builder.map(read.builder.affine(a, -1.0, 1.0), "log"),
                               -1.0)


@operation("prelu", "_prelu_kernel")
def prelu(read, a, slope):
    slope = numpy(slope).reshape(-1)
    if slope.size == 1:
        return read.builder.map(a, "leaky-relu", alpha=float(slope[0]))
    up = read.builder.map(a, "relu")        # relu(a) - slope * relu(-a)
    down = read.builder.map(read.builder.affine(a, -1.0, 0.0), "relu")
    shape = [-1 if i == 1 else 1 for i in range(a.index.ndim)]
    return read.arithmetic.add(up, read.builder.affine(down, slope.reshape(shape), 0.0), -1.0)


@operation("glu")
def glu(read, a, dim=-1):
    first, second = (read.builder.move(a, lambda i, k=k: np.split(i, 2, axis=dim)[k]) for k in range(2))
    return mul(read, first, read.builder.map(second, "sigmoid"))


@operation("softmax", "_softmax", "_safe_softmax")
def softmax(read, a, dim, *rest, **names):
    return read.builder.softmax(a, dim)


@operation("log_softmax", "_log_softmax")
def log_softmax(read, a, dim, *rest, **names):
    return read.builder.map(read.builder.softmax(a, dim), "log")


# MARK: - Joining

def concatenate(parts: list, dim: int):
    return np.concatenate(parts, dim)


@operation("cat", "concat", "concatenate")
def cat(read, tensors, dim=0):
    tensors = [t for t in tensors if tuple(t.shape) != (0,)]
    parts = [t if isinstance(t, View) else read.builder.constant(numpy(t), shape_of(t)) for t in tensors]
    return read.builder.join(parts, dim, lambda arrays: concatenate(arrays, dim))


@operation("stack")
def stack(read, tensors, dim=0):
    parts = [t if isinstance(t, View) else read.builder.constant(numpy(t), shape_of(t)) for t in tensors]
    return read.builder.join(parts, dim, lambda arrays: np.stack(arrays, dim))


@operation("hstack", "column_stack")
def hstack(read, tensors):
    return cat(read, tensors, 1)


@operation("constant_pad_nd")
def constant_pad(read, a, pad, value=0.0):
    margins = [(0, 0)] * a.index.ndim
    for i in range(len(pad) // 2):
        margins[-1 - i] = (int(pad[2 * i]), int(pad[2 * i + 1]))
    crop = tuple(slice(max(-b, 0), n - max(-e, 0)) for n, (b, e) in zip(a.shape, margins))
    margins = [(max(b, 0), max(e, 0)) for b, e in margins]
    index = np.pad(a.index[crop], margins, constant_values=-1)
    if not any(map(sum, margins)):
        return View(a.node, index, None if a.fill is None else a.fill[crop])
    inner = np.zeros(a.shape) if a.fill is None else a.fill
    return View(a.node, index, np.pad(inner[crop], margins, constant_values=float(value)))


@operation("diag_embed", "tril", "triu")
def with_zeros(read, a, *rest, **names):
    """Elements kept or moved, and zeros besides."""
    ones = read.target(torch.ones(a.shape), *rest, **names).numpy()
    index = read.target(torch.from_numpy(np.ascontiguousarray(a.index)), *rest, **names).numpy()
    fill = None if a.fill is None else read.target(torch.from_numpy(a.fill), *rest, **names).numpy()
    return View(a.node, np.where(ones == 0, -1, index), np.zeros(index.shape) if fill is None else fill)


@operation("select_scatter", "slice_scatter", "index_put", "scatter", "masked_scatter")
def scatter(read, a, *rest, **names):
    """Parts of a tensor replaced by parts of another: a rearrangement of both."""
    source = next(v for v in (a, *rest) if isinstance(v, View))
    views = [v for v in (a, *rest) if isinstance(v, View)]
    if any(v.node is not source.node for v in views):
        raise ExportError("writes a part of one tensor into another")

    def replay(pick):
        args = [torch.from_numpy(np.ascontiguousarray(pick(v))) if isinstance(v, View)
                else torch.full(shape_of(v), -1, dtype=torch.int64) if isinstance(v, torch.Tensor)
                and v.dtype.is_floating_point else v for v in (a, *rest)]
        return read.target(*args, **names).numpy()

    constants = [numpy(v).reshape(-1) for v in (a, *rest) if isinstance(v, torch.Tensor) and v.dtype.is_floating_point]
    if any(c.size and (c != c[0]).any() for c in constants) or len(constants) > 1:
        raise ExportError("writes constants into a part of a tensor")
    index = replay(lambda v: v.index)
    value = float(constants[0][0]) if constants and constants[0].size else 0.0
    return View(source.node, index, np.full(index.shape, value) if (index < 0).any() else None)
