"""A model file's networks in numpy float64: an evaluation of its own, to compare a framework with."""

from __future__ import annotations

import h5py
import numpy as np

from .functions import ACTIVATIONS
from .image_layers import image_layer
from .layers import MANY, Layer, channel_axis
from .values import softmax


class StoredModel:
    """A model file, read and computed."""

    def __init__(self, path, covariates: dict[str, int] | None = None):
        self.known: dict[int, np.ndarray] = {}      # rows of covariates, by the variables that they are
        self.facts: dict[str, np.ndarray] = {}      # the same by name, where layers ask for them
        with h5py.File(path, "r") as file:
            self.data_format = text(file.attrs.get("data_format", "channels_last"))
            self.input_shape = tuple(int(n) for n in file["input"].attrs["shape"])
            self.levels = len(file["encoder"])
            self.encoders, self.decoders, self.flows = [], [], []
            self.distributions: dict[str, list[str]] = {"encoder": [], "decoder": []}
            self.given: dict[str, list[list[int]]] = {"encoder": [], "decoder": []}
            self.bins = int(file["decoder/1"].attrs.get("bins", 256))
            for side, parts in (("encoder", self.encoders), ("decoder", self.decoders)):
                for l in range(1, self.levels + 1):
                    group = file[f"{side}/{l}"]
                    parts.append({name: read_layers(item) if isinstance(item, h5py.Group) else item[()]
                                  for name, item in group.items() if name != "flow"})
                    self.distributions[side].append(text(group.attrs["distribution"]))
                    default = [l - 1] if side == "encoder" else [l]
                    joined = [(covariates or {})[text(n)] for n in group.attrs.get("covariates", ())]
                    self.given[side].append([int(n) for n in group.attrs.get("given", default)] + joined)
                    if side == "encoder":
                        self.flows.append(read_flow(group["flow"]) if "flow" in group else [])
            self.prior = {}
            if "prior" in file:
                self.prior = {key: value[()] for key, value in file["prior"].items()}
                self.prior["distribution"] = text(file["prior"].attrs.get("distribution", "standard-normal"))

    def encoder(self, level: int, given) -> dict[str, np.ndarray]:
        """{parameter: values} of q(z_level | given), given as [n, ...]."""
        return self._parameters(self.encoders[level - 1], given)

    def decoder(self, level: int, given) -> dict[str, np.ndarray]:
        """{parameter: values} of p(z_{level-1} | given), given as [n, ...]."""
        return self._parameters(self.decoders[level - 1], given)

    def _parameters(self, conditional, given):
        hidden = self.run(conditional.get("trunk", []), np.asarray(given, np.float64))
        return {name: self.run(item, hidden) if isinstance(item, list) else item
                for name, item in conditional.items() if name != "trunk"}

    def run(self, layers: list[Layer], a: np.ndarray) -> np.ndarray:
        for item in layers:
            a = self._activated(item, self._apply(item, a))
        return a

    def _activated(self, item: Layer, a: np.ndarray) -> np.ndarray:
        name = item.activation
        axis = 1 + channel_axis(a.shape[1:], self.data_format)
        if name == "softmax":
            return softmax(a, axis)
        if name == "prelu":
            slope = item.arrays["slope"]
            if slope.size > 1:
                slope = slope.reshape([-1 if i == axis else 1 for i in range(a.ndim)])
            return np.where(a > 0, a, slope * a)
        return a if name == "identity" else ACTIVATIONS[name](a, item.activation_attributes)

    def _apply(self, item: Layer, a: np.ndarray) -> np.ndarray:
        kind, attributes, arrays = item.kind, item.attributes, item.arrays
        channels = 1 + channel_axis(a.shape[1:], self.data_format)
        if kind == "dense":
            names = [text(n) for n in attributes.get("covariates", ())]
            a = np.concatenate([a, *(self.facts[n] for n in names)], 1) if names else a
            kernel = arrays["weight"].T if "weight" in arrays else arrays["kernel"]
            return a @ kernel + arrays.get("bias", 0.0)
        if kind == "flatten":
            return a.reshape(len(a), -1)
        if kind == "reshape":
            return a.reshape(len(a), *(int(n) for n in attributes["shape"]))
        if kind == "permute":
            return a.transpose(0, *(1 + int(n) for n in attributes["axes"]))
        if kind == "activation":
            return a
        if kind == "batch-norm":
            axis = 1 + int(attributes.get("axis", channels - 1))
            shape = [-1 if i == axis else 1 for i in range(a.ndim)]
            scale = arrays.get("scale", 1.0) / np.sqrt(arrays["variance"] + float(attributes.get("epsilon", 1e-3)))
            offset = arrays.get("offset", 0.0) - arrays["mean"] * scale
            return a * scale.reshape(shape) + offset.reshape(shape)
        if kind == "layer-norm":
            return normalized(a, -1, attributes) * arrays.get("scale", 1.0) + arrays.get("offset", 0.0)
        if kind == "group-norm":
            groups, count = int(attributes["groups"]), a.shape[channels]
            split = a.reshape(*a.shape[:channels], groups, count // groups, *a.shape[channels + 1:])
            over = tuple(i for i in range(1, split.ndim) if i != channels)
            shape = [-1 if i == channels else 1 for i in range(a.ndim)]
            a = normalized(split, over, attributes).reshape(a.shape)
            scale, offset = arrays.get("scale", np.ones(1)), arrays.get("offset", np.zeros(1))
            return a * scale.reshape(shape) + offset.reshape(shape)
        if kind == "residual":
            return self.run(item.stacks["body"], a) + self.run(item.stacks.get("shortcut", []), a)
        if kind == "product":
            out = 1.0
            for stack in item.stacks["factors"]:
                out = out * self.run(stack, a)
            return out
        if kind == "concat":
            branches = [self.run(branch, a) for branch in item.stacks["branches"]]
            return np.concatenate(branches, 1 + channel_axis(branches[0].shape[1:], self.data_format))
        # The rest is images, computed channels last.
        if self.data_format == "channels_first":
            a = np.moveaxis(a, 1, 3)
        a = image_layer(kind, attributes, arrays, a)
        return np.moveaxis(a, 3, 1) if self.data_format == "channels_first" else a


def normalized(a, axes, attributes):
    centred = a - a.mean(axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + float(attributes.get("epsilon", 1e-5)))


def text(value) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def read_layers(group) -> list[Layer]:
    """The layers of a stack's group."""
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
            elif name in MANY:
                item.stacks[name] = [read_layers(value[j]) for j in sorted(value, key=int)]
            else:
                item.stacks[name] = read_layers(value)
        layers.append(item)
    return layers


def read_flow(group) -> list[dict]:
    """The steps of a flow: their kind, datasets and stacks."""
    steps = []
    for index in sorted(group, key=int):
        step = {name: read_layers(item) if isinstance(item, h5py.Group) else item[()].astype(np.float64)
                for name, item in group[index].items()}
        steps.append(step | {"flow": text(group[index].attrs["flow"])})
    return steps
