"""The rows of a results file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ._errors import InputError
from ._files import TemporaryFolder


class Rows:
    """A results file: its columns, read when they are asked for, and its settings."""

    def __init__(self, path: str | os.PathLike, folder: TemporaryFolder | None = None):
        self.path = os.path.abspath(path)
        self._folder = folder
        self._columns: dict[str, np.ndarray] = {}
        with self._open() as file:
            self.settings = {name: _plain(value) for name, value in file.attrs.items()}
            if self.settings.get("format") != "evidence-results":
                raise InputError(f"{self.path}: no results of evidence", path=self.path,
                                 expected="what `output=` writes")
            # The scales of second axes are no columns.
            self.names = [name for name, column in file["examples"].items() if name == "index" or not column.is_scale]
            self.count = len(file["examples/index"])
            curve = file["examples"].get("curve")
            self.curve_samples = np.asarray(curve.attrs["samples"]) if curve is not None else np.zeros(0, np.int64)

    def _open(self) -> h5py.File:
        # A run may be writing it: what is there is whole at any moment, and no lock is needed to read it.
        return h5py.File(self.path, "r", locking=False)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.names:
            raise KeyError(f"no column {name}; there are {', '.join(self.names)}")
        if name not in self._columns:
            with self._open() as file:
                column = file["examples"][name]
                self._columns[name] = column.asstr()[...] if h5py.check_string_dtype(column.dtype) else column[...]
        return self._columns[name]

    def __getstate__(self) -> dict[str, Any]:
        # A temporary file doesn't outlive the process that made it.
        return {"path": self.path, "bytes": Path(self.path).read_bytes() if self._folder else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        path, folder = state["path"], None
        if state["bytes"] is not None:
            folder = TemporaryFolder(len(state["bytes"]))
            path = folder / "results.h5"
            Path(path).write_bytes(state["bytes"])
        self.__init__(path, folder)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value
