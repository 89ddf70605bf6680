"""ATen operations that are layers of the model format: products with weights, convolutions, normalizations, pools."""

from __future__ import annotations

import numpy as np

from .arithmetic import numpy
from .aten import Operation, operation
from .errors import ExportError
from .graph import View, whole


def two(value) -> list[int]:
    value = [int(n) for n in (value if isinstance(value, (list, tuple)) else [value])]
    return value * 2 if len(value) == 1 else value


# MARK: - Products with weights

@operation("linear")
def linear(read, a, weight, bias=None):
    if not isinstance(a, View):
        raise ExportError("multiplies a constant by a computed weight")
    if isinstance(weight, View) or isinstance(bias, View):
        raise ExportError("has weights that are computed from the input")
    arrays = {"weight": numpy(weight)} | ({} if bias is None else {"bias": numpy(bias)})
    return dense(read, a, arrays, int(weight.shape[0]))


def dense(read, a: View, arrays: dict, outputs: int) -> View:
    """A dense layer over the last axis, whatever the others are."""
    node = read.builder.node(a)
    _, _, place = read.builder.example(a)
    inner = node.shape
    if not inner or a.index.ndim < 2:
        raise ExportError("multiplies over the examples of a batch")
    made = type(node)("dense", (node,), (*inner[:-1], outputs), arrays=arrays, name=read.name)
    result = View(made, place(whole(made, read.builder.batch).index))
    if result.shape != (*a.shape[:-1], outputs):
        raise ExportError("multiplies over the examples of a batch")
    return result


@operation("addmm")
def addmm(read, bias, a, b, beta=1, alpha=1):
    if beta != 1 or alpha != 1:
        raise ExportError("has a beta or an alpha")
    return read.arithmetic.add(matmul(read, a, b), bias)


@operation("matmul", "mm", "bmm", "mv", "dot")
def matmul(read, a, b):
    if isinstance(a, View) and isinstance(b, View):
        return product(read, a, b)
    if isinstance(a, View):
        matrix = numpy(b)
        if matrix.ndim == 1:
            result = dense(read, a, {"weight": matrix[None]}, 1)
            return read.builder.move(result, lambda i: i[..., 0])
        if matrix.ndim > 2:
            matrix = same_matrix(matrix)
        return dense(read, a, {"kernel": matrix}, matrix.shape[-1])
    matrix = numpy(a)
    if matrix.ndim > 2:
        matrix = same_matrix(matrix)
    if b.index.ndim == 1:
        raise ExportError("multiplies over the examples of a batch")
    turned = read.builder.move(b, lambda i: np.swapaxes(i, -1, -2))
    result = dense(read, turned, {"kernel": np.swapaxes(np.atleast_2d(matrix), -1, -2)}, np.atleast_2d(matrix).shape[0])
    return read.builder.move(result, lambda i: np.swapaxes(i, -1, -2))


def same_matrix(matrix: np.ndarray) -> np.ndarray:
    """A constant matrix that is repeated over a batch."""
    flat = matrix.reshape(-1, *matrix.shape[-2:])
    if (flat != flat[:1]).any():
        raise ExportError("multiplies each part of its input by a matrix of its own")
    return flat[0]


def product(read, a: View, b: View) -> View:
    """A matrix product of two computed tensors: kept for what reads z = mean + L e, else an error."""
    shape = np.matmul(np.empty(a.shape, np.int8), np.empty(b.shape, np.int8)).shape
    if a.index.ndim == b.index.ndim == 3 and b.shape[-1] == 1:
        left, right = read.builder.batch_first(a), read.builder.batch_first(b)
        if len(left.shape) == len(right.shape) == 2:
            node = type(left)("matmul", (left, right), (left.shape[0], 1), name=read.name)
            return whole(node, read.builder.batch)
    return read.builder.unsupported(
        [a, b], shape, f"{read.name} multiplies two computed matrices (attention, or the like): the model format has no "
        "layer for it")


@operation("einsum")
def einsum(read, equation, operands, path=None):
    """With one constant matrix: transposed to a product."""
    views = [o for o in operands if isinstance(o, View)]
    if len(operands) != 2 or len(views) != 1 or "." in equation:
        raise ExportError("is a sum of products for which the model format has no layer")
    left, out = equation.replace(" ", "").split("->")
    terms = left.split(",")
    view = views[0]
    k = 0 if isinstance(operands[0], View) else 1
    v, c = terms[k], terms[1 - k]
    constant = numpy(operands[1 - k])
    summed = [s for s in v if s in c and s not in out]
    if any(s in c for s in v if s in out) or any(s not in c for s in v if s not in out):
        raise ExportError("is a sum of products for which the model format has no layer")
    kept, new = [s for s in v if s not in summed], [s for s in c if s not in summed]
    matrix = constant.transpose([c.index(s) for s in summed + new])
    count = int(np.prod([view.shape[v.index(s)] for s in summed]))
    sizes = matrix.shape[len(summed):]
    rows = read.builder.move(view, lambda i: i.transpose([v.index(s) for s in kept + summed]).reshape(
        *[view.shape[v.index(s)] for s in kept], count))
    result = dense(read, rows, {"kernel": matrix.reshape(count, -1)}, int(np.prod(sizes)))
    order = kept + new
    return read.builder.move(result, lambda i: i.reshape(*i.shape[:-1], *sizes).transpose(
        [order.index(s) for s in out]))


