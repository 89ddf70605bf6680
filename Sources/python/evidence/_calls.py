"""The commands as functions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Sequence

from . import _process
from ._arrays import DataFile, data_file
from ._comparison import Comparison, compared
from ._errors import Interrupted, SettingError
from ._files import TemporaryFolder
from ._making import opened
from ._model import Model, model_of
from ._options import words
from ._results import Check, Inspection, Result, Units
from ._rows import Rows


def nll(model: Any, data: Any, *, dataset: str | None = None, axes: Any = None, examples: Any = None,
        binarize: str | None = None, divide_by: float | None = None, dequantize: bool | None = None, samples: int = 5000,
        estimator: str = "importance-sampling", alpha: float = 0.5, chains: int = 16, temperatures: int | str = "auto",
        leapfrogs: int = 4, seed: int = 0, threads: int | None = None, replicates: int = 1, all_errors: bool = False,
        shard: Any = None, output: str | os.PathLike | None = None, resume: bool = False,
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
    samples : int
        Importance samples for each example, K.
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
    shard : pair of int, or "auto", optional
        ``(i, n)``: the i-th of n contiguous parts of the examples.
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
    model, file = model_of(model), data_file(data, dataset)
    folder = TemporaryFolder() if output is None else None
    kept = os.path.abspath(output) if output is not None else folder / "results.h5"
    options = dict(
        dataset=file.dataset, axes=axes, examples=examples, binarize=binarize, divide_by=divide_by, dequantize=dequantize,
        samples=samples, estimator=estimator, alpha=alpha, chains=chains, temperatures=temperatures, leapfrogs=leapfrogs,
        seed=seed, threads=threads, replicates=replicates, all_errors=all_errors, shard=shard, output=kept, resume=resume)
    run = _process.run(["nll", model.path, file.path, *words(options)], progress=progress,
                       names=_names(model, file, {} if folder is None else {kept: "results"}))
    if not os.path.exists(kept):
        kept = _shard(kept, run.json)
    if run.interrupted:
        raise _interrupted(kept, output, folder)
    return Result(Rows(kept, folder), run.json, run.text, run.warnings)


def _shard(output: Any, json: Any) -> str:
    """The file of a shard, whose name carries its examples; others may write theirs beside it at the same time."""
    path = Path(output)
    made = sorted(path.parent.glob(f"{path.stem}-*-*.h5"), key=os.path.getmtime)
    if json:
        bounds = json["data"]["range"]
        made = [each for each in made if [int(part) for part in each.stem.split("-")[-2:]] == bounds]
    return str(made[-1]) if made else str(output)


def units(model: Any, data: Any, *, dataset: str | None = None, axes: Any = None, examples: Any = None,
          binarize: str | None = None, divide_by: float | None = None, dequantize: bool | None = None,
          threshold: float = 0.01, draws: int = 1, probes: int = 512, ablate: bool = False, samples: int = 5000,
          sweep_examples: int = 200, latents: bool | str | os.PathLike | None = None, labels: Any = None,
          all_units: bool = False, seed: int = 0, threads: int | None = None, progress: bool | None = None) -> Units:
    """Which latent units and directions of a model carry information about the data (``evidence units``).

    Parameters
    ----------
    model, data, dataset, axes, examples, binarize, divide_by, dequantize, seed, threads, progress
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

    Returns
    -------
    Units
    """
    model = model_of(model)
    file = data_file(data, dataset, labels)
    if labels is not None and not isinstance(labels, str):
        labels = "labels"
    folder = TemporaryFolder() if latents is True else None
    kept = folder / "latents.h5" if folder else os.path.abspath(latents) if latents else None
    options = dict(
        dataset=file.dataset, axes=axes, examples=examples, binarize=binarize, divide_by=divide_by, dequantize=dequantize,
        threshold=threshold, draws=draws, probes=probes, ablate=ablate, samples=samples, sweep_examples=sweep_examples,
        latents=kept, labels=labels, all_units=all_units, seed=seed, threads=threads)
    run = _process.run(["units", model.path, file.path, *words(options)], progress=progress, names=_names(model, file))
    if run.interrupted:
        raise Interrupted("stopped")
    return Units(run.json, run.text, run.warnings, folder, kept)


def check(model: Any, data: Any = None, *, dataset: str | None = None, axes: Any = None, examples: Any = None,
          binarize: str | None = None, divide_by: float | None = None, dequantize: bool | None = None,
          simulated: int = 200, samples: int = 5000, estimator: str = "ladder", chains: int = 16,
          temperatures: int | str = "auto", leapfrogs: int = 4, seed: int = 0, threads: int | None = None,
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
    threads, progress
        As for :func:`nll`.

    Returns
    -------
    Check
    """
    model = model_of(model)
    file = data_file(data, dataset) if data is not None else DataFile("", dataset)
    options = dict(
        dataset=file.dataset, axes=axes, examples=examples, binarize=binarize, divide_by=divide_by, dequantize=dequantize,
        simulated=simulated, samples=samples, estimator=estimator, chains=chains, temperatures=temperatures,
        leapfrogs=leapfrogs, seed=seed, threads=threads)
    paths = [model.path] + ([file.path] if data is not None else [])
    run = _process.run(["check", *paths, *words(options)], progress=progress, names=_names(model, file))
    if run.interrupted:
        raise Interrupted("stopped")
    return Check(run.json, run.text, run.warnings)


