"""Rearrangements and scalings as layers of the model format: into neighbouring weights where that is possible."""

from __future__ import annotations

import copy

import numpy as np

from .errors import ExportError
from .functions import FUNCTIONS
from .images import image_gather
from .layers import MANY, Layer, activation_layer, channel_axis, reshaping, size

# Not computed for elements that nothing needs, where they may be infinite.
PARTIAL = {"log", "log1p", "sqrt", "exp", "square"}
WEIGHTED = ("dense", "conv2d", "conv2d-transpose")
OUTPUTS = {("dense", "weight"): 0, ("dense", "kernel"): 1, ("conv2d", "weight"): 0, ("conv2d", "kernel"): 3,
           ("conv2d-transpose", "weight"): 1, ("conv2d-transpose", "kernel"): 2}
INPUTS = {("dense", "weight"): 1, ("dense", "kernel"): 0}


def weight_key(layer: Layer) -> str:
    return "weight" if "weight" in layer.arrays else "kernel"


def lower(layers: list[Layer], data_format: str) -> list[Layer]:
    """The same function in layers of the format alone."""
    out = []
    for item in layers:
        item = copy.copy(item)
        item.arrays, item.stacks, item.attributes = dict(item.arrays), dict(item.stacks), dict(item.attributes)
        out.append(item)
    out = join_channels(merge_affines(merge_activations(move_gathers(out))), data_format)
    for item in out:
        for name, stack in item.stacks.items():
            item.stacks[name] = ([lower(s, data_format) for s in stack] if name in MANY else lower(stack, data_format))
    result: list[Layer] = []
    for i, item in enumerate(out):
        if item.kind == "gather":
            result += lower_gather(item, result, out[i + 1:], data_format)
        elif item.kind == "affine":
            result += lower_affine(item, result, out[i + 1:], data_format)
        else:
            result.append(item)
    return merge_activations(merge_reshapes(result))


def elementwise(item: Layer) -> bool:
    return item.kind == "activation" and item.activation not in ("softmax", "prelu")


def covers(gather: Layer) -> bool:
    """Whether the gather takes every element at least once."""
    seen = np.zeros(max(size(gather.shape_in), 1), bool)
    indices = gather.arrays["indices"]
    seen[indices[indices >= 0]] = True
    return bool(seen.all())


def move_gathers(layers: list[Layer]) -> list[Layer]:
    """Rearrangements behind elementwise activations, next to the weights that follow, and joined."""
    out = list(layers)
    i = 0
    while i + 1 < len(out):
        first, second = out[i], out[i + 1]
        if first.kind == "gather" and elementwise(second) and (second.activation not in PARTIAL or covers(first)):
            first, second = copy.copy(first), copy.copy(second)
            second.shape_in = second.shape_out = first.shape_in
            if "fill" in first.arrays:
                with np.errstate(all="ignore"):
                    filled = FUNCTIONS[second.activation](first.arrays["fill"], second.activation_attributes)
                first.arrays = first.arrays | {"fill": np.where(first.arrays["indices"] < 0, filled, 0.0)}
            out[i:i + 2] = [second, first]
            i = max(i - 1, 0)
        elif first.kind == second.kind == "gather":
            out[i:i + 2] = [joined(first, second)]
            i = max(i - 1, 0)
        else:
            i += 1
    return out


def merge_affines(layers: list[Layer]) -> list[Layer]:
    """Scalings that follow each other as one."""
    out: list[Layer] = []
    for item in layers:
        if item.kind == "affine" and out and out[-1].kind == "affine" and item.activation == out[-1].activation == "identity":
            first, second = out.pop().arrays, item.arrays
            item = copy.copy(item)
            scale = first["scale"] * second["scale"]
            item.arrays = {"scale": np.where(np.abs(scale - 1) < 1e-7, 1.0, scale),
                           "offset": first["offset"] * second["scale"] + second["offset"]}
        out.append(item)
    return out


def joined(first: Layer, second: Layer) -> Layer:
    """Two rearrangements as one."""
    second = copy.copy(second)
    outer, inner = second.arrays["indices"], first.arrays["indices"]
    outside = outer < 0
    at = np.where(outside, 0, outer)
    indices = np.where(outside, -1, inner[at])
    fill = np.zeros(len(indices))
    if "fill" in first.arrays:
        fill = first.arrays["fill"][at]
    if "fill" in second.arrays:
        fill = np.where(outside, second.arrays["fill"], fill)
    second.arrays = {"indices": indices} | ({"fill": fill} if (indices < 0).any() else {})
    second.shape_in = first.shape_in
    return second


def merge_activations(layers: list[Layer]) -> list[Layer]:
    """Activations into the layer before them."""
    out: list[Layer] = []
    for item in layers:
        if item.kind == "activation" and item.activation == "identity" and (out or len(layers) > 1):
            continue
        if (item.kind == "activation" and out and out[-1].activation == "identity"
                and out[-1].kind not in ("gather", "affine") and item.activation != "prelu"):
            out[-1] = copy.copy(out[-1])
            out[-1].activation = item.activation
            out[-1].activation_attributes = item.activation_attributes
        else:
            out.append(item)
    return out or layers[:1]


