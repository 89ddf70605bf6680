"""Writes a latent-variable model from PyTorch or JAX as an HDF5 file that Evidence evaluates.

    from evidence_export import export_torch
    export_torch("model.h5", encoder=vae.encoder, decoder=vae.decoder, input_shape=(1, 28, 28),
                 likelihood="bernoulli", binarize="bernoulli", divide_by=255)

One file; it needs numpy, h5py and the framework that the model is in, so it may be installed or
copied. The format is described in docs/model-format.md of Evidence.

`export_torch` traces modules with torch.fx and writes what is between a network's input and its
outputs; `export_jax` takes a parameter tree and a description of the layers. Both then read the file
back, compute it in numpy float64, and compare with the framework on random inputs. The largest
differences are stored in the file (`verified_against`, `verification_error`,
`verification_relative_error`); a file that does not agree is not written.
"""

from __future__ import annotations

import copy
import math
import operator
import os
import warnings
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

import h5py
import numpy as np

__all__ = ["Conditional", "ExportError", "StoredModel", "export_jax", "export_torch", "layer"]
__version__ = "0.1.0"


class ExportError(ValueError):
    """A model that the format, or this exporter, can't express; it says which module and why."""


# MARK: - Distributions

SCALES = ("log_variance", "log_scale", "scale", "variance")

# Each distribution's parameters: exactly one name of each row.
PARAMETERS = {
    "normal": [("mean",), SCALES],
    "full-normal": [("mean",), ("scale_tril",)],
    "laplace": [("mean",), ("log_scale", "scale")],
    "bernoulli": [("logits", "probabilities")],
    "continuous-bernoulli": [("logits", "probabilities")],
    "categorical": [("logits",)],
    "discretized-logistic": [("mean",), ("log_scale", "scale")],
    "logistic-mixture": [("logits",), ("mean",), ("log_scale",)],
    "beta": [("log_alpha", "alpha"), ("log_beta", "beta")],
    "poisson": [("log_rate", "rate")],
    "negative-binomial": [("mean", "log_mean"), ("dispersion", "log_dispersion")],
    "zero-inflated-negative-binomial": [
        ("mean", "log_mean"), ("dispersion", "log_dispersion"), ("dropout_logits",)],
}
LATENTS = ("normal", "full-normal", "laplace")

# What a network's outputs are taken for where nobody says; the rest has to be said.
USUAL_OUTPUTS = {
    "normal": ("mean", "log_variance"),
    "full-normal": ("mean", "scale_tril"),
    "laplace": ("mean", "log_scale"),
    "categorical": ("logits",),
    "discretized-logistic": ("mean", "log_scale"),
    "logistic-mixture": ("logits", "mean", "log_scale"),
    "beta": ("log_alpha", "log_beta"),
}


@dataclass
class Conditional:
    """q(z_l | ...) or p(z_{l-1} | ...): a network, and what its outputs mean.

    network       a torch.nn.Module, a method of one (`vae.encode`), or for JAX a list of `layer(...)`
    distribution  a name of the model format
    outputs       the parameters in the order in which the network returns them, None for an output
                  to ignore; or a mapping from parameter to the key or index of the output.
                  A network that returns one tensor for several parameters is split by `split`.
    split         "halves" (parameters one after the other) or "interleaved" (view(-1, d, 2))
    heads         parameter -> a network fed with `network`'s output, instead of `outputs`
    constants     parameter -> a number or an array of the variable's shape
    given         the numbers of the variables it is fed with; absent: the neighbour's
    bins          of discretized-logistic and logistic-mixture
    reference     JAX: what computes the outputs, for the comparison
    """

    network: Any = None
    distribution: str | None = None
    outputs: Any = None
    split: str = "halves"
    heads: Mapping[str, Any] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[int] | None = None
    bins: int | None = None
    reference: Callable | None = None


def check_parameters(where, distribution, names):
    if distribution not in PARAMETERS:
        raise ExportError(f"{where}: there is no distribution '{distribution}'; "
                          f"there are {', '.join(PARAMETERS)}")
    left = set(names)
    for row in PARAMETERS[distribution]:
        found = [name for name in row if name in left]
        if len(found) != 1:
            raise ExportError(
                f"{where}: a {distribution} distribution takes exactly one of {', '.join(row)}; "
                f"found {', '.join(sorted(names)) or 'none'}. Name them with outputs=, or give "
                "constants=")
        left -= {found[0]}
    if left:
        raise ExportError(f"{where}: a {distribution} distribution has no {', '.join(sorted(left))}")


# MARK: - Layers

# Applied to each element. softmax is the one activation that is not.
ACTIVATIONS = {
    "identity": lambda a, _: a,
    "relu": lambda a, _: np.maximum(a, 0),
    "leaky-relu": lambda a, p: np.where(a > 0, a, p.get("alpha", 0.01) * a),
    "elu": lambda a, p: np.where(a > 0, a, p.get("alpha", 1.0) * np.expm1(np.minimum(a, 0))),
    "selu": lambda a, _: 1.0507009873554804934193349852946 * np.where(
        a > 0, a, 1.6732632423543772848170429916717 * np.expm1(np.minimum(a, 0))),
    "tanh": lambda a, _: np.tanh(a),
    "sigmoid": lambda a, _: 0.5 * (1 + np.tanh(0.5 * a)),
    "softplus": lambda a, _: np.logaddexp(0, a),
    "gelu": lambda a, _: 0.5 * a * (1 + np.vectorize(math.erf, otypes=[float])(a / math.sqrt(2))),
    "gelu-tanh": lambda a, _: 0.5 * a * (
        1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))),
    "silu": lambda a, _: a * 0.5 * (1 + np.tanh(0.5 * a)),
    "exp": lambda a, _: np.exp(a),
    "hard-tanh": lambda a, p: np.clip(a, p.get("min", -1.0), p.get("max", 1.0)),
    "softmax": lambda a, _: (
        lambda e: e / e.sum(-1, keepdims=True))(np.exp(a - a.max(-1, keepdims=True))),
}


@dataclass
class Layer:
    """A layer of the format, or one of two that `lower` turns into such:
    "gather" (out[i] = in[indices[i]], reshaped) and "affine" (scale * in + offset)."""

    kind: str
    shape_in: tuple = ()
    shape_out: tuple = ()
    attributes: dict = field(default_factory=dict)
    arrays: dict = field(default_factory=dict)
    stacks: dict = field(default_factory=dict)      # name -> list of layers; "branches" -> list of lists
    activation: str = "identity"
    activation_attributes: dict = field(default_factory=dict)
    name: str = ""


def size(shape):
    return int(np.prod(shape, dtype=np.int64))


def activation_layer(name, shape, **attributes):
    return Layer("activation", shape, shape, activation=name, activation_attributes=attributes)


def channel_axis(shape, data_format):
    return 0 if len(shape) == 3 and data_format == "channels_first" else len(shape) - 1


# MARK: Lowering

def lower(layers, data_format):
    """The same function in layers of the format: rearrangements and scalings go into neighbouring weights."""
    out = []
    for item in layers:
        item = copy.copy(item)
        item.arrays, item.stacks = dict(item.arrays), dict(item.stacks)
        for name, stack in item.stacks.items():
            item.stacks[name] = ([lower(s, data_format) for s in stack] if name == "branches"
                                 else lower(stack, data_format))
        out.append(item)
    out = merge_activations(move_gathers(out))
    result = []
    for i, item in enumerate(out):
        if item.kind == "gather":
            result += lower_gather(item, result, out[i + 1:], data_format)
        elif item.kind == "affine":
            result += lower_affine(item, result, data_format)
        else:
            result.append(item)
    return merge_activations(result)


def move_gathers(layers):
    """Rearrangements behind elementwise activations, next to the weights that follow, and joined."""
    out = list(layers)
    i = 0
    while i + 1 < len(out):
        first, second = out[i], out[i + 1]
        if first.kind == "gather" and second.kind == "activation" and second.activation != "softmax":
            second.shape_in = second.shape_out = first.shape_in
            out[i:i + 2] = [second, first]
            i = max(i - 1, 0)
        elif first.kind == second.kind == "gather":
            first.arrays["indices"] = first.arrays["indices"][second.arrays["indices"]]
            first.shape_out = second.shape_out
            del out[i + 1]
        else:
            i += 1
    return out


def merge_activations(layers):
    out = []
    for item in layers:
        if (item.kind == "activation" and out and out[-1].activation == "identity"
                and out[-1].kind not in ("gather", "affine")):
            out[-1] = copy.copy(out[-1])
            out[-1].activation = item.activation
            out[-1].activation_attributes = item.activation_attributes
        else:
            out.append(item)
    return out


def in_order(gather):
    indices = gather.arrays["indices"]
    return len(indices) == size(gather.shape_in) and np.array_equal(indices, np.arange(len(indices)))


def reshaping(shape_in, shape_out):
    if tuple(shape_in) == tuple(shape_out):
        return []
    if len(shape_out) == 1:
        return [Layer("flatten", shape_in, shape_out)]
    return [Layer("reshape", shape_in, shape_out, {"shape": list(shape_out)})]


def selected_channels(gather, data_format):
    """The channels that a gather takes, where it takes whole channels of an image in their order."""
    if len(gather.shape_in) != 3 or len(gather.shape_out) != 3:
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


