"""JAX primitives as nodes of a graph."""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

from .errors import ExportError
from .graph import View, whole

PRIMITIVES: dict[str, Callable[..., Any]] = {}


def primitive(*names: str):
    """Registers what reads these primitives: called with the reader, the equation and its inputs."""
    def register(function):
        for name in names:
            PRIMITIVES[name] = function
        return function
    return register


@primitive("add", "add_any")
def add(read, equation, a, b):
    return read.arithmetic.add(a, b)


@primitive("sub")
def subtract(read, equation, a, b):
    return read.arithmetic.add(a, b, -1.0)


@primitive("mul")
def multiply(read, equation, a, b):
    return read.arithmetic.multiply(a, b)


@primitive("div")
def divide(read, equation, a, b):
    return read.arithmetic.divide(a, b)


@primitive("neg")
def negative(read, equation, a):
    return read.builder.affine(a, -1.0, 0.0)


@primitive("max", "min")
def extreme(read, equation, a, b):
    return read.arithmetic.extreme(a, b, "maximum" if equation.primitive.name == "max" else "minimum")


@primitive("pow")
def power(read, equation, a, b):
    return read.arithmetic.power(a, b)


@primitive("integer_pow")
def integer_power(read, equation, a):
    return read.arithmetic.power(a, float(equation.params["y"]))


@primitive("clamp")
def clamp(read, equation, low, a, high):
    if isinstance(a, View) and not isinstance(low, View) and not isinstance(high, View):
        return read.arithmetic.extreme(read.arithmetic.extreme(a, low, "maximum"), high, "minimum")
    raise ExportError("clamps between computed bounds")


@primitive("select_n")
def select(read, equation, condition, *cases):
    if len(cases) != 2:
        raise ExportError("chooses among more than two")
    no, yes = cases
    shape = equation.outvars[0].aval.shape
    view = lambda v: read.arithmetic.view(v, shape)
    if not isinstance(condition, View):
        chosen = np.broadcast_to(np.asarray(condition).astype(bool), shape)
        if chosen.all() or not chosen.any():
            return view(yes if chosen.all() else no)
        no, yes = view(no), view(yes)
        if no.node is yes.node or "constant" in (no.node.op, yes.node.op):
            node = yes.node if no.node.op == "constant" else no.node
            fills = [np.zeros(shape) if v.fill is None else v.fill for v in (yes, no)]
            return View(node, np.where(chosen, yes.index, no.index), np.where(chosen, *fills))
    return read.builder.where(view(condition), view(yes), view(no))


@primitive("concatenate")
def concatenate(read, equation, *parts):
    axis = equation.params["dimension"]
    views = [p if isinstance(p, View) else read.builder.constant(np.asarray(p), np.shape(p)) for p in parts]
    return read.builder.join(views, axis, lambda arrays: np.concatenate(arrays, axis))


@primitive("pad")
def pad(read, equation, a, value):
    config = equation.params["padding_config"]
    if any(inner for _, _, inner in config) or isinstance(value, View) or not isinstance(a, View):
        raise ExportError("pads between elements")
    crop = tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high, _) in zip(a.shape, config))
    margins = [(max(low, 0), max(high, 0)) for low, high, _ in config]
    inner = np.zeros(a.shape) if a.fill is None else a.fill
    return View(a.node, np.pad(a.index[crop], margins, constant_values=-1),
                np.pad(inner[crop], margins, constant_values=float(value)))


@primitive("reduce_sum", "reduce_max", "reduce_min")
def reduce(read, equation, a):
    function = {"reduce_sum": "sum", "reduce_max": "maximum", "reduce_min": "minimum"}[equation.primitive.name]
    return read.builder.reduce(a, function, equation.params["axes"], False)


@primitive("dot_general")
def dot_general(read, equation, a, b):
    """A product with a constant as a dense layer over one last axis."""
    (left, right), (left_batch, right_batch) = equation.params["dimension_numbers"]
    if left_batch and not (isinstance(a, View) and isinstance(b, View)):
        return batched_product(read, equation, a, b)
    if isinstance(a, View) and isinstance(b, View):
        return computed_product(read, equation, a, b)
    view, constant, over, other = (a, np.asarray(b), left, right) if isinstance(a, View) else (
        b, np.asarray(a), right, left)
    free = [i for i in range(view.index.ndim) if i not in over]
    others = [i for i in range(constant.ndim) if i not in other]
    count = int(np.prod([view.shape[i] for i in over]))
    kernel = constant.transpose([*other, *others]).reshape(count, -1)
    rows = read.builder.move(view, lambda i: i.transpose([*free, *over]).reshape(
        *[i.shape[k] for k in free], count))
    result = dense(read, rows, kernel)
    sizes = [constant.shape[i] for i in others]
    shaped = read.builder.move(result, lambda i: i.reshape(*i.shape[:-1], *sizes))
    if isinstance(a, View):
        return shaped
    return read.builder.move(shaped, lambda i: np.moveaxis(i, range(len(free)), range(-len(free), 0)) if free else i)


