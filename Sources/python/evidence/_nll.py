"""The call that this package is for."""

from __future__ import annotations

import os
from typing import Any

from . import _process
from ._arrays import data_file
from ._kept import Kept
from ._model import model_of
from ._options import words
from ._results import Result


def nll(model: Any, data: Any, *, dataset: str | None = None, axes: Any = None, examples: Any = None,
        binarize: str | None = None, divide_by: float | None = None, dequantize: bool | None = None,
        covariate: Any = None, samples: int = 5000, estimator: str = "importance-sampling",
        alpha: float = 0.5, chains: int = 16, temperatures: int | str = "auto", leapfrogs: int = 4,
        seed: int = 0, threads: int | None = None, replicates: int = 1, all_errors: bool = False,
        cite: bool = False,
        shard: Any = None, balance: Any = None, output: str | os.PathLike | None = None, resume: bool = False,
        progress: bool | None = None) -> Result:
    """The test log-likelihood of data under a model (``evidence nll``).

    Parameters
    ----------
    model : Model or path
        The model.
    data : array-like or path
        The test set, [examples, …]: numpy, torch, jax, an AnnData, a sparse matrix, or the path of a file.
    dataset : str, optional
        The dataset inside a file; the only one where absent. Of an AnnData: a layer.
    axes : sequence of int, optional
        The order in which the axes are taken, as numpy's transpose takes it.
    examples : optional
        Which: "100..200", a slice, a range, a pair, or a number for the first so many.
    binarize : {"none", "threshold", "bernoulli"}, optional
        How grey values become binary; what the model says where absent.
    divide_by, dequantize : optional
        The rest of the preprocessing; what the model says where absent.
    covariate : mapping, optional
        What a model of p(x | covariates) is given, by the covariates' names: an array with one of each example, beside an array
        of data; a path in a file of data; a column of an AnnData's ``obs``. In a file they are found by their names as well.
    samples : int
        Draws of the latents for each example, K.
    estimator : str
        One of :func:`estimators`.
    alpha : float
        The order of the bound that ``estimator="renyi"`` gives.
    chains, temperatures, leapfrogs
        Of ``annealed`` and ``ladder``.
    seed : int
        Of all randomness. The same model, data, seed and K give the same bits for any threads, range and batch.
    threads : int, optional
        All cores where absent.
    replicates : int
        Repeat with so many seeds for the draws, and report the spread of the mean.
    all_errors : bool
        Report the Monte Carlo error even where k̂ says that it can't be trusted.
    cite : bool
        End the text with a sentence to cite.
    shard : pair of int, or "auto", optional
        ``(i, n)``: the i-th of n contiguous parts of the examples.
    balance : Result or path, optional
        Results of an earlier run: parts are cut so that each takes as long as the others.
    output : path, optional
        Keep every example's results in this file, as they come.
    resume : bool
        Go on with the run in ``output``.
    progress : bool, optional
        Show a bar by tqdm; where absent: on a terminal and in a notebook.

    Returns
    -------
    Result

    Raises
    ------
    EvidenceError
        Where model, data or settings are not what they should be: the error says what to do.
    Interrupted
        On Ctrl-C or a notebook's stop; its ``result`` has the examples that were finished.

    Examples
    --------
    >>> result = evidence.nll(model, x_test, samples=5000)
    >>> result.summary.nll, result.pareto_k.max()
    """
    model, file, kept = model_of(model), data_file(data, dataset, covariate=covariate), Kept(output)
    options = dict(
        dataset=file.dataset, axes=axes, examples=examples, binarize=binarize, divide_by=divide_by, dequantize=dequantize,
        covariate=file.covariate, samples=samples, estimator=estimator, alpha=alpha, chains=chains,
        temperatures=temperatures, leapfrogs=leapfrogs, seed=seed, threads=threads, replicates=replicates,
        all_errors=all_errors, cite=cite, shard=shard, balance=balance, output=kept.path, resume=resume)
    run = _process.run(["nll", model.path, file.path, *words(options)], progress=progress, names=kept.names(model, file))
    if run.interrupted:
        raise kept.stopped(run, lambda rows, _: Result(rows))
    return Result(kept.rows(run), run.json, run.text, run.warnings)
