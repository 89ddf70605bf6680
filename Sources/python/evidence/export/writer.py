"""The HDF5 file. Equal models give equal bytes: no times are stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

from .covariates import numbers_of, write_covariates
from .errors import ExportError
from .._version import __version__
from .functions import VERSION_2
from .layers import MANY, Layer

VERSION_2_LAYERS = {"product", "pixel-shuffle", "group-norm", "permute"}


@dataclass
class Part:
    """A conditional ready to be written."""

    distribution: str
    given: list[int]
    default_given: list[int]
    trunk: list[Layer]
    stacks: dict[str, list[Layer]]
    constants: dict[str, Any]
    bins: int | None = None
    flow: list[dict] = field(default_factory=list)


def needs_version_2(layers: list[Layer]) -> bool:
    """Whether one of the layers is none of version 1."""
    for item in layers:
        if (item.kind in VERSION_2_LAYERS or item.activation in VERSION_2 or item.attributes.get("align_corners")
                or item.kind == "pad2d" and item.attributes.get("mode", "zeros") != "zeros"):
            return True
        for name, stack in item.stacks.items():
            if any(needs_version_2(s) for s in (stack if name in MANY else [stack])):
                return True
    return False


def dataset(group, name: str, value) -> None:
    """A float32 dataset; finite, or an error that names it."""
    array = np.ascontiguousarray(np.asarray(value), np.float32)
    if not np.isfinite(array).all():
        raise ExportError(f"{group.name}/{name}: {int((~np.isfinite(array)).sum())} of {array.size} numbers are not "
                          "finite in float32")
    group.create_dataset(name, data=array, track_times=False)


def write_layers(group, layers: list[Layer]) -> None:
    for i, item in enumerate(layers):
        entry = group.create_group(str(i))
        entry.attrs["layer"] = item.kind
        if item.name:
            entry.attrs["name"] = item.name
        if item.activation != "identity" or item.kind == "activation":
            entry.attrs["activation"] = item.activation
        for key, value in (item.activation_attributes | item.attributes).items():
            entry.attrs[key] = value
        for key, array in item.arrays.items():
            dataset(entry, key, array)
        for key, stack in item.stacks.items():
            inner = entry.create_group(key)
            if key in MANY:
                for j, branch in enumerate(stack):
                    write_layers(inner.create_group(str(j)), branch)
            else:
                write_layers(inner, stack)


def write_conditional(group, part: Part, names: dict[int, str]) -> None:
    group.attrs["distribution"] = part.distribution
    given = [v for v in part.given if v >= 0]
    if given != part.default_given:
        group.attrs["given"] = given
    if len(given) < len(part.given):
        group.attrs.create("covariates", [names[v] for v in part.given if v < 0], dtype=h5py.string_dtype())
    if part.bins is not None:
        group.attrs["bins"] = part.bins
    if part.trunk:
        write_layers(group.create_group("trunk"), part.trunk)
    for name, layers in part.stacks.items():
        write_layers(group.create_group(name), layers)
    for name, value in part.constants.items():
        dataset(group, name, value)
    for i, step in enumerate(part.flow):
        entry = group.create_group(f"flow/{i}")
        entry.attrs["flow"] = step["flow"]
        for name, value in step.items():
            if name == "flow":
                continue
            if isinstance(value, list):
                write_layers(entry.create_group(name), value)
            else:
                dataset(entry, name, value)


def write_model(path, encoders: list[Part], decoders: list[Part], *, input_shape, data_format, prior, divide_by,
                binarize, dequantize, about: dict, covariates=()) -> None:
    """The whole file, in the lowest version of the format that can hold it."""
    stacks = [s for part in [*encoders, *decoders] for s in [
        part.trunk, *part.stacks.values(),
        *(v for step in part.flow for v in step.values() if isinstance(v, list))]]
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "evidence-model"
        file.attrs["version"] = 2 if covariates or any(needs_version_2(s) for s in stacks) else 1
        file.attrs["data_format"] = data_format
        file.attrs["written_by"] = f"evidence-lvm {__version__}"
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
                names = {number: name for name, number in numbers_of(covariates).items()}
                write_conditional(file.create_group(f"{side}/{l}"), part, names)
        write_covariates(file, covariates)
        if prior is not None:
            group = file.create_group("prior")
            for key, value in prior.items():
                if key == "distribution":
                    group.attrs[key] = value
                else:
                    dataset(group, key, value)