def dense(read, rows: View, kernel: np.ndarray) -> View:
    node = read.builder.node(rows)
    _, _, place = read.builder.example(rows)
    if not node.shape or rows.index.ndim < 2:
        raise ExportError("multiplies over the examples of a batch")
    made = type(node)("dense", (node,), (*node.shape[:-1], kernel.shape[1]), arrays={"kernel": kernel},
                      name=read.builder.name)
    result = View(made, place(whole(made, read.builder.batch).index))
    if result.shape != (*rows.shape[:-1], kernel.shape[1]):
        raise ExportError("multiplies over the examples of a batch")
    return result


def batched_product(read, equation, a, b):
    """A product that is the same for each example of a batch of equal constants (jax.vmap of a product)."""
    raise ExportError("multiplies each part of its input by a matrix of its own")


def computed_product(read, equation, a: View, b: View):
    """A product of two computed arrays: kept for what reads z = mean + L e, else an error."""
    (left, right), (left_batch, right_batch) = equation.params["dimension_numbers"]
    if (a.index.ndim, b.index.ndim, tuple(left), tuple(right), tuple(left_batch), tuple(right_batch)) == (
            3, 2, (2,), (1,), (0,), (0,)):
        matrix, vector = read.builder.batch_first(a), read.builder.batch_first(b)
        column = type(vector)("gather", (vector,), (*vector.shape, 1), arrays={"indices": np.arange(vector.shape[0])})
        node = type(matrix)("matmul", (matrix, column), (matrix.shape[0], 1), name=read.builder.name)
        return read.builder.move(whole(node, read.builder.batch), lambda i: i[..., 0])
    return read.builder.unsupported([a, b], equation.outvars[0].aval.shape,
                                    f"{read.where}: dot_general() multiplies two computed arrays (attention, or the like): "
                                    "the model format has no layer for it")


@primitive("conv_general_dilated")
def convolution(read, equation, a, weight):
    if not isinstance(a, View) or isinstance(weight, View):
        raise ExportError("is a convolution with weights that are computed from the input")
    p = equation.params
    numbers, groups = p["dimension_numbers"], int(p["feature_group_count"])
    kernel = np.asarray(weight).transpose(numbers.rhs_spec)     # [out, in / groups, spatial ...]
    rank = kernel.ndim - 2
    if p["batch_group_count"] != 1 or rank > 2:
        raise ExportError("is a convolution over three axes, or one that groups the batch")
    image = read.builder.move(a, lambda i: i.transpose(numbers.lhs_spec))
    stride, dilation = list(p["window_strides"]), list(p["rhs_dilation"])
    spread, margins = list(p["lhs_dilation"]), [tuple(m) for m in p["padding"]]
    if rank == 1:       # as a convolution of height 1
        image = read.builder.move(image, lambda i: i[:, :, None, :])
        kernel = kernel[:, :, None, :]
        stride, dilation, spread, margins = [1, *stride], [1, *dilation], [1, *spread], [(0, 0), *margins]
    if any(s != 1 for s in spread):
        result = transposed(read, image, kernel, stride, dilation, spread, margins, groups)
    else:
        result = plain(read, image, kernel, stride, dilation, margins, groups)
    if rank == 1:
        result = read.builder.move(result, lambda i: i[:, :, 0, :])
    back = np.argsort(numbers.out_spec)
    return read.builder.move(result, lambda i: i.transpose(back))


def plain(read, image: View, kernel, stride, dilation, margins, groups) -> View:
    """A convolution; negative margins are crops before it."""
    shape = image.shape[2:]
    crop = tuple(slice(max(-b, 0), n - max(-e, 0)) for n, (b, e) in zip(shape, margins))
    if any(min(m) < 0 for m in margins):
        image = read.builder.move(image, lambda i: i[(slice(None), slice(None), *crop)])
    margins = [(max(b, 0), max(e, 0)) for b, e in margins]
    out = [(n + b + e - d * (k - 1) - 1) // s + 1 for n, (b, e), d, k, s in zip(
        image.shape[2:], margins, dilation, kernel.shape[2:], stride)]
    flat = [int(n) for m in margins for n in m]
    attributes = {"stride": stride, "padding": flat if any(flat) else "valid"}
    attributes |= {"dilation": dilation} if dilation != [1, 1] else {}
    attributes |= {"groups": groups} if groups != 1 else {}
    return read.builder.image_layer(image, "conv2d", (kernel.shape[0], *out), attributes, {"weight": kernel})


