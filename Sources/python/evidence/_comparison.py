"""Several results side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from html import escape
from typing import Any, Sequence

import numpy as np

from . import _process
from ._attributes import Attributes
from ._errors import InputError
from ._results import Result
from ._rows import Rows


class Comparison:
    """Results on the same data, best first.

    Attributes
    ----------
    names : list of str
        The results' names, best first.
    mean : numpy.ndarray
        Each one's mean log-likelihood over the examples that it shares with the best, in nats.
    difference, standard_error, monte_carlo_standard_error : numpy.ndarray
        Each minus the best, over paired examples, and its two errors; NaN where an error can't be said.
    pairs : list of Attributes
        What ``evidence compare`` says of the best and each other one, in the order of ``names[1:]``.
    """

    def __init__(self, names: list[str], pairs: list[dict[str, Any]], texts: list[str], warnings: list[str]):
        self.names, self._pairs, self.texts, self.warnings = names, pairs, texts, warnings
        self.pairs = [Attributes(pair) for pair in pairs]
        self.mean = np.array([pairs[0]["meanA"], *(pair["meanB"] for pair in pairs)], float)
        self.difference = np.array([0.0, *(pair["difference"]["mean"] for pair in pairs)], float)
        self.standard_error = np.array([0.0, *(pair["difference"]["standardError"] for pair in pairs)], float)
        self.monte_carlo_standard_error = np.array(
            [0.0, *(pair["difference"]["monteCarloStandardError"] for pair in pairs)], float)

    def to_pandas(self):
        """A pandas.DataFrame: a row for each result."""
        import pandas as pd
        return pd.DataFrame({
            "mean": self.mean, "difference": self.difference, "standard_error": self.standard_error,
            "monte_carlo_standard_error": self.monte_carlo_standard_error}, index=pd.Index(self.names, name="result"))

    def _table(self) -> list[list[str]]:
        rows = [["", "log p(x)", "less than the best", "± data", "± Monte Carlo"]]
        for i, name in enumerate(self.names):
            errors = [f"{e:.2g}" if np.isfinite(e) else "?" for e in (
                self.standard_error[i], self.monte_carlo_standard_error[i])]
            rows.append([name, f"{self.mean[i]:.2f}", *([f"{-self.difference[i]:.2f}", *errors] if i else ["", "", ""])])
        return rows

    def __repr__(self) -> str:
        rows = self._table()
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:]))]).rstrip()
                 for row in rows]
        return "\n".join([*lines, "", f"nats, over {self._pairs[0]['examples']} examples"])

    def _repr_html_(self) -> str:
        head, *body = self._table()
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
        return f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"


def compared(results: Any, others: Sequence[Any], options: list[str]) -> Comparison:
    """Compares each with the best of them."""
    given = _given(results, others)
    if len(given) < 2:
        raise InputError("compare: two results or more were expected", expected="two or more", found=str(len(given)))
    # Examples that only some have would favour those without the hard ones.
    shared = set.intersection(*(set(result.index.tolist()) for _, result in given))
    means = [float(result.log_likelihood[np.isin(result.index, list(shared))].mean()) if shared else np.nan
             for _, result in given]
    order = sorted(range(len(given)), key=lambda i: -means[i] if np.isfinite(means[i]) else np.inf)
    (best_name, best), *rest = [given[i] for i in order]
    names = {result.path: name for name, result in given}
    pairs, texts, warnings = [], [], []
    for _, result in rest:
        run = _process.run(["compare", best.path, result.path, *options], names=names, stack=4)
        pairs.append(run.json)
        texts.append(run.text)
        warnings += run.warnings
    return Comparison([best_name, *(name for name, _ in rest)], pairs, texts, warnings)


def _given(results: Any, others: Sequence[Any]) -> list[tuple[str, Result]]:
    if isinstance(results, Mapping):
        items = list(results.items())
    elif isinstance(results, (Result, str, os.PathLike)):
        items = [(None, each) for each in (results, *others)]
    else:
        items = [(None, each) for each in (*results, *others)]
    given: list[tuple[str, Result]] = []
    for name, each in items:
        if not isinstance(each, Result):
            each = Result(Rows(each))
        name = str(name if name is not None else each.settings.get("model_name") or os.path.splitext(
            os.path.basename(each.path))[0])
        taken, first, number = {other for other, _ in given}, name, 1
        while name in taken:
            number += 1
            name = f"{first} ({number})"
        given.append((name, each))
    return given
