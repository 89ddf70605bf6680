"""A layer of the model format, and two that are lowered to such."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

MARGINS = {"crop2d": "cropping", "pad2d": "padding"}


@dataclass
class Layer:
    """A layer of the format, or one of two that `lower` turns into such: "gather" (out[i] = in[indices[i]], or
    fill[i] where the index is negative; reshaped) and "affine" (scale * in + offset)."""

    kind: str
    shape_in: tuple = ()
    shape_out: tuple = ()
    attributes: dict = field(default_factory=dict)
    arrays: dict = field(default_factory=dict)
    stacks: dict = field(default_factory=dict)      # name -> layers; "branches" and "factors" -> lists of layers
    activation: str = "identity"
    activation_attributes: dict = field(default_factory=dict)
    name: str = ""


MANY = ("branches", "factors")      # the stacks of a layer that are numbered


def size(shape) -> int:
    """The number of elements."""
    return int(np.prod(shape, dtype=np.int64))


def activation_layer(name: str, shape, **attributes) -> Layer:
    """A layer that is an activation alone; "prelu" takes slope=."""
    arrays = {"slope": attributes.pop("slope")} if "slope" in attributes else {}
    return Layer("activation", tuple(shape), tuple(shape), arrays=arrays, activation=name,
                 activation_attributes=attributes)


def affine_layer(shape, scale, offset) -> Layer:
    """scale * in + offset, element by element."""
    return Layer("affine", tuple(shape), tuple(shape),
                 arrays={"scale": np.asarray(scale, np.float64), "offset": np.asarray(offset, np.float64)})


def channel_axis(shape, data_format: str) -> int:
    """The axis of the channels of one example."""
    return 0 if len(shape) == 3 and data_format == "channels_first" else len(shape) - 1


def reshaping(shape_in, shape_out) -> list[Layer]:
    """The layer between two shapes of the same elements in the same order; none where they are equal."""
    if tuple(shape_in) == tuple(shape_out):
        return []
    if len(shape_out) == 1:
        return [Layer("flatten", tuple(shape_in), tuple(shape_out))]
    return [Layer("reshape", tuple(shape_in), tuple(shape_out), {"shape": list(shape_out)})]


def without_last_reshape(layers: list[Layer]) -> list[Layer]:
    """A parameter is read element by element, so its stack may end before a reshape: on its activation."""
    while layers and layers[-1].kind in ("flatten", "reshape") and layers[-1].activation == "identity":
        if len(layers) == 1:
            return [activation_layer("identity", layers[0].shape_in)]
        layers = layers[:-1]
    return layers
