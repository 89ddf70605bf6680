"""How far off an estimator is."""

from __future__ import annotations

import os
from typing import Any

from . import _process
from ._arrays import DataFile, data_file
from ._kept import Kept, finished
from ._model import model_of
from ._options import words
from ._results import Check
from ._rows import Rows


def check(model: Any, data: Any = None, *, dataset: str | None = None, axes: Any = None, examples: Any = None,
          binarize: str | None = None, divide_by: float | None = None, dequantize: bool | None = None,
          covariate: Any = None, simulated: int = 200, samples: int = 5000, estimator: str = "ladder", chains: int = 16,
          temperatures: int | str = "auto", leapfrogs: int = 4, seed: int = 0, threads: int | None = None,
          shard: Any = None, balance: Any = None, output: str | os.PathLike | None = None, resume: bool = False,
          progress: bool | None = None) -> Check:
    """How far off an estimator is, on data simulated from the model, whose log-likelihood is bracketed (``evidence check``).

    Parameters
    ----------
    model : Model or path
        The model.
    data : array-like or path, optional
        Real data, to say whether they are as hard as simulated ones.
    simulated : int
        Examples to simulate.
    dataset, axes, examples, binarize, divide_by, dequantize, samples, estimator, chains, temperatures, leapfrogs, seed, \
    threads, covariate, balance, progress
        As for :func:`nll`.
    shard : pair of int, or "auto", optional
        ``(i, n)``: the i-th of n contiguous parts of the simulated examples.
    output : path, optional
        Keep both brackets of every example in this file, as they come.
    resume : bool
        Go on with the run in ``output``.

    Returns
    -------
    Check

    Raises
    ------
    EvidenceError
        As :func:`nll`.
    Interrupted
        On Ctrl-C or a notebook's stop; its ``result`` is the Check of the examples that were finished.
    """
    model, kept = model_of(model), Kept(output)
    file = data_file(data, dataset, covariate=covariate) if data is not None else DataFile("", dataset)
    options = dict(
        dataset=file.dataset, axes=axes, examples=examples, binarize=binarize, divide_by=divide_by, dequantize=dequantize,
        covariate=file.covariate, simulated=simulated, samples=samples, estimator=estimator, chains=chains,
        temperatures=temperatures, leapfrogs=leapfrogs, seed=seed, threads=threads, shard=shard, balance=balance,
        output=kept.path, resume=resume)
    paths = [model.path] + ([file.path] if data is not None else [])

    def run(options: dict[str, Any], shown: bool | None) -> _process.Output:
        return _process.run(["check", *paths, *words(options)], progress=shown, names=kept.names(model, file), stack=4)

    def of_finished(rows: Rows, count: int) -> Check | None:
        if rows.settings["examples_first"] != 0:
            return None
        folder, changed = finished(rows, count)
        again = run({**options, **changed, "simulated": count, "examples": options["examples"]}, False)
        return Check(again.json, again.text, again.warnings, Rows(changed["output"], folder))

    made = run(options, progress)
    if made.interrupted:
        raise kept.stopped(made, of_finished)
    # A temporary file is nobody's to read.
    text = made.text.replace("brackets of every example: results\n\n", "") if kept.folder else made.text
    return Check(made.json, text, made.warnings, kept.rows(made))