def merge_reshapes(layers: list[Layer]) -> list[Layer]:
    """Reshapes that follow each other as one."""
    out: list[Layer] = []
    for item in layers:
        if (item.kind in ("flatten", "reshape") and item.activation == "identity" and out
                and out[-1].kind in ("flatten", "reshape") and out[-1].activation == "identity"):
            shape = out.pop().shape_in
            out += reshaping(shape, item.shape_out)
        else:
            out.append(item)
    return out


def join_channels(layers: list[Layer], data_format: str) -> list[Layer]:
    """Branches are joined flat; where they are images one behind the other, they are joined as such."""
    out: list[Layer] = []
    for item in layers:
        previous = out[-1] if out else None
        if item.kind == "gather" and previous is not None and previous.kind == "concat" and (
                previous.attributes.get("parts") and previous.activation == "identity" and "fill" not in item.arrays):
            parts, shape = previous.attributes["parts"], item.shape_out
            axis = channel_axis(shape, data_format)
            if all(len(p) == len(shape) and all(a == b for k, (a, b) in enumerate(zip(p, shape)) if k != axis)
                   for p in parts) and len(shape) > 1 and sum(p[axis] for p in parts) == shape[axis]:
                starts = np.cumsum([0] + [size(p) for p in parts])
                whole = np.concatenate([np.arange(a, b).reshape(p) for a, b, p in zip(starts, starts[1:], parts)], axis)
                if np.array_equal(whole.reshape(-1), item.arrays["indices"]):
                    previous.stacks = {"branches": [
                        unflattened(branch, part) for branch, part in zip(previous.stacks["branches"], parts)]}
                    previous.shape_out, previous.attributes = tuple(shape), {}
                    continue
        out.append(item)
    for item in out:
        item.attributes.pop("parts", None)
    return out


def unflattened(branch: list[Layer], shape) -> list[Layer]:
    if branch and branch[-1].kind == "flatten":
        branch = branch[:-1]
    return branch or [activation_layer("identity", shape)]


# MARK: - Rearrangements

def in_order(gather: Layer) -> bool:
    indices = gather.arrays["indices"]
    return len(indices) == size(gather.shape_in) and np.array_equal(indices, np.arange(len(indices)))


def selected_channels(gather: Layer, data_format: str) -> np.ndarray | None:
    """The channels that a gather takes, where it takes whole channels of an image in their order."""
    if len(gather.shape_in) != 3 or len(gather.shape_out) != 3 or "fill" in gather.arrays:
        return None
    axis = channel_axis(gather.shape_in, data_format)
    whole = np.moveaxis(np.arange(size(gather.shape_in)).reshape(gather.shape_in), axis, 0)
    taken = np.moveaxis(gather.arrays["indices"].reshape(gather.shape_out), axis, 0)
    if whole.shape[1:] != taken.shape[1:]:
        return None
    channel_of = {first: c for c, first in enumerate(whole[:, 0, 0])}
    channels = [channel_of.get(first) for first in taken[:, 0, 0]]
    if None in channels or not np.array_equal(whole[channels], taken):
        return None
    return np.array(channels)


def lower_gather(gather: Layer, before: list[Layer], after: list[Layer], data_format: str) -> list[Layer]:
    """The layers of a rearrangement; weights of the layers before and after it are changed where they take it up."""
    indices, fill = gather.arrays["indices"], gather.arrays.get("fill")
    if in_order(gather):
        return reshaping(gather.shape_in, gather.shape_out)
    repeated = len(indices) > 2 * size(gather.shape_in)
    if not repeated and into_dense_before(indices, fill, before):
        return reshaping((len(indices),), gather.shape_out)
    channels = selected_channels(gather, data_format)
    previous = before[-1] if before else None
    if (channels is not None and previous is not None and previous.kind in ("conv2d", "conv2d-transpose")
            and previous.attributes.get("groups", 1) == 1 and previous.activation != "softmax"):
        key = weight_key(previous)
        previous.arrays[key] = np.take(previous.arrays[key], channels, OUTPUTS[previous.kind, key])
        if "bias" in previous.arrays:
            previous.arrays["bias"] = previous.arrays["bias"][channels]
        previous.shape_out = gather.shape_out
        return []
    if after and after[0].kind == "dense" and len(gather.shape_out) == 1:
        into_dense_after(gather, after[0])
        return reshaping(gather.shape_in, after[0].shape_in)
    found = image_gather(gather, data_format)
    if found is not None:
        return found
    if repeated and into_dense_before(indices, fill, before):
        return reshaping((len(indices),), gather.shape_out)
    if size(gather.shape_in) * len(indices) > 1 << 24:
        raise ExportError(f"{gather.name or 'the network'}: reorders {size(gather.shape_in)} elements in a way for which "
                          "the format has no layer, and no dense layer is next to it to take the order up")
    kernel = np.zeros((size(gather.shape_in), len(indices)), np.float32)
    taken = np.flatnonzero(indices >= 0)
    kernel[indices[taken], taken] = 1
    arrays = {"kernel": kernel} | ({} if fill is None else {"bias": np.float32(fill)})
    return (reshaping(gather.shape_in, (size(gather.shape_in),))
            + [Layer("dense", (size(gather.shape_in),), (len(indices),), arrays=arrays)]
            + reshaping((len(indices),), gather.shape_out))


