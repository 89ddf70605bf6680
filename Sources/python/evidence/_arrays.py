"""Data as the command reads them: a path as it is, an array by a temporary HDF5 file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ._errors import InputError, SettingError
from ._files import TemporaryFolder

BLOCK = 16 << 20


@dataclass
class DataFile:
    """A file to hand to the command, the dataset inside it, and what messages call it."""

    path: str
    dataset: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    #: Where each covariate is in the file.
    covariate: dict[str, str] = field(default_factory=dict)
    folder: TemporaryFolder | None = None


def data_file(data: Any, dataset: str | None, labels: Any = None, covariate: Mapping[str, Any] | None = None) -> DataFile:
    """The data as a file.

    Parameters
    ----------
    data : path or array-like
        A path; or numbers of shape [examples, ...]: numpy, torch, jax, anything that numpy takes, an h5py dataset, a SciPy
        sparse matrix, a pandas table, an AnnData.
    dataset : str, optional
        The dataset inside a file; of an AnnData the layer (``layers/counts``), X where absent.
    labels : array-like, optional
        A label for each example, stored beside an array.
    covariate : mapping, optional
        What the model is given for each example, by name: arrays beside an array, paths in a file, columns of an AnnData.
    """
    beside = dict(covariate or {})
    is_anndata = type(data).__module__.split(".")[0] == "anndata"
    if isinstance(data, (str, os.PathLike)) or is_anndata:
        for name, values in {"labels": None if is_anndata else labels, **beside}.items():
            if not isinstance(values, (str, type(None))):
                raise SettingError(f"{name}: an array of them goes with an array of data", found=type(values).__name__,
                                   expected="a column of obs" if is_anndata else "the path of a dataset in the file")
    if isinstance(data, (str, os.PathLike)):
        return DataFile(os.path.abspath(data), dataset, covariate=beside)
    if is_anndata:
        return _anndata_file(data, _of_anndata(data, dataset), labels, beside)
    if isinstance(data, h5py.Dataset) and _is_readable(data) and labels is None and not beside:
        return DataFile(os.path.abspath(data.file.filename), data.name)
    if dataset is not None:
        raise SettingError(f'dataset="{dataset}": the data are an array and not a file; leave dataset= out')
    array = _array(data)
    folder = TemporaryFolder(_size(array))
    path = folder / "data.h5"
    with h5py.File(path, "w") as file:
        _write(file, "data", array)
        for name, values in {"labels": labels, **{f"covariates/{name}": values for name, values in beside.items()}}.items():
            if values is not None:
                file.create_dataset(name, data=_beside(name.removeprefix("covariates/"), values, array.shape[0]))
    return DataFile(path, "data", _called(path, "data"), {name: f"/covariates/{name}" for name in beside}, folder)


def _anndata_file(data: Any, matrix: Any, labels: Any, covariate: dict[str, str]) -> DataFile:
    """The matrix with the tables of its cells and genes, as AnnData stores them: names go by them."""
    from anndata.io import write_elem
    array = _array(matrix)
    for name, column in covariate.items():
        if column not in data.obs:
            raise InputError(f"{name}: the AnnData has no column {column!r} of obs", expected=f"one of {list(data.obs)}")
    folder = TemporaryFolder(_size(array))
    path = folder / "data.h5ad"
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        _write(file, "X", array)
        write_elem(file, "obs", data.obs)
        write_elem(file, "var", data.var)
        if labels is not None:
            file.create_dataset("labels", data=_beside("labels", labels, array.shape[0]))
    return DataFile(path, "X", _called(path, "X"), {name: f"/obs/{column}" for name, column in covariate.items()}, folder)


def _called(path: str, dataset: str) -> dict[str, str]:
    """What messages call a temporary file and the dataset in it."""
    name = os.path.basename(path)
    return {f"{path}: /{dataset}": "data", f"{path}:/{dataset}": "data", f"{name}:/{dataset}": "data", path: "data"}


def _size(array: Any) -> int:
    return array.nnz * 12 if hasattr(array, "nnz") else int(np.prod(array.shape)) * array.dtype.itemsize


def _is_readable(data: h5py.Dataset) -> bool:
    """Whether another process may open the file now and finds the same numbers."""
    return bool(data) and data.file.mode == "r" and data.file.driver == "sec2" and Path(data.file.filename).is_file()


def _of_anndata(data: Any, dataset: str | None) -> Any:
    if dataset in (None, "X", "/X"):
        return data.X
    layer = dataset.strip("/").removeprefix("layers/")
    if layer not in data.layers:
        raise InputError(f'dataset="{dataset}": the AnnData has no such layer',
                         expected=f"X or one of {sorted(data.layers)}", found=layer)
    return data.layers[layer]


def _array(data: Any) -> Any:
    """Something with a shape and a dtype that gives blocks of rows; never a copy of an array."""
    if hasattr(data, "tocsr"):
        return data.tocsr()
    if type(data).__module__.split(".")[0] == "pandas":
        data = data.to_numpy()
    if not (hasattr(data, "shape") and hasattr(data, "dtype")):
        try:
            data = np.asarray(data)
        except ValueError as error:
            raise InputError(f"the data are no array: {error}", expected="numbers of shape [examples, …]") from None
    kind, shape = _number(data), tuple(data.shape)
    if kind is None:
        raise InputError(
            "the data are no numbers", expected="an array of integers, floats or booleans, [examples, …]",
            found=f"{type(data).__name__} of {data.dtype}",
            remedy="np.asarray(data, dtype=np.float32) makes one where all of it are numbers")
    if len(shape) < 2:
        raise InputError("the data have one axis or none", expected="[examples, …]", found=f"the shape {shape}",
                         remedy="a single example is data[None]" if shape else None)
    if 0 in shape:
        raise InputError("the data hold nothing", expected="at least one example of at least one number",
                         found=f"the shape {shape}")
    return data


def _number(data: Any) -> np.dtype | None:
    """The dtype that the data are stored with; None where they are no numbers."""
    name = str(data.dtype).removeprefix("torch.")
    # Exactly what float32 holds; numpy has no such number.
    if name.startswith("bfloat16") or name.startswith("float8"):
        return np.dtype(np.float32)
    try:
        kind = np.dtype(name) if not isinstance(data.dtype, np.dtype) else data.dtype
    except TypeError:
        return None
    return kind if kind.kind in "biuf" and kind.itemsize <= 8 else None


def _write(file: h5py.File, name: str, data: Any) -> None:
    if hasattr(data, "indptr"):
        # As AnnData stores a matrix by rows.
        group = file.create_group(name)
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": data.shape})
        for part in ("data", "indices", "indptr"):
            group.create_dataset(part, data=getattr(data, part))
        return
    kind = _number(data)
    stored = file.create_dataset(name, tuple(data.shape), kind)
    rows = max(1, BLOCK // max(1, int(np.prod(data.shape[1:])) * kind.itemsize))
    for first in range(0, data.shape[0], rows):
        stored[first:first + rows] = block(data, first, first + rows, kind)


def block(data: Any, first: int, last: int, kind: np.dtype) -> np.ndarray:
    """Some rows in numpy, from wherever they lie."""
    rows = data[first:last]
    if hasattr(rows, "detach"):
        rows = rows.detach()
        if str(rows.dtype) == "torch.bfloat16" or "float8" in str(rows.dtype):
            rows = rows.float()
        rows = rows.cpu().resolve_conj().resolve_neg().numpy()
    return np.ascontiguousarray(rows, dtype=kind)


def _beside(name: str, values: Any, count: int) -> np.ndarray:
    """Something of each example: a number or a string; of covariates a row of numbers, too."""
    values = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
    if values.ndim == 0 or len(values) != count or values.ndim > (1 if name == "labels" else 2):
        raise InputError(f"{name}: one for each example was expected", expected=f"the shape ({count},)",
                         found=f"{values.shape}")
    if values.dtype.kind not in "UO":
        return values
    for i, value in enumerate(values):
        if not isinstance(value, (str, bytes)):
            raise InputError(f"{name}: example {i} has none", expected="strings alone, or numbers alone", found=repr(value))
    return values.astype(object)
