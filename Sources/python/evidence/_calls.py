"""The commands on files that are there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Sequence

from . import _process
from ._arrays import data_file
from ._comparison import Comparison, compared
from ._errors import SettingError
from ._files import TemporaryFolder
from ._making import opened
from ._model import Model, model_of
from ._options import words
from ._results import Check, Inspection, Result, Units
from ._rows import Rows


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


def report(results: Any, output: str | os.PathLike, *, units: Any = None, check: Any = None, data: Any = None,
           dataset: str | None = None, model: Any = None) -> Path:
    """Makes one HTML page of results (``evidence report``).

    Parameters
    ----------
    results : Result, path, or sequence of them
        What :func:`nll` returned, or its file; several on the same data are compared.
    output : path
        Where the page goes.
    units : Units or sequence of them, optional
        A section each.
    check : Check or sequence of them, optional
        A section each.
    data, dataset : optional
        The data of the results, the same as before: the examples to look at are then drawn.
    model : Model or path, optional
        The model of the results: what it makes of the examples is drawn beside them.

    Returns
    -------
    pathlib.Path
        The page.
    """
    given = [results] if isinstance(results, (Result, str, os.PathLike)) else list(results)
    paths = [os.path.abspath(each) for each in given]
    folder, pages = TemporaryFolder(), []
    for part in (units, check):
        for each in [part] if isinstance(part, (Units, Check)) else part or []:
            pages.append(folder / f"{len(pages)}.json")
            Path(pages[-1]).write_text(repr(each.summary), encoding="utf-8")
    names = {path: "results" for each, path in zip(given, paths) if isinstance(each, Result) and each._rows._folder}
    options: dict[str, Any] = {}
    if data is not None:
        file = data_file(data, dataset)
        names |= file.names
        options = dict(data=file.path, dataset=file.dataset)
    if model is not None:
        model = model_of(model)
        names |= model.names
        options["model"] = model.path
    _process.run(["report", *paths, *pages, *words(dict(output=os.path.abspath(output), **options))], names=names,
                 events=False)
    folder.remove()
    return Path(output)


def merge(results: Sequence[Any], output: str | os.PathLike, *, examples: Any = None, mixed: bool = False) -> Result:
    """One results file of the parts of one run, such as shards (``evidence merge``).

    Merged parts of :func:`units` and :func:`check` are summed up by the same call with ``output=`` that file and
    ``resume=True``.

    Parameters
    ----------
    results : sequence of Result, Units, Check or path
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
    paths = [os.path.abspath(each) for each in results]
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