def into_dense_before(indices, fill, before: list[Layer]) -> bool:
    """Into the rows of a dense layer before it, through a normalization of single features."""
    through = len(before)
    while through and (before[through - 1].kind == "batch-norm" and len(before[through - 1].shape_in) == 1
                       and before[through - 1].activation != "softmax"):
        through -= 1
    dense = before[through - 1] if through else None
    if dense is None or dense.kind != "dense" or len(dense.shape_out) != 1 or dense.activation == "softmax":
        return False
    if fill is not None and (through < len(before) or dense.activation != "identity"):
        return False
    key = weight_key(dense)
    axis = OUTPUTS["dense", key]
    at = np.maximum(indices, 0)
    weight, bias = np.take(dense.arrays[key], at, axis), dense.arrays.get("bias")
    bias = None if bias is None else bias[at]
    if fill is not None:
        outside = indices < 0
        weight[(outside,) if axis == 0 else (slice(None), outside)] = 0
        bias = np.where(outside, fill, 0.0 if bias is None else bias)
    dense.arrays = dense.arrays | {key: weight} | ({} if bias is None else {"bias": bias})
    dense.shape_out = (len(indices),)
    for norm in before[through:]:
        norm.arrays = {name: array[indices] for name, array in norm.arrays.items()}
        norm.shape_in = norm.shape_out = dense.shape_out
    return True


def into_dense_after(gather: Layer, dense: Layer) -> None:
    """Into the columns of the dense layer after it; constants go into its bias."""
    indices, fill = gather.arrays["indices"], gather.arrays.get("fill")
    key = weight_key(dense)
    axis = INPUTS["dense", key]
    old = np.moveaxis(dense.arrays[key], axis, 0)
    new = np.zeros((size(gather.shape_in),) + old.shape[1:], old.dtype)
    inside = indices >= 0
    np.add.at(new, indices[inside], old[inside])
    if fill is not None:
        constant = (old[~inside] * fill[~inside, None]).sum(0)
        dense.arrays["bias"] = dense.arrays.get("bias", np.zeros(len(constant))) + constant
    dense.arrays[key] = np.ascontiguousarray(np.moveaxis(new, 0, axis))
    dense.shape_in = (size(gather.shape_in),)


# MARK: - Scalings

def lower_affine(affine: Layer, before: list[Layer], after: list[Layer], data_format: str) -> list[Layer]:
    """Into the weights before or after it, or a batch-norm layer."""
    shape = affine.shape_in
    scale, offset = (np.broadcast_to(affine.arrays[name], shape) for name in ("scale", "offset"))
    if (scale == 1).all() and (offset == 0).all():
        return []
    axis = next((a for a in [channel_axis(shape, data_format), *range(len(shape))]
                 if along(scale, a) is not None and along(offset, a) is not None), None)
    previous = before[-1] if before else None
    if (axis == channel_axis(shape, data_format) and previous is not None and previous.kind in WEIGHTED
            and previous.activation == "identity" and previous.attributes.get("groups", 1) == 1):
        key = weight_key(previous)
        weight, across = previous.arrays[key], OUTPUTS[previous.kind, key]
        s, o = along(scale, axis), along(offset, axis)
        previous.arrays[key] = weight * s.reshape([-1 if i == across else 1 for i in range(weight.ndim)])
        previous.arrays["bias"] = previous.arrays.get("bias", 0.0) * s + o
        return []
    following = after[0] if after else None
    if following is not None and following.kind == "dense" and len(shape) == 1:
        key = weight_key(following)
        weight = np.moveaxis(following.arrays[key], INPUTS["dense", key], 0)
        following.arrays["bias"] = following.arrays.get("bias", 0.0) + offset @ weight
        following.arrays[key] = np.moveaxis(weight * scale[:, None], 0, INPUTS["dense", key])
        return []
    attributes = {"epsilon": 0.0}
    inner = shape
    if axis is None:
        inner = (size(shape),)
        s, o = scale.reshape(-1), offset.reshape(-1)
    else:
        s, o = along(scale, axis), along(offset, axis)
        if axis != channel_axis(shape, data_format):
            attributes["axis"] = axis
    norm = Layer("batch-norm", inner, inner, attributes, {
        "mean": np.zeros_like(s), "variance": np.ones_like(s), "scale": s, "offset": o}, name=affine.name)
    return reshaping(shape, inner) + [norm] + reshaping(inner, shape)


def along(array: np.ndarray, axis: int) -> np.ndarray | None:
    """The array's values along an axis, where it varies along no other."""
    if array.ndim == 0:
        return array.reshape(1)
    first = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
    return np.array(first[:, 0]) if (first == first[:, :1]).all() else None
