"""Data as the command reads them: a path as it is, an array by a temporary HDF5 file."""

from __future__ import annotations

import os
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
    folder: TemporaryFolder | None = None


def data_file(data: Any, dataset: str | None, labels: Any = None) -> DataFile:
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
    """
    if isinstance(data, (str, os.PathLike)):
        if not isinstance(labels, (str, type(None))):
            raise SettingError("labels: an array of labels goes with an array of data",
                               expected="the path of a dataset in the file", found=type(labels).__name__)
        return DataFile(os.path.abspath(data), dataset)
    if isinstance(data, h5py.Dataset) and _is_readable(data) and labels is None:
        return DataFile(os.path.abspath(data.file.filename), data.name)
    if type(data).__module__.split(".")[0] == "anndata":
        data, dataset = _of_anndata(data, dataset), None
    if dataset is not None:
        raise SettingError(f'dataset="{dataset}": the data are an array and not a file; leave dataset= out')
    array = _array(data)
    size = int(np.prod(array.shape)) * array.dtype.itemsize if not hasattr(array, "nnz") else array.nnz * 12
    folder = TemporaryFolder(size)
    path = folder / "data.h5"
    with h5py.File(path, "w") as file:
        _write(file, array)
        if labels is not None:
            file.create_dataset("labels", data=_labels(labels, array.shape[0]))
    return DataFile(path, "data", {f"{path}: /data": "data", f"{path}:/data": "data", path: "data"}, folder)


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


def _write(file: h5py.File, data: Any) -> None:
    if hasattr(data, "indptr"):
        # As AnnData stores a matrix by rows.
        group = file.create_group("data")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": data.shape})
        for name in ("data", "indices", "indptr"):
            group.create_dataset(name, data=getattr(data, name))
        return
    kind = _number(data)
    stored = file.create_dataset("data", tuple(data.shape), kind)
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


def _labels(labels: Any, count: int) -> np.ndarray:
    labels = np.asarray(labels.detach().cpu() if hasattr(labels, "detach") else labels)
    if labels.shape != (count,):
        raise InputError("labels: one for each example was expected", expected=f"the shape ({count},)",
                         found=f"{labels.shape}")
    return labels.astype(object) if labels.dtype.kind in "UO" else labels