def lower_gather(gather, before, after, data_format):
    indices = gather.arrays["indices"]
    if in_order(gather):
        return reshaping(gather.shape_in, gather.shape_out)
    flat = (len(indices),)
    previous = before[-1] if before else None
    # Into the rows of a dense layer before it, through a normalization of single features.
    through = len(before)
    while (through and before[through - 1].kind == "batch-norm"
           and len(before[through - 1].shape_in) == 1 and before[through - 1].activation != "softmax"):
        through -= 1
    dense = before[through - 1] if through else None
    if (dense is not None and dense.kind == "dense" and len(dense.shape_out) == 1
            and dense.activation != "softmax"):
        key, axis = ("weight", 0) if "weight" in dense.arrays else ("kernel", 1)
        dense.arrays[key] = np.take(dense.arrays[key], indices, axis)
        if "bias" in dense.arrays:
            dense.arrays["bias"] = dense.arrays["bias"][indices]
        dense.shape_out = flat
        for norm in before[through:]:
            norm.arrays = {name: array[indices] for name, array in norm.arrays.items()}
            norm.shape_in = norm.shape_out = flat
        return reshaping(flat, gather.shape_out)
    channels = selected_channels(gather, data_format)
    if (channels is not None and previous is not None
            and previous.kind in ("conv2d", "conv2d-transpose")
            and previous.attributes.get("groups", 1) == 1):
        if "weight" in previous.arrays:
            key, axis = "weight", 0 if previous.kind == "conv2d" else 1
        else:
            key, axis = "kernel", 3 if previous.kind == "conv2d" else 2
        previous.arrays[key] = np.take(previous.arrays[key], channels, axis)
        if "bias" in previous.arrays:
            previous.arrays["bias"] = previous.arrays["bias"][channels]
        previous.shape_out = gather.shape_out
        return []
    # Into the columns of a dense layer after it.
    if after and after[0].kind == "dense" and len(gather.shape_out) == 1:
        dense = after[0]
        key, axis = ("weight", 1) if "weight" in dense.arrays else ("kernel", 0)
        old = np.moveaxis(dense.arrays[key], axis, 0)
        new = np.zeros((size(gather.shape_in),) + old.shape[1:], old.dtype)
        np.add.at(new, indices, old)
        dense.arrays[key] = np.ascontiguousarray(np.moveaxis(new, 0, axis))
        dense.shape_in = (size(gather.shape_in),)
        return reshaping(gather.shape_in, dense.shape_in)
    # As a layer of zeros and ones.
    if channels is not None:
        kernel = np.zeros((1, 1, gather.shape_in[channel_axis(gather.shape_in, data_format)],
                           len(channels)), np.float32)
        kernel[0, 0, channels, np.arange(len(channels))] = 1
        return [Layer("conv2d", gather.shape_in, gather.shape_out, arrays={"kernel": kernel})]
    if size(gather.shape_in) * len(indices) > 1 << 24:
        raise ExportError(
            f"{gather.name or 'the network'}: reorders {size(gather.shape_in)} elements where no dense "
            "layer is next to it to take the order up")
    kernel = np.zeros((size(gather.shape_in), len(indices)), np.float32)
    kernel[indices, np.arange(len(indices))] = 1
    return (reshaping(gather.shape_in, (size(gather.shape_in),))
            + [Layer("dense", (size(gather.shape_in),), flat, arrays={"kernel": kernel})]
            + reshaping(flat, gather.shape_out))


def lower_affine(affine, before, data_format):
    scale, offset = (np.broadcast_to(affine.arrays[name], affine.shape_in) for name in ("scale", "offset"))
    shape = affine.shape_in
    axis = channel_axis(shape, data_format)
    layers = []

    def per_channel(array):
        first = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
        return first[:, 0] if np.array_equal(first, np.repeat(first[:, :1], first.shape[1], 1)) else None

    channels = per_channel(scale), per_channel(offset)
    flattened = channels[0] is None or channels[1] is None
    if flattened:
        channels = scale.reshape(-1), offset.reshape(-1)
        layers += reshaping(shape, (size(shape),))
    scale, offset = (c.astype(np.float32) for c in channels)
    previous = before[-1] if before else None
    if (previous is not None and previous.kind in ("dense", "conv2d", "conv2d-transpose")
            and previous.activation == "identity" and not flattened
            and previous.attributes.get("groups", 1) == 1):
        key = "weight" if "weight" in previous.arrays else "kernel"
        axis = {("dense", "weight"): 0, ("dense", "kernel"): 1,
                ("conv2d", "weight"): 0, ("conv2d", "kernel"): 3,
                ("conv2d-transpose", "weight"): 1, ("conv2d-transpose", "kernel"): 2}[previous.kind, key]
        weight = previous.arrays[key]
        previous.arrays[key] = weight * scale.reshape([-1 if i == axis else 1 for i in range(weight.ndim)])
        previous.arrays["bias"] = previous.arrays.get("bias", np.float32(0)) * scale + offset
        return []
    inner = (size(shape),) if flattened else shape
    layers.append(Layer(
        "batch-norm", inner, inner, {"epsilon": 0.0},
        {"mean": np.zeros_like(scale), "variance": np.ones_like(scale), "scale": scale, "offset": offset}))
    return layers + (reshaping(inner, shape) if flattened else [])


# MARK: - The file

def write_layers(group, layers):
    for i, item in enumerate(layers):
        entry = group.create_group(str(i))
        entry.attrs["layer"] = item.kind
        if item.name:
            entry.attrs["name"] = item.name
        if item.activation != "identity" or item.kind == "activation":
            entry.attrs["activation"] = item.activation
            for key, value in item.activation_attributes.items():
                entry.attrs[key] = value
        for key, value in item.attributes.items():
            entry.attrs[key] = value
        for key, array in item.arrays.items():
            entry[key] = np.ascontiguousarray(array, np.float32)
        for key, stack in item.stacks.items():
            if key == "branches":
                branches = entry.create_group("branches")
                for j, branch in enumerate(stack):
                    write_layers(branches.create_group(str(j)), branch)
            else:
                write_layers(entry.create_group(key), stack)


@dataclass
class Part:
    """A conditional ready to be written."""

    distribution: str
    given: list
    default_given: list
    trunk: list
    stacks: dict            # parameter -> layers
    constants: dict
    bins: int | None
    reference: Callable     # flat float32 inputs [n, d] of each given variable -> {parameter: [n, ...]}


def write_model(path, encoders, decoders, *, input_shape, data_format, prior, divide_by, binarize,
                dequantize, about):
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "evidence-model"
        file.attrs["version"] = 1
        file.attrs["data_format"] = data_format
        file.attrs["written_by"] = f"evidence_export {__version__}"
        for key, value in about.items():
            if value is not None:
                file.attrs[key] = value
        entry = file.create_group("input")
        entry.attrs["shape"] = list(input_shape)
        if divide_by is not None:
            entry.attrs["divide_by"] = float(divide_by)
        if binarize is not None:
            if binarize not in ("none", "threshold", "bernoulli"):
                raise ExportError(f"binarize is 'none', 'threshold' or 'bernoulli', not {binarize!r}")
            entry.attrs["binarize"] = binarize
        if dequantize is not None:
            entry.attrs["dequantize"] = bool(dequantize)
        for side, parts in (("encoder", encoders), ("decoder", decoders)):
            for l, part in enumerate(parts, 1):
                group = file.create_group(f"{side}/{l}")
                group.attrs["distribution"] = part.distribution
                if part.given != part.default_given:
                    group.attrs["given"] = part.given
                if part.bins is not None:
                    group.attrs["bins"] = part.bins
                if part.trunk:
                    write_layers(group.create_group("trunk"), part.trunk)
                for name, layers in part.stacks.items():
                    write_layers(group.create_group(name), layers)
                for name, value in part.constants.items():
                    group[name] = np.asarray(value, np.float32)
        if prior is not None:
            group = file.create_group("prior")
            for key, value in prior.items():
                if key == "distribution":
                    group.attrs[key] = value
                else:
                    group[key] = np.asarray(value, np.float32)


# MARK: - The file computed in numpy

