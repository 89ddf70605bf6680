"""A model file."""

from __future__ import annotations

import os
import shutil
from functools import cached_property
from typing import Any

from . import _process
from ._attributes import Attributes
from ._errors import InputError
from ._files import TemporaryFolder


class Model:
    """A latent-variable model in a file, ready to be evaluated.

    Made by :func:`evidence.open` and the ``evidence.from_…`` functions. A model of a framework lies in a temporary file
    that goes with this object; ``save`` keeps it.

    Attributes
    ----------
    path : str
        The model file.
    verification
        What the exporter compared; None for a file that was there.
    """

    def __init__(self, path: str | os.PathLike, *, folder: TemporaryFolder | None = None, verification: Any = None,
                 notes: list[str] | None = None):
        self._path = os.path.abspath(path)
        self._folder = folder
        self.verification = verification
        self.notes = notes or []
        self._closed = False

    @property
    def path(self) -> str:
        if self._closed:
            raise InputError("the model was closed", remedy="use it inside its `with` block, or make it again")
        return self._path

    @cached_property
    def _inspection(self) -> tuple[dict[str, Any], str]:
        output = _process.run(["inspect", self.path], names=self.names, stack=6)
        return output.json, output.text

    @property
    def info(self) -> Attributes:
        """What ``evidence inspect`` says: ``info.latents``, ``info.likelihood``, ``info.parameters``, ``info.input.shape``."""
        return Attributes(self._inspection[0])

    @property
    def name(self) -> str:
        """The model's name, or its file's."""
        return self.info.name or os.path.splitext(os.path.basename(self.path))[0]

    @property
    def names(self) -> dict[str, str]:
        return {self._path: "model"} if self._folder else {}

    def save(self, path: str | os.PathLike) -> "Model":
        """Copies the file, and returns the model there."""
        shutil.copyfile(self.path, path)
        return Model(path, verification=self.verification, notes=self.notes)

    def close(self) -> None:
        """Removes the temporary file, where this is one."""
        self._closed = True
        if self._folder:
            self._folder.remove()

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return "a closed model" if self._closed else self._inspection[1]


def model_of(model: Any) -> Model:
    """A model by itself or by its path."""
    if isinstance(model, Model):
        return model
    if isinstance(model, (str, os.PathLike)):
        return Model(model)
    raise InputError(
        "this is no model", expected="an evidence.Model or the path of a model file", found=type(model).__name__,
        remedy="a network of a framework is made one by evidence.from_torch, from_jax, from_flax or from_keras")
