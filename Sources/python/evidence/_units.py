"""What the latent units do."""

from __future__ import annotations

import os
from typing import Any

from . import _process
from ._arrays import data_file
from ._files import TemporaryFolder
from ._kept import Kept, finished
from ._model import model_of
from ._options import words
from ._results import Units
from ._rows import Rows


def units(model: Any, data: Any, *, dataset: str | None = None, axes: Any = None, examples: Any = None,
          binarize: str | None = None, divide_by: float | None = None, dequantize: bool | None = None,
          covariate: Any = None, threshold: float = 0.01, draws: int = 1, probes: int = 512, ablate: bool = False,
          samples: int = 5000, sweep_examples: int = 200, latents: bool | str | os.PathLike | None = None, labels: Any = None,
          all_units: bool = False, seed: int = 0, threads: int | None = None, shard: Any = None, balance: Any = None,
          output: str | os.PathLike | None = None, resume: bool = False, progress: bool | None = None) -> Units:
    """Which latent units and directions of a model carry information about the data (``evidence units``).

    Parameters
    ----------
    model, data, dataset, axes, examples, binarize, divide_by, dequantize, seed, threads, covariate, shard, balance, progress
        As for :func:`nll`.
    threshold : float
        A unit is active when its variance is above this.
    draws, probes : int
        Draws that upper layers are measured by; draws that mutual information is estimated at.
    ablate : bool
        Estimate the log-likelihood again without inactive units, with ``samples`` draws; on ``sweep_examples`` examples for
        other numbers of units.
    latents : bool or path, optional
        Keep posterior means and scales of every example: ``result.latents["z1"]["mean"]``.
    labels : array-like or str, optional
        A label for each example: an array beside an array of data, or a path in the file of data.
    all_units : bool
        A bar for every unit in the text, also in large layers.
    output : path, optional
        Keep every example's posterior in this file, as they come.
    resume : bool
        Go on with the run in ``output``, or sum up again what is in it, such as merged shards.

    Returns
    -------
    Units

    Raises
    ------
    EvidenceError
        As :func:`nll`.
    Interrupted
        On Ctrl-C or a notebook's stop; with ``output=`` its ``result`` is the Units of the examples that were finished.
    """
    model, file, kept = model_of(model), data_file(data, dataset, labels, covariate=covariate), Kept(output, temporary=False)
    if labels is not None and not isinstance(labels, str):
        labels = "labels"
    folder = TemporaryFolder() if latents is True else None
    latents = folder / "latents.h5" if folder else os.path.abspath(latents) if latents else None
    options = dict(
        dataset=file.dataset, axes=axes, examples=examples, binarize=binarize, divide_by=divide_by, dequantize=dequantize,
        covariate=file.covariate, threshold=threshold, draws=draws, probes=probes, ablate=ablate, samples=samples,
        sweep_examples=sweep_examples, latents=latents, labels=labels, all_units=all_units, seed=seed, threads=threads,
        shard=shard, balance=balance, output=kept.path, resume=resume)

    def run(options: dict[str, Any], shown: bool | None) -> _process.Output:
        return _process.run(["units", model.path, file.path, *words(options)], progress=shown, names=kept.names(model, file),
                            stack=4)

    def of_finished(rows: Rows, count: int) -> Units | None:
        if count < 2:
            return None
        _copy, changed = finished(rows, count)
        again = run({**options, **changed, "latents": None, "ablate": False}, False)
        return Units(again.json, again.text, again.warnings)

    made = run(options, progress)
    if made.interrupted:
        raise kept.stopped(made, of_finished)
    rows = kept.rows(made)
    return Units(made.json, made.text, made.warnings, folder, latents, rows and rows.path)