def compare(results: Any, *others: Any, largest: int = 10, all_errors: bool = False) -> Comparison:
    """Sets results on the same data side by side, best first, with paired differences (``evidence compare``).

    Parameters
    ----------
    results : sequence, mapping, Result or path
        Two or more results; a mapping names them. The names of the models are taken where there is none.
    *others
        More of them, where the first is one.
    largest : int
        How many of the largest changes each difference lists.
    all_errors : bool
        Report Monte Carlo errors even where k̂ says that they can't be trusted.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> evidence.compare({"VAE": a, "IWAE": b})
    """
    return compared(results, others, words(dict(largest=largest, all_errors=all_errors)))


def report(results: Any, output: str | os.PathLike, *, units: Any = None, data: Any = None,
           dataset: str | None = None) -> Path:
    """Makes one HTML page of results (``evidence report``).

    Parameters
    ----------
    results : Result or path
        What :func:`nll` returned, or its file.
    output : path
        Where the page goes.
    units : Units or sequence of them, optional
        A section each.
    data, dataset : optional
        The data of the results, the same as before: the examples to look at are then drawn.

    Returns
    -------
    pathlib.Path
        The page.
    """
    path = results.path if isinstance(results, Result) else os.path.abspath(results)
    folder, pages = TemporaryFolder(), []
    for i, each in enumerate([units] if isinstance(units, Units) else units or []):
        pages.append(folder / f"units-{i}.json")
        Path(pages[-1]).write_text(repr(each.summary), encoding="utf-8")
    names, options = {path: "results"} if isinstance(results, Result) and results._rows._folder else {}, {}
    if data is not None:
        file = data_file(data, dataset)
        names |= file.names
        options = dict(data=file.path, dataset=file.dataset)
    _process.run(["report", path, *pages, *words(dict(output=os.path.abspath(output), **options))], names=names,
                 events=False)
    folder.remove()
    return Path(output)


def merge(results: Sequence[Any], output: str | os.PathLike, *, examples: Any = None, mixed: bool = False) -> Result:
    """One results file of the parts of one run, such as shards (``evidence merge``).

    Parameters
    ----------
    results : sequence of Result or path
        The parts.
    output : path
        The file to make.
    examples : optional
        Those that the parts should hold together; what shards say of themselves where absent.
    mixed : bool
        Merge parts that were made with different processor instructions, whose numbers differ by rounding.

    Returns
    -------
    Result
    """
    paths = [each.path if isinstance(each, Result) else os.path.abspath(each) for each in results]
    _process.run(["merge", *paths, *words(dict(output=os.path.abspath(output), examples=examples, mixed=mixed))])
    return Result(Rows(output))


def inspect(file: Any) -> Inspection:
    """What a model, dataset or results file holds (``evidence inspect``).

    Parameters
    ----------
    file : path, Model or Result
    """
    path = file.path if isinstance(file, (Model, Result)) else os.path.abspath(file)
    run = _process.run(["inspect", path], names=file.names if isinstance(file, Model) else {})
    return Inspection(run.json, run.text, run.warnings)


def estimators() -> dict[str, str]:
    """What ``estimator=`` takes: names, each with a line."""
    return {entry["name"]: entry["summary"] for entry in _process.run(["estimators"]).json["estimators"]}


def open(path: str | os.PathLike) -> Model | Result:
    """A model file as a :class:`Model`, or a results file as a :class:`Result`.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    EvidenceError
        Where it is neither, or can't be read: the error says what it is.
    """
    path = opened(path)
    found = _process.run(["inspect", path]).json
    kind = found["kind"]
    if kind == "results":
        return Result(Rows(path))
    if kind == "model":
        return Model(path)
    raise SettingError(f"{path}: {kind}, and neither a model nor results", path=path,
                       remedy=f'evidence.nll(model, "{path}") takes data by their path')


def digits() -> tuple[Model, Any, Any]:
    """The sample that comes with the command: a two-layer IWAE, 599 images of handwritten digits, and their labels.

    Returns
    -------
    (Model, numpy.ndarray, numpy.ndarray)
    """
    import h5py
    from ._binary import find
    places = [Path(find()).resolve().parent]
    for place in places:
        for images in sorted(place.rglob("digits-test.h5")):
            with h5py.File(images) as file:
                return Model(images.with_name("digits-iwae-2l.h5")), file["images"][...], file["labels"][...]
    raise SettingError(f"the sample is not beside the command {find()}")


def _names(model: Model, file: DataFile, more: dict[str, str] | None = None) -> dict[str, str]:
    return {**model.names, **file.names, **(more or {})}


def _interrupted(path: str, output: Any, folder: TemporaryFolder | None) -> Interrupted:
    """What Ctrl-C leaves."""
    if not os.path.exists(path):
        return Interrupted("stopped before an example was finished")
    result = Result(Rows(path, folder))
    last = result.settings["examples_last"] - result.settings["examples_first"]
    where = f"in {os.fspath(output)}: go on with output={os.fspath(output)!r}, resume=True" if output is not None else (
        "in this exception's `result`")
    return Interrupted(f"stopped: {len(result)} of {last} examples are finished, {where}", result)
