"""What a model is given of each example besides x: labels, batches, doses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

import numpy as np

from .errors import ExportError


@dataclass
class Covariate:
    """A covariate of the model format. In the exporter it is a variable too, of a number below 0."""

    name: str
    categories: list[str] | None        # None: continuous
    rows: np.ndarray                    # of the example's batch, [n, width]

    @property
    def width(self) -> int:
        return self.rows.shape[1]


def read_covariates(said: str | Sequence[str] | Mapping[str, Any], beside: Sequence[Any]) -> list[Covariate]:
    """One for each array that comes after x in the example. said: their names, or name -> categories (None: numbers)."""
    names = [said] if isinstance(said, str) else list(said)
    if len(names) != len(beside):
        raise ExportError(f"covariates= names {len(names)}, and the example has {len(beside)} beside x: "
                          "example=(x, label, ...), covariates=(\"label\", ...)")
    found = []
    for name, value in zip(names, beside):
        rows = np.asarray(value, np.float64)
        if rows.ndim < 2:
            if not np.issubdtype(np.asarray(value).dtype, np.floating):
                raise ExportError(f"covariate {name}: codes of categories; give them one-hot, [n, categories], as the first "
                                  "layer takes them: functional.one_hot(label, 10).float(), with the embedding as a product "
                                  "(y @ embedding.weight)")
            rows = rows.reshape(-1, 1)
        rows = rows.reshape(len(rows), -1)
        categories = said[name] if isinstance(said, Mapping) else None
        is_one_hot = rows.shape[1] > 1 and np.isin(rows, (0, 1)).all() and (rows.sum(1) == 1).all()
        if categories is None and is_one_hot and not isinstance(said, Mapping):
            categories = [str(k) for k in range(rows.shape[1])]
        if categories is not None:
            categories = [str(c) for c in categories]
            if len(categories) != rows.shape[1] or not is_one_hot:
                raise ExportError(f"covariate {name}: {len(categories)} categories, for one-hot rows of {rows.shape[1]}")
        found.append(Covariate(name, categories, rows))
    return found


def numbers_of(covariates: Sequence[Covariate]) -> dict[str, int]:
    """The variable that each is: -1, -2, ..."""
    return {c.name: -i for i, c in enumerate(covariates, 1)}


def write_covariates(file, covariates: Sequence[Covariate]) -> None:
    """The group /covariates."""
    import h5py
    for c in covariates:
        group = file.create_group(f"covariates/{c.name}")
        group.attrs["kind"] = "continuous" if c.categories is None else "categorical"
        if c.categories is None:
            group.attrs["size"] = c.width
        else:
            group.create_dataset("categories", data=c.categories, dtype=h5py.string_dtype(), track_times=False)