def transposed(read, image: View, kernel, stride, dilation, spread, margins, groups) -> View:
    """JAX correlates the dilated input with the kernel; the format's layer is the gradient of a convolution, which turns
    the kernel round and has the inputs before the outputs."""
    if stride != [1, 1]:
        raise ExportError("dilates its input and strides")
    out, per_group = kernel.shape[0], kernel.shape[1]
    turned = kernel[:, :, ::-1, ::-1].reshape(groups, out // groups, per_group, *kernel.shape[2:])
    weight = np.ascontiguousarray(turned.swapaxes(1, 2).reshape(groups * per_group, out // groups, *kernel.shape[2:]))
    crop, extra, before = [], [], []
    for k, d, (begin, end) in zip(kernel.shape[2:], dilation, margins):
        full = d * (k - 1)
        before.append(max(begin - full, 0))
        crop += [max(full - begin, 0), max(full - end, 0)]
        extra.append(max(end - full, 0))
    shape = [(n - 1) * s + d * (k - 1) + 1 - crop[2 * i] - crop[2 * i + 1] + extra[i] for i, (n, s, d, k) in enumerate(
        zip(image.shape[2:], spread, dilation, kernel.shape[2:]))]
    attributes = {"stride": spread, "padding": crop if any(crop) else "valid"}
    attributes |= {"output_padding": extra} if any(extra) else {}
    attributes |= {"dilation": dilation} if dilation != [1, 1] else {}
    attributes |= {"groups": groups} if groups != 1 else {}
    result = read.builder.image_layer(image, "conv2d-transpose", (out, *shape), attributes, {"weight": weight})
    if any(before):     # zeros before the first row
        index = np.pad(result.index, [(0, 0), (0, 0), *[(b, 0) for b in before]], constant_values=-1)
        result = View(result.node, index, np.zeros(index.shape))
    return result


@primitive("reduce_window_max", "reduce_window_sum", "reduce_window")
def pool(read, equation, a, *rest):
    p = equation.params
    name = equation.primitive.name
    if name == "reduce_window":
        inner = p["jaxpr"].eqns[0].primitive.name if p["jaxpr"].eqns else ""
        name = {"max": "reduce_window_max", "add": "reduce_window_sum"}.get(inner, name)
    if name == "reduce_window":
        raise ExportError("is a pooling that is neither a maximum nor a sum")
    window, stride = p["window_dimensions"], p["window_strides"]
    margins = [tuple(m) for m in p["padding"]]
    if any(n != 1 for n in (*p["base_dilation"], *p["window_dilation"])):
        raise ExportError("is a pooling with a dilation")
    rank = len(window)
    moving = [i for i in range(rank) if window[i] != 1 or stride[i] != 1 or margins[i] != (0, 0)]
    if not moving:
        return a
    if rank == 4:
        spatial = (2, 3) if read.builder.data_format == "channels_first" else (1, 2)
        channel = 6 - sum(spatial)
    elif rank == 3:
        spatial = (2,) if read.builder.data_format == "channels_first" else (1,)
        channel = 3 - spatial[0]
    else:
        raise ExportError(f"is a pooling of {rank} axes")
    if any(i not in spatial for i in moving):
        raise ExportError("pools over the channels or the batch")
    image = read.builder.move(a, lambda i: i.transpose([0, channel, *spatial]))
    size, step, edges = [window[i] for i in spatial], [stride[i] for i in spatial], [margins[i] for i in spatial]
    if rank == 3:
        image = read.builder.move(image, lambda i: i[:, :, None, :])
        size, step, edges = [1, *size], [1, *step], [(0, 0), *edges]
    out = [(n + b + e - k) // s + 1 for n, (b, e), k, s in zip(image.shape[2:], edges, size, step)]
    attributes = {"size": size, "stride": step}
    flat = [int(n) for m in edges for n in m]
    kind = "max-pool2d" if name == "reduce_window_max" else "average-pool2d"
    if any(flat) and kind == "average-pool2d":      # zeros that count
        index = np.pad(image.index, [(0, 0), (0, 0), *edges], constant_values=-1)
        image = View(image.node, index, np.zeros(index.shape))
    elif any(flat):
        attributes["padding"] = flat
    result = read.builder.image_layer(image, kind, (image.shape[1], *out), attributes)
    if kind == "average-pool2d":
        result = read.builder.affine(result, float(math.prod(size)), 0.0)
    if rank == 3:
        result = read.builder.move(result, lambda i: i[:, :, 0, :])
    return read.builder.move(result, lambda i: i.transpose(np.argsort([0, channel, *spatial])))