# MARK: - Convolutions

def windows(shape, window, stride, margins, dilation) -> list[int]:
    return [(n + before + after - d * (k - 1) - 1) // s + 1 for n, k, s, (before, after), d in zip(
        shape, window, stride, margins, dilation)]


def as_image(read, a: View) -> View:
    """[n, channels, length] as [n, channels, 1, length]."""
    return read.builder.move(a, lambda i: i[:, :, None, :])


@operation("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def named_convolution(read, a, weight, bias=None, stride=1, padding=0, *rest, **names):
    rank = int(read.operation[-2])
    full = lambda v: [int(n) for n in v] * (rank if len(v) == 1 else 1) if isinstance(v, (list, tuple)) else [v] * rank
    if "transpose" in read.operation:
        extra, groups, dilation = (*rest, *(0, 1, 1)[len(rest):])
        extra, groups = names.get("output_padding", extra), names.get("groups", groups)
        return convolution(read, a, weight, bias, full(stride), full(padding), full(names.get("dilation", dilation)),
                           True, full(extra), groups)
    dilation, groups = (*rest, *(1, 1)[len(rest):])
    dilation = full(names.get("dilation", dilation))
    if isinstance(padding, str):
        spans = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:])]
        padding = [(0, 0)] * rank if padding == "valid" else [(s // 2, s - s // 2) for s in spans]
    else:
        padding = full(padding)
    return convolution(read, a, weight, bias, full(stride), padding, dilation, False, [0] * rank,
                       names.get("groups", groups))


@operation("convolution")
def convolution(read, a, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    if not isinstance(a, View) or isinstance(weight, View):
        raise ExportError("is a convolution with weights that are computed from the input")
    weight, rank = numpy(weight), weight.ndim - 2
    margins = [(p, p) if isinstance(p, int) else tuple(p) for p in padding]
    if rank > 2:
        raise ExportError("is a convolution over three axes: the model format has those of two")
    if a.index.ndim == rank + 1:
        raise ExportError("is a convolution of an input without a batch axis")
    stride, dilation, extra = list(stride), list(dilation), list(output_padding)
    if rank == 1:       # as a convolution of height 1
        a, weight = as_image(read, a), weight[:, :, None, :]
        stride, dilation, extra, margins = [1, *stride], [1, *dilation], [0, *extra], [(0, 0), *margins]
    arrays = {"weight": weight} | ({} if bias is None else {"bias": numpy(bias)})
    attributes = {"stride": stride}
    flat = [int(n) for pair in margins for n in pair]
    attributes["padding"] = flat if any(flat) else "valid"
    if dilation != [1, 1]:
        attributes["dilation"] = dilation
    if groups != 1:
        attributes["groups"] = int(groups)
    shape, kernel = a.shape[2:], weight.shape[2:]
    if transposed:
        if any(extra):
            attributes["output_padding"] = extra
        out = [(n - 1) * s - b - e + d * (k - 1) + 1 + x for n, s, (b, e), d, k, x in zip(
            shape, stride, margins, dilation, kernel, extra)]
        result = read.builder.layer(a, "conv2d-transpose", (weight.shape[1] * groups, *out), attributes, arrays)
    else:
        out = windows(shape, kernel, stride, margins, dilation)
        result = read.builder.layer(a, "conv2d", (weight.shape[0], *out), attributes, arrays)
    return read.builder.move(result, lambda i: i[:, :, 0, :]) if rank == 1 else result


# MARK: - Normalizations

@operation("batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm", "cudnn_batch_norm",
           "_batch_norm_no_update")
def batch_norm(read, a, weight, bias, mean, variance, *rest):
    if read.operation == "batch_norm" and rest[0] and not read.identity_dropout:
        raise ExportError("normalizes over the batch: it has no running mean, or is in training mode. Call "
                          "module.eval(), or train it with track_running_stats=True")
    if mean is None or variance is None:
        raise ExportError("has no running mean: it normalizes over the batch, which is no function of one example")
    epsilon = float(rest[-1] if read.operation != "batch_norm" else rest[2])
    scale = 1 / np.sqrt(numpy(variance).astype(np.float64) + epsilon)
    if weight is not None:
        scale = scale * numpy(weight)
    offset = (0.0 if bias is None else numpy(bias)) - numpy(mean) * scale
    shape = [-1 if i == 1 else 1 for i in range(a.index.ndim)]
    result = read.builder.affine(a, scale.reshape(shape), offset.reshape(shape))
    return result if read.operation == "batch_norm" else (result, None, None)


@operation("_native_batch_norm_legit", "_native_batch_norm_legit_functional")
def batch_norm_of_the_batch(read, *rest):
    raise ExportError("has no running mean: it normalizes over the batch, which is no function of one example")


def scaled(read, a: View, weight, bias, shape) -> View:
    if weight is None and bias is None:
        return a
    return read.builder.affine(a, 1.0 if weight is None else numpy(weight).reshape(shape),
                               0.0 if bias is None else numpy(bias).reshape(shape))


@operation("layer_norm", "native_layer_norm")
def layer_norm(read, a, normalized_shape, weight=None, bias=None, epsilon=1e-5, *rest):
    """Over the last axes, flattened to one."""
    axes, shape = len(normalized_shape), a.shape
    flat = read.builder.move(a, lambda i: i.reshape(*i.shape[:-axes], -1)) if axes > 1 else a
    node = read.builder.node(flat)
    _, _, place = read.builder.example(flat)
    count = int(np.prod(normalized_shape))
    if not node.shape or node.shape[-1] != count:
        raise ExportError("normalizes over the examples of a batch")
    arrays = {name: numpy(v).reshape(-1) for name, v in (("scale", weight), ("offset", bias)) if v is not None}
    made = type(node)("layer-norm", (node,), node.shape, {"epsilon": float(epsilon)}, arrays, read.name)
    result = View(made, place(whole(made, read.builder.batch).index))
    result = read.builder.move(result, lambda i: i.reshape(shape))
    return result if read.operation == "layer_norm" else (result, None, None)


@operation("group_norm")
def group_norm(read, a, groups, weight=None, bias=None, epsilon=1e-5, *rest):
    """As a layer normalization of the groups, which lie one behind the other; then scale and offset."""
    rows = read.builder.move(a, lambda i: i.reshape(len(i), groups, -1))
    node = read.builder.batch_first(rows)
    made = type(node)("layer-norm", (node,), node.shape, {"epsilon": float(epsilon)}, name=read.name)
    result = read.builder.move(whole(made, read.builder.batch), lambda i: i.reshape(a.shape))
    return scaled(read, result, weight, bias, [-1 if i == 1 else 1 for i in range(a.index.ndim)])


@operation("native_group_norm")
def native_group_norm(read, a, weight, bias, n, c, hw, groups, epsilon):
    return group_norm(read, a, groups, weight, bias, epsilon), None, None


@operation("instance_norm")
def instance_norm(read, a, weight, bias, mean, variance, use_input, momentum, epsilon, *rest):
    if use_input:
        return group_norm(read, a, a.shape[1], weight, bias, epsilon)
    scale = 1 / np.sqrt(numpy(variance).astype(np.float64) + float(epsilon))
    scale = scale if weight is None else scale * numpy(weight)
    offset = (0.0 if bias is None else numpy(bias)) - numpy(mean) * scale
    shape = [-1 if i == 1 else 1 for i in range(a.index.ndim)]
    return read.builder.affine(a, scale.reshape(shape), offset.reshape(shape))


# MARK: - Pools and enlargements

def pool(kind: str) -> Operation:
    def read_pool(read, a, size, stride=None, padding=0, *rest, ceil_mode=False, count_include_pad=True,
                  dilation=1, divisor_override=None):
        rank = int(read.operation.split("pool")[1][0])
        if kind == "max-pool2d":
            dilation, ceil_mode = (*rest, *(dilation, ceil_mode)[len(rest):])
        else:
            ceil_mode, count_include_pad, divisor_override = (
                *rest, *(ceil_mode, count_include_pad, divisor_override)[len(rest):])
        size = two(size) if rank == 2 else [1, two(size)[0]]
        stride = size if stride in (None, []) else two(stride) if rank == 2 else [1, two(stride)[0]]
        padding = two(padding) if rank == 2 else [0, two(padding)[0]]
        if any(n != 1 for n in two(dilation)) or divisor_override:
            raise ExportError("has a dilation or a divisor of its own")
        image = as_image(read, a) if rank == 1 else a
        margins, out = [], []
        for n, k, s, p in zip(image.shape[2:], size, stride, padding):
            count = (n + 2 * p - k + (s - 1 if ceil_mode else 0)) // s + 1
            if ceil_mode and (count - 1) * s >= n + p:
                count -= 1
            margins += [p, max((count - 1) * s + k - n - p, 0) if ceil_mode else p]
            out.append(count)
        attributes = {"size": size, "stride": stride}
        if any(margins):
            attributes["padding"] = margins
        if kind == "average-pool2d" and any(margins):
            if ceil_mode:
                raise ExportError("is an average with ceil_mode and padding")
            if count_include_pad:       # zeros that count: padded before
                image = read.builder.move(image, lambda i: i)
                index = np.pad(image.index, [(0, 0), (0, 0), (margins[0], margins[1]), (margins[2], margins[3])],
                               constant_values=-1)
                image = View(image.node, index, np.zeros(index.shape))
                del attributes["padding"]
        result = read.builder.layer(image, kind, (image.shape[1], *out), attributes)
        result = read.builder.move(result, lambda i: i[:, :, 0, :]) if rank == 1 else result
        return (result, None) if "with_indices" in read.operation else result
    return read_pool


operation("max_pool1d", "max_pool2d", "max_pool2d_with_indices", "max_pool1d_with_indices")(pool("max-pool2d"))
operation("avg_pool1d", "avg_pool2d")(pool("average-pool2d"))


@operation("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "_adaptive_avg_pool2d",
           "adaptive_max_pool1d")
def adaptive_pool(read, a, size):
    rank = int(read.operation.split("pool")[1][0])
    size = [1, two(size)[0]] if rank == 1 else two(size)
    image = as_image(read, a) if rank == 1 else a
    if any(n % s for n, s in zip(image.shape[2:], size)):
        raise ExportError(f"pools {image.shape[2:]} to {size}, which does not divide it")
    window = [n // s for n, s in zip(image.shape[2:], size)]
    kind = "max-pool2d" if "max" in read.operation else "average-pool2d"
    result = read.builder.layer(image, kind, (image.shape[1], *size), {"size": window, "stride": window})
    result = read.builder.move(result, lambda i: i[:, :, 0, :]) if rank == 1 else result
    return (result, None) if "max" in read.operation else result


@operation("mean", "sum")
def reduced(read, a, axes=None, keepdim=False, dtype=None, dim=None):
    axes = dim if axes is None else axes
    if axes is None or axes == []:
        raise ExportError("reduces over the examples of a batch")
    return read.builder.reduce(a, read.operation, axes if isinstance(axes, (list, tuple)) else [axes], keepdim)


@operation("var", "std", "var_mean", "std_mean")
def variance(read, a, axes=None, correction=1, keepdim=False, unbiased=None, dim=None):
    axes = dim if axes is None else axes
    if axes is None or axes is True or axes is False:
        raise ExportError("reduces over the examples of a batch")
    if isinstance(correction, bool):        # var(dim, unbiased, keepdim)
        correction = int(correction)
    axes = axes if isinstance(axes, (list, tuple)) else [axes]
    mean = read.builder.reduce(a, "mean", axes, True)
    count = int(np.prod([a.shape[i] for i in axes]))
    squares = read.builder.map(read.arithmetic.add(a, mean, -1.0), "square")
    result = read.builder.reduce(squares, "sum", axes, keepdim)
    result = read.builder.affine(result, 1 / (count - float(1 if correction is None else correction)), 0.0)
    if "std" in read.operation:
        result = read.builder.map(result, "sqrt")
    return (result, read.builder.reduce(a, "mean", axes, keepdim)) if "mean" in read.operation else result


@operation("linalg_vector_norm")
def vector_norm(read, a, order=2, dim=None, keepdim=False, dtype=None):
    if dim is None or float(order) != 2:
        raise ExportError("is a norm of the whole batch, or none of squares")
    total = read.builder.reduce(read.builder.map(a, "square"), "sum",
                                dim if isinstance(dim, (list, tuple)) else [dim], keepdim)
    return read.builder.map(total, "sqrt")


@operation("upsample_bilinear2d")
def bilinear(read, a, size, align_corners, *scales):
    out = size if size else [int(n * s) for n, s in zip(a.shape[2:], scales[0])]
    if any(m % n for m, n in zip(out, a.shape[2:])):
        raise ExportError(f"enlarges {a.shape[2:]} to {out}: the model format has whole factors")
    factor = [m // n for m, n in zip(out, a.shape[2:])]
    attributes = {"factor": factor, "mode": "bilinear"} | ({"align_corners": True} if align_corners else {})
    return read.builder.layer(a, "upsample2d", (a.shape[1], *out), attributes)


@operation("embedding")
def embedding(read, *rest):
    raise ExportError("is an embedding of a computed number: the model format has no layer for it. For a label that "
                      "is the same for all examples, give it as a part of the example: (x, label)")


def constant(value) -> bool:
    return not isinstance(value, View) and not (isinstance(value, (list, tuple)) and any(map(
        lambda v: not constant(v), value)))