class StoredModel:
    """A model file's networks in numpy float64: what the exporter compares with the framework."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.data_format = text(file.attrs.get("data_format", "channels_last"))
            self.input_shape = tuple(int(n) for n in file["input"].attrs["shape"])
            self.encoders = [self._conditional(file[f"encoder/{l}"])
                             for l in range(1, len(file["encoder"]) + 1)]
            self.decoders = [self._conditional(file[f"decoder/{l}"])
                             for l in range(1, len(file["decoder"]) + 1)]

    def encoder(self, level, given):
        """{parameter: values} of q(z_level | given), given as [n, ...]."""
        return self._parameters(self.encoders[level - 1], given)

    def decoder(self, level, given):
        """{parameter: values} of p(z_{level-1} | given), given as [n, ...]."""
        return self._parameters(self.decoders[level - 1], given)

    def _conditional(self, group):
        return {name: read_layers(item) if isinstance(item, h5py.Group) else item[()]
                for name, item in group.items()}

    def _parameters(self, conditional, given):
        hidden = self.run(conditional.get("trunk", []), np.asarray(given, np.float64))
        return {name: self.run(item, hidden) if isinstance(item, list) else item
                for name, item in conditional.items() if name != "trunk"}

    def run(self, layers, a):
        for item in layers:
            a = self._apply(item, a)
            if item.activation != "identity":
                a = ACTIVATIONS[item.activation](a, item.activation_attributes)
        return a

    def _apply(self, item, a):
        kind, attributes, arrays = item.kind, item.attributes, item.arrays
        if kind == "dense":
            kernel = arrays["weight"].T if "weight" in arrays else arrays["kernel"]
            return a @ kernel + arrays.get("bias", 0.0)
        if kind == "flatten":
            return a.reshape(len(a), -1)
        if kind == "reshape":
            return a.reshape(len(a), *(int(n) for n in attributes["shape"]))
        if kind == "activation":
            return a
        if kind == "batch-norm":
            axis = 1 + int(attributes.get("axis", channel_axis(a.shape[1:], self.data_format)))
            shape = [-1 if i == axis else 1 for i in range(a.ndim)]
            scale = arrays.get("scale", 1.0) / np.sqrt(
                arrays["variance"] + float(attributes.get("epsilon", 1e-3)))
            offset = arrays.get("offset", 0.0) - arrays["mean"] * scale
            return a * scale.reshape(shape) + offset.reshape(shape)
        if kind == "layer-norm":
            centred = a - a.mean(-1, keepdims=True)
            scale = 1 / np.sqrt((centred**2).mean(-1, keepdims=True)
                                + float(attributes.get("epsilon", 1e-5)))
            return centred * scale * arrays.get("scale", 1.0) + arrays.get("offset", 0.0)
        if kind == "residual":
            return self.run(item.stacks["body"], a) + self.run(item.stacks.get("shortcut", []), a)
        if kind == "concat":
            branches = [self.run(branch, a) for branch in item.stacks["branches"]]
            return np.concatenate(branches, 1 + channel_axis(branches[0].shape[1:], self.data_format))
        # The rest is images, computed channels last.
        if self.data_format == "channels_first":
            a = np.moveaxis(a, 1, 3)
        a = image_layer(kind, attributes, arrays, a)
        return np.moveaxis(a, 3, 1) if self.data_format == "channels_first" else a


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def read_layers(group):
    layers = []
    for index in sorted(group, key=int):
        entry = group[index]
        item = Layer(text(entry.attrs["layer"]), activation=text(entry.attrs.get("activation", "identity")))
        item.activation_attributes = {
            key: float(entry.attrs[key]) for key in ("alpha", "min", "max") if key in entry.attrs}
        item.attributes = {key: text(value) if isinstance(value, (bytes, str)) else value
                           for key, value in entry.attrs.items()}
        for name, value in entry.items():
            if isinstance(value, h5py.Dataset):
                item.arrays[name] = value[()].astype(np.float64)
            elif name == "branches":
                item.stacks[name] = [read_layers(value[j]) for j in sorted(value, key=int)]
            else:
                item.stacks[name] = read_layers(value)
        layers.append(item)
    return layers


def pair(attributes, key, default=1):
    value = attributes.get(key, default)
    return [int(n) for n in (np.full(2, value) if np.ndim(value) == 0 else value)]


def margins(attributes, shape, window, stride):
    """[top, bottom, left, right] of a convolution or a pooling window."""
    padding = attributes.get("padding", "valid")
    if not isinstance(padding, str):
        return [int(n) for n in padding]
    if padding == "valid":
        return [0, 0, 0, 0]
    out = []
    for n, k, s in zip(shape, window, stride):
        total = max((-(-n // s) - 1) * s + k - n, 0)
        out += [total // 2, total - total // 2]
    return out


def windows(a, window, stride, dilation):
    """Strided views of a padded image, one for each element of the window: [(i, j, view)]."""
    rows = (a.shape[1] - dilation[0] * (window[0] - 1) - 1) // stride[0] + 1
    columns = (a.shape[2] - dilation[1] * (window[1] - 1) - 1) // stride[1] + 1
    for i in range(window[0]):
        for j in range(window[1]):
            top, left = i * dilation[0], j * dilation[1]
            yield i, j, a[:, top:top + (rows - 1) * stride[0] + 1:stride[0],
                          left:left + (columns - 1) * stride[1] + 1:stride[1]]


MARGINS = {"crop2d": "cropping", "pad2d": "padding"}


def image_layer(kind, attributes, arrays, a):
    """One layer of images [n, height, width, channels]."""
    height, width = a.shape[1:3]
    if kind == "conv2d":
        kernel = (arrays["weight"].transpose(2, 3, 1, 0) if "weight" in arrays else arrays["kernel"])
        stride, dilation = pair(attributes, "stride"), pair(attributes, "dilation")
        groups = int(attributes.get("groups", 1))
        span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape)]
        t, b, l, r = margins(attributes, (height, width), span, stride)
        a = np.pad(a, ((0, 0), (t, b), (l, r), (0, 0)))
        out, fan_in, fan_out = 0.0, kernel.shape[2], kernel.shape[3] // groups
        for i, j, view in windows(a, kernel.shape[:2], stride, dilation):
            out = out + np.concatenate([
                view[..., g * fan_in:(g + 1) * fan_in] @ kernel[i, j, :, g * fan_out:(g + 1) * fan_out]
                for g in range(groups)], -1)
        return out + arrays.get("bias", 0.0)
    if kind == "conv2d-transpose":
        # To [kh, kw, in, out / groups].
        kernel = (arrays["weight"].transpose(2, 3, 0, 1) if "weight" in arrays
                  else arrays["kernel"].transpose(0, 1, 3, 2))
        stride, dilation = pair(attributes, "stride"), pair(attributes, "dilation")
        groups, extra = int(attributes.get("groups", 1)), pair(attributes, "output_padding", 0)
        span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape)]
        full = [(n - 1) * s + k for n, s, k in zip((height, width), stride, span)]
        padding = attributes.get("padding", "valid")
        if isinstance(padding, str) and padding == "same":      # the output is input * stride
            padding = []
            for n, s, k, f, e in zip((height, width), stride, span, full, extra):
                begin = max(k - s, 0) // 2
                padding += [begin, f + e - begin - n * s]
        elif isinstance(padding, str):
            padding = [0, 0, 0, 0]
        t, b, l, r = (int(n) for n in padding)
        fan_in, fan_out = kernel.shape[2] // groups, kernel.shape[3]
        out = np.zeros((len(a), full[0] + max(extra[0] - min(b, 0), 0),
                        full[1] + max(extra[1] - min(r, 0), 0), fan_out * groups))
        for i in range(kernel.shape[0]):
            for j in range(kernel.shape[1]):
                top, left = i * dilation[0], j * dilation[1]
                for g in range(groups):
                    out[:, top:top + (height - 1) * stride[0] + 1:stride[0],
                        left:left + (width - 1) * stride[1] + 1:stride[1],
                        g * fan_out:(g + 1) * fan_out] += (
                            a[..., g * fan_in:(g + 1) * fan_in]
                            @ kernel[i, j, g * fan_in:(g + 1) * fan_in])
        return out[:, t:full[0] + extra[0] - b, l:full[1] + extra[1] - r] + arrays.get("bias", 0.0)
    if kind in ("max-pool2d", "average-pool2d"):
        window = pair(attributes, "size")
        stride = pair(attributes, "stride", window)
        t, b, l, r = margins(attributes, (height, width), window, stride)
        edges = ((0, 0), (t, b), (l, r), (0, 0))
        if kind == "max-pool2d":
            a = np.pad(a, edges, constant_values=-np.inf)
            return np.max([view for _, _, view in windows(a, window, stride, (1, 1))], 0)
        inside = np.pad(np.ones_like(a), edges)
        a = np.pad(a, edges)
        return (np.sum([view for _, _, view in windows(a, window, stride, (1, 1))], 0)
                / np.sum([view for _, _, view in windows(inside, window, stride, (1, 1))], 0))
    if kind == "upsample2d":
        for axis, factor in zip((1, 2), pair(attributes, "factor")):
            if attributes.get("mode", "nearest") == "nearest":
                a = np.repeat(a, factor, axis)
            else:
                n = a.shape[axis]
                at = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
                low = np.floor(at).astype(int)
                share = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
                high = np.minimum(low + 1, n - 1)
                a = np.take(a, low, axis) * (1 - share) + np.take(a, high, axis) * share
        return a
    if kind in ("crop2d", "pad2d"):
        t, b, l, r = (int(n) for n in attributes[MARGINS[kind]])
        if kind == "crop2d":
            return a[:, t:height - b, l:width - r]
        return np.pad(a, ((0, 0), (t, b), (l, r), (0, 0)))
    raise ExportError(f"the model format has no layer '{kind}'")


# MARK: - Common to the frameworks

def without_last_reshape(layers):
    """A parameter is read element by element, so its stack may end before a reshape: on its activation."""
    while layers and layers[-1].kind in ("flatten", "reshape") and layers[-1].activation == "identity":
        if len(layers) == 1:
            return [activation_layer("identity", layers[0].shape_in)]
        layers = layers[:-1]
    return layers


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def named_outputs(where, conditional, count, keys):
    """{parameter: index or key of the network's outputs}, or a tuple of names that share one output."""
    outputs = conditional.outputs
    if conditional.heads:
        return {name: name for name in conditional.heads}
    if isinstance(outputs, Mapping):
        return dict(outputs)
    if outputs is None:
        if conditional.distribution in USUAL_OUTPUTS:
            outputs = [name for name in USUAL_OUTPUTS[conditional.distribution]
                       if not constant_for(conditional, name)]
        elif conditional.distribution in ("bernoulli", "continuous-bernoulli"):
            outputs = ["?"]       # logits or probabilities: the last activation decides
        else:
            raise ExportError(f"{where}: say with outputs= what the network returns for a "
                              f"{conditional.distribution} distribution")
    names = [outputs] if isinstance(outputs, str) else list(outputs)
    if keys is not None:
        missing = [name for name in names if name not in keys]
        if missing:
            raise ExportError(f"{where}: the network returns a dictionary of {', '.join(map(str, keys))}; "
                              "say with outputs={'mean': key, ...} which is which")
        return {name: name for name in names}
    if count == 1 and len(names) > 1:
        return tuple(names)
    if count != len(names):
        raise ExportError(f"{where}: the network returns {count} outputs; outputs= names {len(names)} "
                          f"({', '.join(map(str, names))}); None stands for one to ignore")
    return {name: i for i, name in enumerate(names) if name is not None}


def constant_for(conditional, name):
    """Whether a constant takes the place of the parameter."""
    for row in PARAMETERS[conditional.distribution]:
        if name in row:
            return any(other in conditional.constants for other in row)
    return False


def split_indices(where, names, elements, how):
    """The elements of one output that belong to each parameter."""
    if elements % len(names):
        raise ExportError(f"{where}: one output of {elements} elements can't be split into "
                          f"{', '.join(names)}")
    order = np.arange(elements)
    if how == "halves":
        parts = order.reshape(len(names), -1)
    elif how == "interleaved":
        parts = order.reshape(-1, len(names)).T
    else:
        raise ExportError(f"{where}: split is 'halves' or 'interleaved', not {how!r}")
    return dict(zip(names, parts))


def peel(trunk, heads):
    """Moves the end of the trunk into heads that select among its outputs, so that weights are selected."""
    def selects(layers):
        for item in layers:
            if item.kind == "gather":
                return not in_order(item)
            if item.kind != "activation":
                return False
        return False

    trunk = list(trunk)
    while trunk and any(selects(layers) for layers in heads.values()):
        moved = trunk.pop()
        for name in heads:
            heads[name] = move_gathers([copy.deepcopy(moved)] + heads[name])
    return trunk, heads


def name_probabilities(where, stacks):
    """Calls a Bernoulli output by what it is."""
    if "?" not in stacks:
        return stacks
    layers = stacks["?"]
    last = next((item.activation for item in reversed(layers)
                 if item.kind not in ("flatten", "reshape")), "identity")
    if last not in ("identity", "sigmoid"):
        raise ExportError(f"{where}: the output ends in {last}; say outputs='logits' or 'probabilities'")
    return {("probabilities" if last == "sigmoid" else "logits") if name == "?" else name: item
            for name, item in stacks.items()}


def finish(path, encoders, decoders, *, sizes, framework, tolerance, seed, data_format, prior, **rest):
    """Writes beside the path, compares, stores the comparison, and moves the file into place."""
    for side, parts in (("encoder", encoders), ("decoder", decoders)):
        for l, part in enumerate(parts, 1):
            where = f"{side}/{l}"
            part.stacks = name_probabilities(where, part.stacks)
            check_parameters(where, part.distribution, list(part.stacks) + list(part.constants))
    if prior is not None:
        if prior.get("distribution") not in ("standard-normal", "normal", "normal-mixture", "vamp"):
            raise ExportError("prior={'distribution': 'standard-normal' | 'normal' | 'normal-mixture' | "
                              f"'vamp', ...}}, not {prior.get('distribution')!r}")
    temporary = f"{os.fspath(path)}.partial"
    try:
        write_model(temporary, encoders, decoders, data_format=data_format, prior=prior, **rest)
        stored, random = StoredModel(temporary), np.random.default_rng(seed)
        worst, worst_relative, compared = 0.0, 0.0, True
        for side, parts in (("encoder", encoders), ("decoder", decoders)):
            for l, part in enumerate(parts, 1):
                if part.reference is None:
                    compared = False
                    continue
                inputs = [np.float32(random.uniform(size=(5, sizes[0])) if v == 0
                                     else random.standard_normal((5, sizes[v]))) for v in part.given]
                joined = np.concatenate(inputs, -1)
                if part.given == [0]:
                    joined = joined.reshape(5, *stored.input_shape)
                ours = getattr(stored, side)(l, joined)
                theirs = part.reference(inputs)
                for name in part.stacks:
                    a = np.asarray(ours[name]).reshape(5, -1)
                    b = np.asarray(theirs[name], np.float64).reshape(5, -1)
                    if a.shape != b.shape:
                        raise ExportError(f"/{side}/{l}/{name}: {a.shape[1]} elements in the file, "
                                          f"{b.shape[1]} in {framework}")
                    check_range(f"/{side}/{l}/{name}", name, b)
                    error = float(np.abs(a - b).max())
                    relative = error / max(float(np.abs(b).max()), 1e-30)
                    if not relative <= tolerance:
                        raise ExportError(
                            f"/{side}/{l}/{name}: the file computes something else than {framework}: the "
                            f"largest difference is {error:.3g}, {relative:.3g} of the largest value "
                            f"(tolerance {tolerance:g}). Nothing was written")
                    worst, worst_relative = max(worst, error), max(worst_relative, relative)
        if compared:
            with h5py.File(temporary, "a") as file:
                file.attrs["verified_against"] = framework
                file.attrs["verification_error"] = worst
                file.attrs["verification_relative_error"] = worst_relative
        else:
            warnings.warn(f"{os.fspath(path)} was not compared with {framework}: no reference was given",
                          stacklevel=3)
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
    return (worst, worst_relative) if compared else None


def check_range(where, name, values):
    """Logits taken for probabilities, a log-variance taken for a scale."""
    low, high = float(values.min()), float(values.max())
    if name == "probabilities" and not (low >= 0 and high <= 1):
        raise ExportError(f"{where}: probabilities from {low:.3g} to {high:.3g}: are these logits?")
    if name in ("scale", "variance", "rate", "dispersion", "alpha", "beta") and not low > 0:
        raise ExportError(f"{where}: {name} as low as {low:.3g}, and it has to be positive: is this its logarithm?")


def conditionals(side, networks, heads, distribution_of):
    """A list of Conditional, copied, for the encoders or decoders, each with its distribution."""
    out = []
    for l, item in enumerate(networks, 1):
        item = copy.copy(item) if isinstance(item, Conditional) else Conditional(item)
        if heads:
            if len(networks) > 1 or item.heads:
                raise ExportError(f"{side}: mean=, log_variance=, ... are heads of a single encoder; "
                                  "with several use Conditional(network, heads={...})")
            item.heads = heads
        item.distribution = item.distribution or distribution_of(l)
        if item.distribution not in PARAMETERS:
            raise ExportError(f"{side}/{l}: there is no distribution '{item.distribution}'; there are "
                              f"{', '.join(PARAMETERS)}")
        if (side == "encoder" or l > 1) and item.distribution not in LATENTS:
            raise ExportError(f"{side}/{l}: a latent is {', '.join(LATENTS)}, not {item.distribution}")
        out.append(item)
    return out


def latent_size(stacks, constants):
    layers = stacks.get("mean")
    return size(layers[-1].shape_out) if layers else size(np.shape(constants["mean"]))


# MARK: - PyTorch

def export_torch(path, encoder, decoder, input_shape, *, likelihood="bernoulli", latent="normal",
                 encoder_outputs=None, decoder_outputs=None, split="halves",
                 mean=None, log_variance=None, log_scale=None, scale=None, variance=None,
                 prior=None, divide_by=None, binarize=None, dequantize=None,
                 name=None, description=None, source=None, license=None,
                 tolerance=1e-4, seed=0):
    """Writes a PyTorch model, and compares the file with it.

    encoder          q(z|x): a module, a method of one (`vae.encode`) or a Conditional; with several stochastic
                     layers a list of these, the one fed with x first. It returns (mean, log_variance), or one
                     tensor of both, which `split` says how to take apart ("halves", "interleaved")
    decoder          p(x|z) likewise, p(x|z_1) first. For likelihood "bernoulli", an output that ends in a
                     sigmoid is probabilities, one without activation logits
    input_shape      one example, without the batch axis: (784,) or (1, 28, 28)
    encoder_outputs, decoder_outputs   what the networks return, where it is not the usual: see Conditional
    mean, log_variance, log_scale, scale, variance   modules fed with the encoder's output: its heads
    prior            {"distribution": "normal" | "normal-mixture" | "vamp", its arrays}; absent: standard normal
    divide_by, binarize, dequantize    what a stored example goes through before the model sees it

    Returns the largest difference, absolute and relative to the largest value. Raises ExportError.
    """
    heads = {key: module for key, module in
             (("mean", mean), ("log_variance", log_variance), ("log_scale", log_scale),
              ("scale", scale), ("variance", variance)) if module is not None}
    encoders = conditionals("encoder", as_list(encoder), heads, lambda l: latent)
    decoders = conditionals("decoder", as_list(decoder), None, lambda l: likelihood if l == 1 else latent)
    for item in encoders if encoder_outputs is not None or split != "halves" else []:
        item.outputs = item.outputs if encoder_outputs is None else encoder_outputs
        item.split = split
    if decoder_outputs is not None:
        decoders[0].outputs = decoder_outputs
    if len(encoders) != len(decoders):
        raise ExportError(f"{len(encoders)} encoders and {len(decoders)} decoders: one of each for every "
                          "stochastic layer")

    import torch

    shapes = {0: tuple(input_shape)}
    parts = {"encoder": [], "decoder": []}
    for side, items in (("encoder", encoders), ("decoder", decoders)):
        order = encoder_order(items) if side == "encoder" else range(1, len(items) + 1)
        made = {}
        for l in order:
            default = [l - 1] if side == "encoder" else [l]
            made[l] = torch_part(f"{side}/{l}", items[l - 1], list(items[l - 1].given or default),
                                 default, shapes)
            if side == "encoder":
                shapes[l] = (latent_size(made[l].stacks, made[l].constants),)
        parts[side] = [made[l] for l in range(1, len(items) + 1)]
    return finish(
        path, parts["encoder"], parts["decoder"], sizes={v: size(s) for v, s in shapes.items()},
        framework=f"torch {torch.__version__}", tolerance=tolerance, seed=seed, input_shape=input_shape,
        data_format="channels_first", prior=prior, divide_by=divide_by, binarize=binarize,
        dequantize=dequantize,
        about=dict(name=name, description=description, source=source, license=license))


def encoder_order(items):
    """The encoders, each after those whose samples it is fed with."""
    given = {l: set(item.given or [l - 1]) - {0} for l, item in enumerate(items, 1)}
    order = []
    while given:
        ready = [l for l, needs in given.items() if needs <= set(order)]
        if not ready:
            raise ExportError("the encoders' `given` go round in a circle, or name a variable that "
                              "does not exist")
        order += ready
        for l in ready:
            del given[l]
    return order


def torch_part(where, item, given, default_given, shapes):
    import torch

    unknown = [v for v in given if v not in shapes]
    if unknown:
        raise ExportError(f"{where}: given names variables that do not exist: {unknown}")
    # Networks are read, and compared, as they are at test time.
    modules = [m for m in (getattr(f, "__self__", f) for f in [item.network, *(item.heads or {}).values()])
               if isinstance(m, torch.nn.Module)]
    training = [(m, m.training) for top in modules for m in top.modules()]
    for top in modules:
        top.eval()
    try:
        graph = TorchGraph(where, item, [shapes[v] for v in given])
        names = named_outputs(where, item, len(graph.results), graph.keys)
        data_format = "channels_first"
        if isinstance(names, tuple):        # one output for several parameters
            whole = graph.results[0]
            shape = tuple(graph.shape(whole))
            order = split_indices(where, names, size(shape), item.split)
            trunk = graph.layers(whole, graph.root)
            heads = {name: [Layer("gather", shape, (len(indices),), arrays={"indices": indices},
                                  name="the split of the output")]
                     for name, indices in order.items()}
            take = {name: (0, indices) for name, indices in order.items()}
        else:
            try:
                picked = {name: graph.results[graph.position(key)] for name, key in names.items()}
            except (KeyError, IndexError) as error:
                raise ExportError(f"{where}: the network returns no output {error}") from None
            top = graph.common(list(picked.values())) if len(picked) > 1 else graph.root
            trunk = graph.layers(top, graph.root)
            heads = {name: graph.layers(node, top) for name, node in picked.items()}
            take = {name: (graph.position(key), slice(None)) for name, key in names.items()}
        trunk, heads = peel(trunk, heads)
        trunk = lower(trunk, data_format)
        heads = {name: without_last_reshape(lower(layers, data_format)) for name, layers in heads.items()}
        for name, layers in heads.items():      # an identity head has no shape of its own
            if not layers and name == "mean":
                shape = tuple(graph.shape(graph.results[take[name][0]]))
                heads[name] = [activation_layer("identity", shape)]
    finally:
        for m, mode in training:
            m.training = mode

    def reference(inputs):
        for top in modules:
            top.eval()
        try:
            with torch.no_grad():
                results = graph.evaluate(inputs)
        finally:
            for m, mode in training:
                m.training = mode
        values = {name: np.asarray(results[i].detach().float().cpu()).reshape(len(inputs[0]), -1)[:, indices]
                  for name, (i, indices) in take.items()}
        if "?" in values:
            values["logits"] = values["probabilities"] = values["?"]
        return values

    return Part(item.distribution, given, default_given, trunk, heads, dict(item.constants), item.bins,
                reference)


# Operations that only move elements: replayed on indices instead of being understood.
MOVING = {
    "view", "reshape", "flatten", "unflatten", "permute", "transpose", "swapaxes", "movedim", "moveaxis",
    "squeeze", "unsqueeze", "contiguous", "clone", "detach", "chunk", "split", "tensor_split", "unbind",
    "getitem", "select", "narrow", "index_select", "expand", "expand_as", "repeat", "repeat_interleave", "tile",
    "flip", "roll", "view_as", "reshape_as", "t", "hsplit", "pixel_shuffle", "pixel_unshuffle",
    "channel_shuffle", "Flatten", "Unflatten", "PixelShuffle", "PixelUnshuffle", "ChannelShuffle",
}
SAME = {"Identity", "Dropout", "Dropout1d", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout",
        "dropout", "dropout2d", "alpha_dropout", "float", "to", "type_as"}
ELEMENTWISE = {
    "relu": "relu", "ReLU": "relu", "selu": "selu", "SELU": "selu", "tanh": "tanh", "Tanh": "tanh",
    "sigmoid": "sigmoid", "Sigmoid": "sigmoid", "silu": "silu", "SiLU": "silu", "exp": "exp",
    "relu6": "relu6", "ReLU6": "relu6", "expit": "sigmoid",
    "leaky_relu": "leaky-relu", "LeakyReLU": "leaky-relu", "elu": "elu", "ELU": "elu", "PReLU": "prelu",
    "prelu": "prelu", "softplus": "softplus", "Softplus": "softplus", "gelu": "gelu", "GELU": "gelu",
    "hardtanh": "hard-tanh", "Hardtanh": "hard-tanh", "clamp": "clamp", "clip": "clamp",
    "clamp_min": "clamp", "clamp_max": "clamp",
    "softmax": "softmax", "Softmax": "softmax",
}
ARITHMETIC = {"add": "add", "iadd": "add", "radd": "add", "sub": "sub", "subtract": "sub", "isub": "sub",
              "rsub": "rsub", "mul": "mul", "multiply": "mul", "imul": "mul", "rmul": "mul",
              "div": "div", "divide": "div", "true_divide": "div", "truediv": "div", "itruediv": "div",
              "neg": "neg", "negative": "neg"}
BATCH = 3


class TorchGraph:
    """A network traced with torch.fx and run once, as a graph whose paths become stacks of layers."""

    def __init__(self, where, item, shapes):
        import torch
        from torch import fx

        self.torch, self.where = torch, where
        self.root_module = root = torch_root(item, len(shapes), where)
        self.joined = len(shapes) > 1 and root.arity == 1
        if self.joined:
            shapes = [(sum(size(s) for s in shapes),)]
        self.shapes = shapes

        class Tracer(fx.Tracer):
            """Finds modules that the root does not own: those that a function has in its closure."""

            def path_of_module(tracer, module):
                try:
                    return super().path_of_module(module)
                except NameError:
                    name = f"outside_{len(tracer.submodule_paths or {})}"
                    root.add_module(name, module)
                    for inner, m in module.named_modules():
                        if tracer.submodule_paths is not None:
                            tracer.submodule_paths.setdefault(m, f"{name}.{inner}" if inner else name)
                    return name

        parameter = next(root.parameters(), None)
        device = parameter.device if parameter is not None else "cpu"
        self.dtype = parameter.dtype if parameter is not None else torch.float32
        self.device = device
        try:
            graph = Tracer().trace(root)
            self.module = fx.GraphModule(root, graph)
            run = fx.Interpreter(self.module, garbage_collect_values=False)
            generator = np.random.default_rng(0)
            with torch.no_grad():
                run.run(*[self._tensor(generator.uniform(size=(BATCH, *shape))) for shape in shapes])
        except ExportError:
            raise
        except Exception as error:
            raise ExportError(
                f"{where}: torch.fx can't follow {describe(item)}: {type(error).__name__}: "
                f"{(str(error).splitlines() or [''])[0]}. A forward "
                "that branches on values, or takes other inputs, has to be wrapped in one that does not"
            ) from error
        self.value = dict(run.env)
        nodes = list(graph.nodes)
        self.position_of = {node: i for i, node in enumerate(nodes)}
        placeholders = [node for node in nodes if node.op == "placeholder"]
        if len(placeholders) == 1:
            self.root = placeholders[0]
        else:       # a virtual node: the inputs joined
            self.root = "inputs"
            self.position_of[self.root] = -1
        self._placeholders = placeholders
        self._follow(nodes)
        result = nodes[-1].args[0]
        if isinstance(result, Mapping):
            self.keys, self.results = list(result), list(result.values())
        elif isinstance(result, (tuple, list)):
            self.keys, self.results = None, list(result)
        elif isinstance(self.value.get(result), (tuple, list)):
            with graph.inserting_before(nodes[-1]):
                items = [graph.call_function(operator.getitem, (result, i))
                         for i in range(len(self.value[result]))]
            for i, node in enumerate(items):
                self.value[node] = self.value[result][i]
                self.position_of[node] = len(nodes) + i
            self._follow(items)
            self.keys, self.results = None, items
        else:
            self.keys, self.results = None, [result]

    def _tensor(self, array):
        dtype = self.dtype if self.dtype.is_floating_point else self.torch.float32
        return self.torch.as_tensor(np.asarray(array)).to(device=self.device, dtype=dtype)

    def _follow(self, nodes):
        """Which nodes depend on the input by way of tensors, and what dominates each of them."""
        if not hasattr(self, "dominators"):
            self.dominators = {self.root: {self.root}}
            if self.root == "inputs":
                for node in self._placeholders:
                    self.dominators[node] = {self.root, node}
        for node in nodes:
            if node in self.dominators or node.op in ("output", "placeholder", "get_attr"):
                continue
            if not self._is_tensor(self.value.get(node)):
                continue
            above = [self.dominators[n] for n in node.all_input_nodes if n in self.dominators]
            if above:
                self.dominators[node] = set.intersection(*above) | {node}

    def _is_tensor(self, value):
        if isinstance(value, (tuple, list)):
            return any(isinstance(v, self.torch.Tensor) for v in value)
        return isinstance(value, self.torch.Tensor)

    def evaluate(self, inputs):
        """The network itself on flat inputs of each variable."""
        if self.joined:
            inputs = [np.concatenate(inputs, -1)]
        result = self.root_module(*[self._tensor(a.reshape(len(a), *shape))
                                    for a, shape in zip(inputs, self.shapes)])
        if isinstance(result, Mapping):
            return list(result.values())
        return list(result) if isinstance(result, (tuple, list)) else [result]

    def position(self, key):
        if isinstance(key, str):
            if self.keys is None or key not in self.keys:
                raise KeyError(key)
            return self.keys.index(key)
        if not 0 <= key < len(self.results):
            raise IndexError(key)
        return key

    def shape(self, node):
        if node == "inputs":
            return (sum(size(s) for s in self.shapes),)
        value = self.value[node]
        if not isinstance(value, self.torch.Tensor):
            self.fail(node, f"gives a {type(value).__name__}, and is not something that the model format can express")
        if value.ndim == 0 or value.shape[0] != BATCH:
            self.fail(node, f"gives a tensor of shape {tuple(value.shape)}, whose first axis is not the batch")
        return tuple(value.shape[1:])

    def common(self, nodes):
        """The last tensor that every path to each of the nodes goes through."""
        for node in nodes:
            if node not in self.dominators:
                self.fail(node, "does not depend on the input: give it with constants=")
        shared = set.intersection(*(self.dominators[node] for node in nodes))
        return max((n for n in shared if n == "inputs" or isinstance(self.value[n], self.torch.Tensor)),
                   key=self.position_of.get)

    # MARK: Naming

    def name(self, node):
        if node == "inputs":
            return "the input"
        path = node.target if node.op == "call_module" else None
        if path is None:
            stack = node.meta.get("nn_module_stack") or {}
            path = list(stack)[-1] if stack else ""
        parts = str(path).split(".")
        return ".".join(p for p in parts if p not in ("network", "heads") and not p.startswith("outside_"))

    def fail(self, node, problem):
        if getattr(node, "op", None) == "call_module":
            what = type(self.module.get_submodule(node.target)).__name__
            place = f"{self.name(node) or 'the network'} ({what})"
        elif node == "inputs" or node is None:
            place = "the input"
        else:
            stack = list((node.meta.get("nn_module_stack") or {}).values())
            owner = stack[-1] if stack else None
            owner = owner[1] if isinstance(owner, tuple) else owner
            owner = getattr(owner, "__name__", str(owner).rsplit(".", 1)[-1]) if owner else ""
            target = node.target if isinstance(node.target, str) else getattr(
                node.target, "__name__", str(node.target))
            inside = " ".join(p for p in (self.name(node), f"({owner})" if owner and owner != "_Root" else "") if p)
            place = f"{target}(){' in ' + inside if inside else ''}"
        raise ExportError(f"{self.where}: {place} {problem}")

    # MARK: Layers

    def operation(self, node):
        if node.op == "call_module":
            known = {*HANDLERS, *MOVING, *SAME, *ELEMENTWISE}
            return next((c.__name__ for c in type(self.module.get_submodule(node.target)).__mro__
                         if c.__name__ in known), "")
        if node.op == "call_method":
            return node.target.rstrip("_") if not node.target.startswith("__") else node.target
        if node.op == "call_function":
            return getattr(node.target, "__name__", str(node.target)).rstrip("_")
        return node.op

    def constant(self, argument):
        """An argument's value, which does not depend on the input."""
        return self.value[argument] if isinstance(argument, self.torch.fx.Node) else argument

    def argument(self, node, index, key, default=None):
        if len(node.args) > index:
            return self.constant(node.args[index])
        return self.constant(node.kwargs[key]) if key in node.kwargs else default

    def source(self, node):
        """The one tensor that a node works on."""
        inputs = [n for n in node.all_input_nodes if n in self.dominators]
        if len(inputs) != 1:
            self.fail(node, f"joins {len(inputs)} tensors in a way that the format can't express")
        return inputs[0]

    def layers(self, node, stop):
        """The layers from `stop` to `node`."""
        if node not in self.dominators:
            self.fail(node, "does not depend on the input: give it with constants=")
        out = []
        while node != stop:
            found, node = self.step(node, stop)
            out = found + out
        return out

    def step(self, node, stop):
        if node in self._placeholders:      # one of several inputs
            sizes = [size(s) for s in self.shapes]
            i = self._placeholders.index(node)
            start = sum(sizes[:i])
            return [Layer("gather", self.shape(self.root), tuple(self.shapes[i]),
                          arrays={"indices": np.arange(start, start + sizes[i])}, name="an input")], self.root
        operation = self.operation(node)
        if operation in MOVING:
            return self.moved(node, stop)
        if operation in SAME:
            if (operation in ("dropout", "dropout2d", "alpha_dropout")
                    and self.argument(node, 2, "training", True)):
                self.fail(node, "is a dropout that also runs at test time: pass training=self.training")
            return [], self.source(node)
        if operation in ELEMENTWISE:
            source = self.source(node)
            layers = self.activation(node, ELEMENTWISE[operation])
            for item in layers:
                item.shape_in = item.shape_out = self.shape(node)
            return layers, source
        if operation in ARITHMETIC:
            return self.arithmetic(node, ARITHMETIC[operation])
        if operation in ("cat", "concat", "concatenate"):
            return self.concatenation(node)
        if operation in HANDLERS:
            source = self.source(node)
            module = self.module.get_submodule(node.target) if node.op == "call_module" else None
            layers = HANDLERS[operation](self, node, module)
            if layers:
                layers[0].shape_in, layers[-1].shape_out = self.shape(source), self.shape(node)
                for a, b in zip(layers, layers[1:]):
                    b.shape_in = a.shape_out
                layers[-1].name = layers[-1].name or self.name(node)
            return layers, source
        self.fail(node, "is not something that the model format can express")

    def moved(self, node, stop):
        chain = [node]
        while True:
            source = self.source(chain[-1])
            if source == stop or source in self._placeholders or self.operation(source) not in MOVING:
                break
            chain.append(source)
        shape = self.shape(source)
        count = size(shape)
        values = {source: self.torch.arange(BATCH * count).reshape(BATCH, *shape)}
        for link in reversed(chain):
            pick = lambda n: values[n] if n in values else self.value[n]
            args, kwargs = self.torch.fx.node.map_arg((link.args, link.kwargs), pick)
            if link.op == "call_module":
                values[link] = self.module.get_submodule(link.target)(*args)
            elif link.op == "call_method":
                values[link] = getattr(args[0], link.target)(*args[1:], **kwargs)
            else:
                values[link] = link.target(*args, **kwargs)
        rows = values[node].numpy().reshape(BATCH, -1) if values[node].shape[:1] == (BATCH,) else None
        if rows is None or not np.array_equal(rows, rows[:1] + count * np.arange(BATCH)[:, None]):
            self.fail(node, "mixes the examples of a batch")
        return [Layer("gather", shape, self.shape(node), arrays={"indices": rows[0]},
                      name=self.name(node))], source

    def activation(self, node, name):
        module = self.module.get_submodule(node.target) if node.op == "call_module" else None

        def option(index, key, default):
            return getattr(module, key) if module is not None else self.argument(node, index, key, default)

        shape = self.shape(node)
        if name == "relu6":
            return [activation_layer("hard-tanh", shape, min=0.0, max=6.0)]
        if name == "leaky-relu":
            return [activation_layer(name, shape, alpha=float(option(1, "negative_slope", 0.01)))]
        if name == "prelu":
            alpha = option(1, "weight", None)
            if alpha.numel() != 1:
                self.fail(node, f"has {alpha.numel()} slopes; the format has one")
            return [activation_layer("leaky-relu", shape, alpha=float(alpha.detach()))]
        if name == "elu":
            return [activation_layer(name, shape, alpha=float(option(1, "alpha", 1.0)))]
        if name == "softplus":
            beta = float(option(1, "beta", 1.0))
            if beta == 1:
                return [activation_layer(name, shape)]
            return [affine(shape, beta, 0), activation_layer(name, shape), affine(shape, 1 / beta, 0)]
        if name == "gelu":
            approximate = option(1, "approximate", "none")
            return [activation_layer("gelu" if approximate == "none" else "gelu-tanh", shape)]
        if name == "hard-tanh":
            low, high = option(1, "min_val", -1.0), option(2, "max_val", 1.0)
            return [activation_layer(name, shape, min=float(low), max=float(high))]
        if name == "clamp":
            operation = self.operation(node)
            low = self.argument(node, 1, "min") if operation != "clamp_max" else None
            high = self.argument(node, 2 if operation != "clamp_max" else 1, "max")
            if any(isinstance(bound, self.torch.Tensor) and bound.numel() > 1 for bound in (low, high)):
                self.fail(node, "has bounds that differ between elements")
            far = float(np.finfo(np.float32).max)
            return [activation_layer("hard-tanh", shape, min=float(-far if low is None else low),
                                     max=float(far if high is None else high))]
        if name == "softmax":
            axis = option(1, "dim", None)
            if axis is None or axis % (len(shape) + 1) != len(shape):
                self.fail(node, "is a softmax over another axis than the last")
        return [activation_layer(name, shape)]

    def arithmetic(self, node, operation):
        operands = list(node.args[:2])
        if len(operands) < 2 and "other" in node.kwargs:
            operands.append(node.kwargs["other"])
        if node.kwargs.get("alpha", 1) != 1:
            self.fail(node, "has an alpha")
        if operation == "rsub":
            operands, operation = operands[::-1], "sub"
        if node.kwargs.get("rounding_mode"):
            self.fail(node, "rounds")
        varying = [o for o in operands if isinstance(o, self.torch.fx.Node) and o in self.dominators]
        shape = self.shape(node)
        if operation == "neg":
            return [affine(shape, -1, 0)], operands[0]
        if len(varying) == 2:
            if operation not in ("add", "sub"):
                self.fail(node, "is a product or quotient of two computed tensors: the format has sums only")
            if any(self.shape(o) != shape for o in varying):
                self.fail(node, f"adds tensors of different shapes {[self.shape(o) for o in varying]}")
            top = self.common(varying)
            stacks = [self.layers(o, top) for o in varying]
            if operation == "sub":
                stacks[1].append(affine(shape, -1, 0))
            if not stacks[0]:
                stacks.reverse()
            stacks = {"body": stacks[0], "shortcut": stacks[1]}
            if not stacks["shortcut"]:
                del stacks["shortcut"]
            return [Layer("residual", self.shape(top), shape, stacks=stacks, name=self.name(node))], top
        source = varying[0]
        other = self.constant(operands[1] if operands[0] is source else operands[0])
        if isinstance(other, self.torch.Tensor):
            other = np.asarray(other.detach().double().cpu())
            if other.ndim == len(shape) + 1 and other.shape[0] not in (1, BATCH):
                self.fail(node, f"has a constant of shape {other.shape}")
            other = np.broadcast_to(other, (BATCH, *shape))
            if not np.array_equal(other, np.broadcast_to(other[:1], other.shape)):
                self.fail(node, "has a constant that differs between the examples of a batch")
            other = other[0]
        if self.shape(source) != shape:
            self.fail(node, "makes its input larger by broadcasting")
        if operation == "add":
            return [affine(shape, 1, other)], source
        if operation == "mul":
            return [affine(shape, other, 0)], source
        if operation == "sub":
            first = operands[0] is source
            return [affine(shape, 1, -other) if first else affine(shape, -1, other)], source
        if operands[0] is not source:
            self.fail(node, "divides by a computed tensor")
        return [affine(shape, 1 / np.asarray(other, np.float64), 0)], source

    def concatenation(self, node):
        tensors = self.argument(node, 0, "tensors") if not node.args else node.args[0]
        axis = self.argument(node, 1, "dim", 0)
        varying = [t for t in tensors if t in self.dominators]
        if len(varying) != len(tensors):
            self.fail(node, "joins a constant to a computed tensor")
        shape = self.shape(node)
        wanted = 1 + channel_axis(shape, "channels_first")
        if axis % (len(shape) + 1) != wanted:
            self.fail(node, f"joins along axis {axis}; the format joins channels (axis {wanted})")
        top = self.common(varying)
        branches = [self.layers(t, top) for t in varying]
        return [Layer("concat", self.shape(top), shape, stacks={"branches": branches},
                      name=self.name(node))], top


def affine(shape, scale, offset):
    return Layer("affine", shape, shape,
                 arrays={"scale": np.asarray(scale, np.float64), "offset": np.asarray(offset, np.float64)})


def describe(item):
    network = item.network if item.network is not None else next(iter((item.heads or {}).values()), None)
    return getattr(network, "__qualname__", type(network).__name__)


def torch_root(item, inputs, where):
    """A module whose forward is the conditional: the network, then its heads."""
    import inspect

    import torch

    function = item.network
    if function is not None and not callable(function):
        raise ExportError(f"{where}: {type(function).__name__} is neither a module nor a function")
    forward = function.forward if isinstance(function, torch.nn.Module) else function
    arity = 1
    if forward is not None and inputs > 1:
        try:
            required = [p for p in inspect.signature(forward).parameters.values()
                        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        except (TypeError, ValueError):
            required = [None]
        arity = inputs if len(required) == inputs else 1

    class _Root(torch.nn.Module):
        def __init__(self):
            super().__init__()
            owner = getattr(function, "__self__", function)
            if isinstance(owner, torch.nn.Module):
                self.network = owner
            self.heads = torch.nn.ModuleDict({
                name: head for name, head in (item.heads or {}).items() if isinstance(head, torch.nn.Module)})
            self.arity = arity

        def run(self, *inputs):
            hidden = function(*inputs) if function is not None else inputs[0]
            if item.heads:
                return {name: head(hidden) for name, head in item.heads.items()}
            return hidden

    class One(_Root):
        def forward(self, a):
            return self.run(a)

    class Two(_Root):
        def forward(self, a, b):
            return self.run(a, b)

    class Three(_Root):
        def forward(self, a, b, c):
            return self.run(a, b, c)

    if arity > 3:
        raise ExportError(f"{where}: a network of {arity} inputs; join them into one argument")
    return (One, Two, Three)[arity - 1]()


# MARK: Modules and functions that become layers

def array(tensor):
    return np.asarray(tensor.detach().float().cpu())


def two(value):
    return [int(v) for v in value] if isinstance(value, (tuple, list)) else [int(value)] * 2


def weights(weight, bias):
    return {"weight": array(weight)} | ({"bias": array(bias)} if bias is not None else {})


def torch_linear(graph, node, module):
    if module is not None:
        return [Layer("dense", arrays=weights(module.weight, module.bias))]
    weight, bias = graph.argument(node, 1, "weight"), graph.argument(node, 2, "bias")
    return [Layer("dense", arrays=weights(weight, bias))]


def torch_matmul(graph, node, module):
    kernel = graph.constant(node.args[1])
    if node.args[0] not in graph.dominators or kernel.ndim != 2:
        graph.fail(node, "is a product that is not input @ matrix")
    return [Layer("dense", arrays={"kernel": array(kernel)})]


def torch_addmm(graph, node, module):
    bias, kernel = graph.constant(node.args[0]), graph.constant(node.args[2])
    if node.args[1] not in graph.dominators or node.kwargs:
        graph.fail(node, "is a product that is not bias + input @ matrix")
    return [Layer("dense", arrays={"kernel": array(kernel), "bias": array(bias).reshape(-1)})]


def options(graph, node, module, keys):
    """Options of a layer from the module, or from the function's arguments: {key: (position, default)}."""
    if module is not None:
        return {key: getattr(module, key) for key in keys}
    return {key: graph.argument(node, place, key, default) for key, (place, default) in keys.items()}


def torch_conv(graph, node, module):
    o = options(graph, node, module, {"weight": (1, None), "bias": (2, None), "stride": (3, 1),
                                      "padding": (4, 0), "dilation": (5, 1), "groups": (6, 1)})
    if getattr(module, "padding_mode", "zeros") != "zeros":
        graph.fail(node, f"pads with {module.padding_mode}; the format pads with zeros")
    stride, dilation, padding = two(o["stride"]), two(o["dilation"]), o["padding"]
    if padding == "valid":
        padding = 0
    if padding == "same":
        margins = []
        for d, k in zip(dilation, o["weight"].shape[2:]):
            margins += [d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2]
    else:
        p = two(padding)
        margins = [p[0], p[0], p[1], p[1]]
    attributes = {"stride": stride, "padding": margins if any(margins) else "valid"}
    if dilation != [1, 1]:
        attributes["dilation"] = dilation
    if o["groups"] != 1:
        attributes["groups"] = int(o["groups"])
    return [Layer("conv2d", attributes=attributes, arrays=weights(o["weight"], o["bias"]))]


def torch_conv_transpose(graph, node, module):
    o = options(graph, node, module, {"weight": (1, None), "bias": (2, None), "stride": (3, 1), "padding": (4, 0),
                                      "output_padding": (5, 0), "groups": (6, 1), "dilation": (7, 1)})
    p, extra, dilation = two(o["padding"]), two(o["output_padding"]), two(o["dilation"])
    attributes = {"stride": two(o["stride"]), "padding": [p[0], p[0], p[1], p[1]] if any(p) else "valid"}
    if any(extra):
        attributes["output_padding"] = extra
    if dilation != [1, 1]:
        attributes["dilation"] = dilation
    if o["groups"] != 1:
        attributes["groups"] = int(o["groups"])
    return [Layer("conv2d-transpose", attributes=attributes, arrays=weights(o["weight"], o["bias"]))]


def torch_batch_norm(graph, node, module):
    o = options(graph, node, module, {"running_mean": (1, None), "running_var": (2, None), "weight": (3, None),
                                      "bias": (4, None), "eps": (7, 1e-5)})
    if o["running_mean"] is None or (module is None and graph.argument(node, 5, "training", False)):
        graph.fail(node, "keeps no running mean and variance: what it computes depends on the batch")
    arrays = {"mean": array(o["running_mean"]), "variance": array(o["running_var"])}
    if o["weight"] is not None:
        arrays["scale"] = array(o["weight"])
    if o["bias"] is not None:
        arrays["offset"] = array(o["bias"])
    attributes = {"epsilon": float(o["eps"])}
    if len(graph.shape(node)) == 2:
        attributes["axis"] = 0
    return [Layer("batch-norm", attributes=attributes, arrays=arrays)]


def torch_layer_norm(graph, node, module):
    o = options(graph, node, module, {"normalized_shape": (1, None), "weight": (2, None), "bias": (3, None),
                                      "eps": (4, 1e-5)})
    normalized, shape = tuple(o["normalized_shape"]), graph.shape(node)
    arrays = {key: array(o[name]).reshape(-1) for key, name in (("scale", "weight"), ("offset", "bias"))
              if o[name] is not None}
    norm = Layer("layer-norm", attributes={"epsilon": float(o["eps"])}, arrays=arrays)
    if len(normalized) == 1:
        return [norm]
    if normalized != shape:
        graph.fail(node, f"normalizes {len(normalized)} axes of {len(shape)}; the format has the last or all")
    norm.shape_out = (size(shape),)
    return [Layer("flatten", shape, norm.shape_out), norm, Layer("reshape", attributes={"shape": list(shape)})]


def torch_pool(kind):
    def handler(graph, node, module):
        o = options(graph, node, module, {"kernel_size": (1, None), "stride": (2, None), "padding": (3, 0)})
        window = two(o["kernel_size"])
        stride, p = two(o["stride"] or window), two(o["padding"])
        place = 5 if kind == "max-pool2d" else 4
        ceil = (module.ceil_mode if module is not None else graph.argument(node, place, "ceil_mode", False))
        before = graph.shape(graph.source(node))[1:]
        after = graph.shape(node)[1:]
        margins = [p[0], p[0], p[1], p[1]]
        if ceil:
            for i, (n, m) in enumerate(zip(before, after)):
                margins[2 * i + 1] = max((m - 1) * stride[i] + window[i] - n - p[i], p[i])
        layers = []
        if kind == "max-pool2d":
            dilation = module.dilation if module is not None else graph.argument(node, 4, "dilation", 1)
            if two(dilation) != [1, 1] or (module is not None and module.return_indices):
                graph.fail(node, "has a dilation, or returns indices")
        else:
            include = (module.count_include_pad if module is not None
                       else graph.argument(node, 5, "count_include_pad", True))
            divisor = (module.divisor_override if module is not None
                       else graph.argument(node, 6, "divisor_override"))
            if divisor is not None or (ceil and any(p)):
                graph.fail(node, "has a divisor_override, or ceil_mode with padding")
            if include and any(p):
                channels = graph.shape(node)[0]
                layers.append(Layer("pad2d", attributes={"padding": margins}, shape_out=(
                    channels, before[0] + 2 * p[0], before[1] + 2 * p[1])))
                margins = [0, 0, 0, 0]
        return layers + [Layer(kind, attributes={
            "size": window, "stride": stride, "padding": margins if any(margins) else "valid"})]
    return handler


def torch_adaptive_pool(graph, node, module):
    before, after = graph.shape(graph.source(node)), graph.shape(node)
    window = [n // m for n, m in zip(before[1:], after[1:])]
    if any(n != m * k for n, m, k in zip(before[1:], after[1:], window)):
        graph.fail(node, f"pools {before[1:]} to {after[1:]}, which is not by a whole factor")
    return [Layer("average-pool2d", attributes={"size": window, "stride": window, "padding": "valid"})]


def torch_mean(graph, node, module):
    before = graph.shape(graph.source(node))
    axes = graph.argument(node, 1, "dim")
    axes = sorted(a % (len(before) + 1) for a in (axes if isinstance(axes, (tuple, list)) else [axes]))
    if len(before) != 3 or axes != [2, 3]:
        graph.fail(node, "is a mean over other axes than height and width")
    pool = Layer("average-pool2d", shape_out=(before[0], 1, 1), attributes={
        "size": list(before[1:]), "stride": list(before[1:]), "padding": "valid"})
    return [pool] + (reshaping(pool.shape_out, graph.shape(node)) if len(graph.shape(node)) == 1 else [])


def torch_upsample(graph, node, module):
    mode = module.mode if module is not None else graph.argument(node, 3, "mode", "nearest")
    corners = module.align_corners if module is not None else graph.argument(node, 4, "align_corners")
    before, after = graph.shape(graph.source(node)), graph.shape(node)
    factor = [m // n for n, m in zip(before[1:], after[1:])]
    if len(before) != 3 or any(m != n * f for n, m, f in zip(before[1:], after[1:], factor)):
        graph.fail(node, f"resizes {before} to {after}, which is not by a whole factor")
    if mode not in ("nearest", "nearest-exact", "bilinear") or corners:
        graph.fail(node, f"upsamples by {mode}{' with align_corners' if corners else ''}; the format has "
                         "nearest, and bilinear with half-pixel centres (align_corners=False)")
    return [Layer("upsample2d", attributes={"factor": factor, "mode": "bilinear" if mode == "bilinear" else "nearest"})]


def torch_pad(graph, node, module):
    if module is not None:
        padding, mode, value = module.padding, "constant", getattr(module, "value", 0)
    else:
        padding, mode = graph.argument(node, 1, "pad"), graph.argument(node, 2, "mode", "constant")
        value = graph.argument(node, 3, "value", 0)
    shape = graph.shape(node)
    padding = two(padding) * 2 if isinstance(padding, int) else [int(p) for p in padding]
    if mode != "constant" or value or len(shape) != 3 or any(padding[4:]):
        graph.fail(node, "pads with something else than zeros, or something else than images")
    l, r, t, b = (padding + [0, 0])[:4]
    before = graph.shape(graph.source(node))
    layers = []
    for kind, sign in (("crop2d", -1), ("pad2d", 1)):
        amounts = [max(sign * n, 0) for n in (t, b, l, r)]
        if any(amounts):
            before = (before[0], before[1] + sign * (amounts[0] + amounts[1]),
                      before[2] + sign * (amounts[2] + amounts[3]))
            layers.append(Layer(kind, shape_out=before, attributes={MARGINS[kind]: amounts}))
    return layers


HANDLERS = {
    "Linear": torch_linear, "linear": torch_linear, "matmul": torch_matmul, "mm": torch_matmul,
    "addmm": torch_addmm,
    "Conv2d": torch_conv, "conv2d": torch_conv,
    "ConvTranspose2d": torch_conv_transpose, "conv_transpose2d": torch_conv_transpose,
    "BatchNorm1d": torch_batch_norm, "BatchNorm2d": torch_batch_norm, "batch_norm": torch_batch_norm,
    "LayerNorm": torch_layer_norm, "layer_norm": torch_layer_norm,
    "MaxPool2d": torch_pool("max-pool2d"), "max_pool2d": torch_pool("max-pool2d"),
    "AvgPool2d": torch_pool("average-pool2d"), "avg_pool2d": torch_pool("average-pool2d"),
    "AdaptiveAvgPool2d": torch_adaptive_pool, "adaptive_avg_pool2d": torch_adaptive_pool,
    "mean": torch_mean,
    "Upsample": torch_upsample, "UpsamplingNearest2d": torch_upsample, "interpolate": torch_upsample,
    "ZeroPad2d": torch_pad, "ConstantPad2d": torch_pad, "pad": torch_pad,
}


# MARK: - JAX

def layer(kind, params=None, **attributes):
    """A layer of a JAX network, in the words of the model format.

        layer("dense", "encoder/Dense_0", activation="relu")
        layer("conv2d", "Conv_0", stride=2, padding="SAME", activation="relu")
        layer("reshape", shape=(7, 7, 64))
        layer("residual", body=[...], shortcut=[...]), layer("concat", branches=[[...], [...]])

    `params` is the path of the layer's weights in the parameter tree. Strides and the like are a number
    or a pair; padding is "SAME", "VALID", a number or ((top, bottom), (left, right)), with JAX's
    rule for conv2d-transpose. An activation's name alone is a layer too.
    """
    return {"layer": kind, "params": params, **attributes}


def export_jax(path, encoder, decoder, params, input_shape, *, batch_stats=None, encoder_apply=None,
               decoder_apply=None, likelihood="bernoulli", latent="normal",
               encoder_outputs=None, decoder_outputs=None, split="halves",
               prior=None, divide_by=None, binarize=None, dequantize=None,
               name=None, description=None, source=None, license=None,
               data_format="channels_last", tolerance=1e-4, seed=0):
    """Writes a JAX or Flax model from its parameters and a description of its layers, and compares.

    encoder, decoder   a list of `layer(...)`, or a Conditional whose network (and heads) are such lists;
                       with several stochastic layers a list of Conditional. Without heads, the network's
                       one output is split into mean and log_variance by `split`
    params             the parameter tree: Flax (kernel, bias; scale), Haiku (w, b), or pairs (w, b)
    batch_stats        Flax's running means and variances, where there are any
    encoder_apply, decoder_apply   what the framework computes, `lambda x: model.apply(variables, x)`; a list for
                       several layers. Returns one array, a tuple or a dictionary like the outputs named
    The rest is as in export_torch. Without the apply functions the file is not verified, and a warning says so.
    """
    def several(value):
        many = isinstance(value, (list, tuple)) and value and all(isinstance(v, Conditional) for v in value)
        return list(value) if many else [value]

    encoders = conditionals("encoder", several(encoder), None, lambda l: latent)
    decoders = conditionals("decoder", several(decoder), None, lambda l: likelihood if l == 1 else latent)
    if len(encoders) != len(decoders):
        raise ExportError(f"{len(encoders)} encoders and {len(decoders)} decoders: one of each for every "
                          "stochastic layer")
    for item in encoders:
        item.outputs = item.outputs if encoder_outputs is None else encoder_outputs
        item.split = split if split != "halves" else item.split
    if decoder_outputs is not None:
        decoders[0].outputs = decoder_outputs
    for items, functions in ((encoders, encoder_apply), (decoders, decoder_apply)):
        for item, function in zip(items, as_list(functions) if functions is not None else []):
            item.reference = item.reference or function

    try:
        import jax
        framework = f"jax {jax.__version__}"
    except ImportError:
        framework = "the functions given"
    tree = JaxTree(params, batch_stats, data_format)
    shapes, parts = {0: tuple(input_shape)}, {}
    for side, items in (("encoder", encoders), ("decoder", decoders)):
        made = {}
        for l in encoder_order(items) if side == "encoder" else range(1, len(items) + 1):
            default = [l - 1] if side == "encoder" else [l]
            item = items[l - 1]
            given = list(item.given or default)
            shape = shapes[given[0]] if len(given) == 1 else (sum(size(shapes[v]) for v in given),)
            made[l] = jax_part(f"{side}/{l}", item, given, default, shape, tree)
            if side == "encoder":
                shapes[l] = (latent_size(made[l].stacks, made[l].constants),)
        parts[side] = [made[l] for l in range(1, len(items) + 1)]
    return finish(
        path, parts["encoder"], parts["decoder"], sizes={v: size(s) for v, s in shapes.items()},
        framework=framework, tolerance=tolerance, seed=seed, input_shape=input_shape, data_format=data_format,
        prior=prior, divide_by=divide_by, binarize=binarize, dequantize=dequantize,
        about=dict(name=name, description=description, source=source, license=license))


def jax_part(where, item, given, default_given, shape, tree):
    trunk = tree.layers(where, item.network or [], shape)
    after = trunk[-1].shape_out if trunk else shape
    names = None
    if item.heads:
        heads = {name: tree.layers(f"{where}/{name}", network, after) for name, network in item.heads.items()}
    else:
        names = named_outputs(where, item, 1, None)
        if isinstance(names, tuple):
            order = split_indices(where, names, size(after), item.split)
            heads = {name: [Layer("gather", after, (len(indices),), arrays={"indices": indices},
                                  name="the split of the output")] for name, indices in order.items()}
        else:
            heads, trunk = {next(iter(names)): trunk}, []
    trunk, heads = peel(trunk, heads)
    trunk = lower(trunk, tree.data_format)
    heads = {name: without_last_reshape(lower(layers, tree.data_format)) for name, layers in heads.items()}
    for name in heads:
        heads[name] = heads[name] or [activation_layer("identity", after)]

    def reference(inputs):
        joined = np.concatenate(inputs, -1)
        results = item.reference(joined.reshape(len(joined), *shape))
        if isinstance(results, Mapping):
            keys = item.outputs if isinstance(item.outputs, Mapping) else {name: name for name in heads}
            values = {name: np.asarray(results[keys[name]]) for name in heads}
        elif isinstance(results, (tuple, list)):
            wanted = item.outputs if isinstance(item.outputs, (tuple, list)) else list(heads)
            values = {name: np.asarray(r) for name, r in zip(wanted, results) if name is not None}
        elif isinstance(names, tuple):
            flat = np.asarray(results).reshape(len(joined), -1)
            values = {name: flat[:, indices] for name, indices in
                      split_indices(where, names, flat.shape[1], item.split).items()}
        else:
            values = {name: np.asarray(results) for name in heads}
        if "?" in heads:
            value = next(iter(values.values()))
            values["logits"] = values["probabilities"] = value
        return values

    return Part(item.distribution, given, default_given, trunk, heads, dict(item.constants), item.bins,
                reference if item.reference is not None else None)


class JaxTree:
    """A parameter tree, and the layers that a description makes of it."""

    NAMES = {"kernel": ("kernel", "w", "weight", "weights", "W"), "bias": ("bias", "b"),
             "scale": ("scale", "gamma"), "offset": ("bias", "offset", "beta", "b"),
             "mean": ("mean", "moving_mean", "running_mean"), "variance": ("var", "variance", "moving_variance")}

    def __init__(self, params, batch_stats, data_format):
        self.params, self.batch_stats, self.data_format = params, batch_stats, data_format

    def node(self, where, tree, path):
        for key in str(path).split("/") if path not in (None, "") else []:
            try:
                tree = tree[int(key)] if isinstance(tree, (list, tuple)) else tree[key]
            except (KeyError, IndexError, ValueError, TypeError):
                held = ", ".join(map(str, tree)) if isinstance(tree, Mapping) else type(tree).__name__
                raise ExportError(f"{where}: the parameters have no '{path}': no '{key}' among {held}") from None
        return tree

    def array(self, where, holder, name, optional=False):
        if isinstance(holder, (list, tuple)):
            index = {"kernel": 0, "bias": 1}.get(name, 99)
            found = holder[index] if index < len(holder) else None
        else:
            found = next((holder[key] for key in self.NAMES[name] if key in holder), None)
        if found is None:
            if optional:
                return None
            raise ExportError(f"{where}: no {name} among its parameters "
                              f"({', '.join(map(str, holder)) if isinstance(holder, Mapping) else len(holder)})")
        return np.asarray(getattr(found, "value", found), np.float32)

    def layers(self, where, description, shape):
        out = []
        for i, entry in enumerate(description):
            if isinstance(entry, str):
                entry = {"layer": "flatten"} if entry == "flatten" else {"layer": "activation", "activation": entry}
            entry = dict(entry)
            kind, path = entry.pop("layer"), entry.pop("params", None)
            place = f"{where}: layer {i} ({kind}{', ' + str(path) if path else ''})"
            made = self.make(place, kind, path, entry, shape)
            activation = entry.pop("activation", "identity")
            if activation not in ACTIVATIONS:
                raise ExportError(f"{place}: there is no activation '{activation}'; there are "
                                  f"{', '.join(ACTIVATIONS)}")
            made[-1].activation = activation
            made[-1].activation_attributes = {key: float(entry.pop(key)) for key in ("alpha", "min", "max")
                                              if key in entry}
            if entry:
                raise ExportError(f"{place}: no such option: {', '.join(entry)}")
            made[-1].name = str(path or "").replace("/", ".")
            for item in made:
                item.shape_in = shape
                item.shape_out = shape = self.shape_after(place, item, shape)
            out += made
        return out

    def shape_after(self, place, item, shape):
        model = object.__new__(StoredModel)
        model.data_format = self.data_format
        try:
            return model.run([item], np.zeros((1, *shape))).shape[1:]
        except (ValueError, IndexError) as error:
            raise ExportError(f"{place}: does not fit an input of shape {tuple(shape)}: {error}") from error

    def make(self, place, kind, path, entry, shape):
        numbers = lambda key, default=1: two(entry.pop(key, default))
        if kind in ("dense", "conv2d", "conv2d-transpose"):
            holder = self.node(place, self.params, path)
            arrays = {"kernel": self.array(place, holder, "kernel")}
            bias = self.array(place, holder, "bias", optional=True)
            if bias is not None:
                arrays["bias"] = bias.reshape(-1)
            rank = 2 if kind == "dense" else 4
            if arrays["kernel"].ndim != rank:
                raise ExportError(f"{place}: expected a kernel of {rank} axes, found shape {arrays['kernel'].shape}")
            if kind == "dense":
                return [Layer(kind, arrays=arrays)]
            stride, dilation = numbers("stride"), numbers("dilation")
            window = [d * (k - 1) + 1 for d, k in zip(dilation, arrays["kernel"].shape)]
            attributes = {"stride": stride} | ({"dilation": dilation} if dilation != [1, 1] else {})
            padding = entry.pop("padding", "SAME")
            if kind == "conv2d":
                groups = int(entry.pop("groups", 1))
                attributes |= {"groups": groups} if groups != 1 else {}
                return [Layer(kind, attributes=attributes | {"padding": jax_padding(place, padding)}, arrays=arrays)]
            # JAX correlates the dilated input with the kernel; the format's layer is the gradient of a
            # convolution, which turns the kernel round and, in Keras' order, has the outputs before the inputs.
            if not entry.pop("transpose_kernel", False):
                arrays["kernel"] = arrays["kernel"][::-1, ::-1].transpose(0, 1, 3, 2)
            crop, extra = [], []
            for axis, (k, s) in enumerate(zip(window, stride)):
                if isinstance(padding, str) and padding.upper() == "SAME":
                    total = k + s - 2
                    first = k - 1 if s > k - 1 else -(-total // 2)
                elif isinstance(padding, str) and padding.upper() == "VALID":
                    total, first = k + s - 2 + max(k - s, 0), k - 1
                else:
                    sides = jax_padding(place, padding)[2 * axis:2 * axis + 2]
                    first, total = sides[0], sum(sides)
                begin, end = k - 1 - first, k - 1 - (total - first)
                if begin < 0:
                    raise ExportError(f"{place}: more padding than the kernel is large")
                crop += [begin, max(end, 0)]
                extra.append(max(-end, 0))
            attributes["padding"] = crop if any(crop) else "valid"
            if any(extra):
                attributes["output_padding"] = extra
            return [Layer(kind, attributes=attributes, arrays=arrays)]
        if kind in ("batch-norm", "layer-norm"):
            holder = self.node(place, self.params, path) if self.has(self.params, path) else {}
            arrays = {key: self.array(place, holder, key, optional=True) for key in ("scale", "offset")}
            if kind == "batch-norm":
                if self.batch_stats is None:
                    raise ExportError(f"{place}: batch_stats= holds its mean and variance, and is not given")
                moments = self.node(place, self.batch_stats, path)
                arrays |= {key: self.array(place, moments, key) for key in ("mean", "variance")}
            attributes = {"epsilon": float(entry.pop("epsilon", 1e-5 if kind == "batch-norm" else 1e-6))}
            return [Layer(kind, attributes=attributes,
                          arrays={key: a.reshape(-1) for key, a in arrays.items() if a is not None})]
        if kind in ("flatten", "activation"):
            return [Layer(kind)]
        if kind == "reshape":
            return [Layer(kind, attributes={"shape": [int(n) for n in entry.pop("shape")]})]
        if kind in ("max-pool2d", "average-pool2d"):
            window = numbers("size")
            return [Layer(kind, attributes={"size": window, "stride": two(entry.pop("stride", window)),
                                            "padding": jax_padding(place, entry.pop("padding", "VALID"))})]
        if kind == "upsample2d":
            return [Layer(kind, attributes={"factor": numbers("factor"), "mode": entry.pop("mode", "nearest")})]
        if kind in ("crop2d", "pad2d"):
            key = MARGINS[kind]
            return [Layer(kind, attributes={key: [int(n) for n in entry.pop(key)]})]
        if kind == "residual":
            stacks = {"body": self.layers(place, entry.pop("body"), shape)}
            if entry.get("shortcut"):
                stacks["shortcut"] = self.layers(place, entry["shortcut"], shape)
            entry.pop("shortcut", None)
            return [Layer(kind, stacks=stacks)]
        if kind == "concat":
            return [Layer(kind, stacks={"branches": [self.layers(place, b, shape) for b in entry.pop("branches")]})]
        raise ExportError(f"{place}: the model format has no layer '{kind}'")

    def has(self, tree, path):
        try:
            self.node("", tree, path)
            return True
        except ExportError:
            return False


def jax_padding(place, padding):
    if isinstance(padding, str):
        if padding.upper() not in ("SAME", "VALID"):
            raise ExportError(f"{place}: padding is 'SAME', 'VALID' or numbers, not '{padding}'")
        return padding.lower()
    if isinstance(padding, int):
        return [padding] * 4
    sides = [(p, p) if isinstance(p, int) else tuple(p) for p in padding]
    return [int(n) for side in sides for n in side]
