"""What the calls return."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Sequence

import numpy as np

from . import _process
from ._attributes import Attributes
from ._errors import SettingError
from ._files import TemporaryFolder
from ._rows import Rows

HEAD = "report.html"


class Printed:
    """A result of the command: its text and its JSON."""

    def __init__(self, json: dict[str, Any], text: str, warnings: Sequence[str] = ()):
        self._json, self._text = json, text
        #: What the numbers should be read with, in words.
        self.warnings = list(warnings)

    @property
    def summary(self) -> Attributes:
        """The command's JSON as attributes: ``summary.log_likelihood.mean``."""
        return Attributes(self._json)

    def __repr__(self) -> str:
        return self._text.rstrip("\n")


class Result(Printed):
    """Test log-likelihoods: one row for each example, and what they come to.

    Every column of the results file is an attribute, an array with an element for each example: ``log_likelihood`` (L_K, in
    nats), ``elbo``, ``monte_carlo_standard_error``, ``effective_sample_size``, ``largest_weight_share``, ``pareto_k``, …
    (docs/results-file.md).

    Attributes
    ----------
    path : str
        The results file; temporary, and gone with this object, unless ``output=`` named one.
    summary : Attributes
        The command's JSON: ``summary.nll``, ``summary.log_likelihood.mean``, ``summary.diagnostics.pareto_k.unreliable``.
    settings : dict
        The attributes of the results file.
    warnings : list of str
        What the numbers should be read with.
    """

    def __init__(self, rows: Rows, json: dict[str, Any] | None = None, text: str | None = None,
                 warnings: Sequence[str] = ()):
        self._rows = rows
        self._said = (json, text)
        self.warnings = list(warnings)

    @cached_property
    def _inspection(self) -> tuple[dict[str, Any], str]:
        output = _process.run(["inspect", self.path], stack=5)
        return output.json, output.text

    @property
    def _json(self) -> dict[str, Any]:  # type: ignore[override]
        return self._said[0] or self._inspection[0]

    @property
    def _text(self) -> str:  # type: ignore[override]
        return self._said[1] or self._inspection[1]

    # MARK: - Rows

    @property
    def path(self) -> str:
        return self._rows.path

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self._rows.settings)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._rows.names)

    @property
    def index(self) -> np.ndarray:
        """The number of each example in the data."""
        return self._rows["index"]

    @property
    def log_likelihood(self) -> np.ndarray:
        """L_K of each example, in nats."""
        return self._rows["log_likelihood"]

    @property
    def pareto_k(self) -> np.ndarray:
        """The Pareto k̂ of each example's weights; NaN where it is not defined."""
        return self._rows["pareto_k"]

    @property
    def curve(self) -> np.ndarray:
        """L_1, L_5, L_50, … L_K of each example, [examples, points]; ``curve_samples`` are the points."""
        return self._rows["curve"]

    @property
    def curve_samples(self) -> np.ndarray:
        """The numbers of draws of the curve: 1, 5, 50, … K."""
        return self._rows.curve_samples

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._rows[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._rows.names]

    def __len__(self) -> int:
        return self._rows.count

    def __fspath__(self) -> str:
        return self.path

    # MARK: - Other forms

    def to_pandas(self):
        """A pandas.DataFrame: a row for each example, the curve in columns ``L_1``, ``L_5``, …"""
        from ._conversion import frame
        return frame(self)

    def to_arviz(self):
        """An arviz.ELPDData: log p(x) of each held-out example as its elpd, with k̂, for ``az.compare`` and ``az.plot_…``."""
        from ._conversion import elpd
        return elpd(self)

    def plot(self, kind: str = "curve", ax: Any = None, **options: Any):
        """Draws on a matplotlib axis, and returns it.

        Parameters
        ----------
        kind : {"curve", "pareto", "histogram"}
            L_k over k; k̂ and the effective sample size of each example; the log-likelihoods.
        ax : matplotlib.axes.Axes, optional
            Where; a new figure where absent.
        **options
            Go to matplotlib.
        """
        from ._drawing import draw
        return draw(self, kind, ax, options)

    def report(self, path: str | os.PathLike, *, units: Any = None, check: Any = None, data: Any = None,
               dataset: str | None = None, model: Any = None) -> Path:
        """Writes the HTML page of the results (``evidence report``).

        Parameters
        ----------
        path : path
            Where the page goes.
        units : Units or sequence of them, optional
            What ``evidence.units`` returned: a section each.
        check : Check or sequence of them, optional
            What ``evidence.check`` returned: a section each.
        data : optional
            The data of the results, the same as before: the examples to look at are then drawn.
        dataset : str, optional
            The dataset inside a file of data.
        model : Model or path, optional
            The model of the results: what it makes of the examples is drawn beside them.
        """
        from ._calls import report
        return report(self, path, units=units, check=check, data=data, dataset=dataset, model=model)

    def _repr_html_(self) -> str:
        from ._html import head
        return head(self)


class Units(Printed):
    """Which latent units the model uses.

    Attributes
    ----------
    layers : list of Attributes
        Of each stochastic layer, z₁ first: ``layers[0].variance``, ``.kl``, ``.pca.eigenvalues``, …
    summary : Attributes
        The command's JSON.
    path : str or None
        The file with every example's posterior; None unless ``output=`` named one.
    """

    def __init__(self, json: dict[str, Any], text: str, warnings: Sequence[str] = (),
                 folder: TemporaryFolder | None = None, latents_path: str | None = None, path: str | None = None):
        super().__init__(json, text, warnings)
        self._folder, self._latents_path, self.path = folder, latents_path, path

    def __fspath__(self) -> str:
        if self.path is None:
            raise SettingError("these units have no file", remedy="units(…, output=\"units.h5\") keeps every example's posterior")
        return self.path

    @property
    def layers(self) -> list[Attributes]:
        return self.summary.layers

    @property
    def active(self) -> list[int]:
        """How many units of each layer are active, z₁ first."""
        return [layer["active"] for layer in self._json["layers"]]

    @property
    def variance(self) -> list[np.ndarray]:
        """A_u = Cov_x(E_q[u]) of each layer's units."""
        return [_array(layer["variance"]) for layer in self._json["layers"]]

    @property
    def kl(self) -> list[np.ndarray]:
        """KL(q(u|x) || p(u)) of each layer's units, over the examples, in nats."""
        return [_array(layer["kl"]) for layer in self._json["layers"]]

    @cached_property
    def latents(self) -> dict[str, dict[str, np.ndarray]]:
        """Posterior means and scales: ``latents["z1"]["mean"]``, [examples, units]; where ``latents=`` was given."""
        import h5py
        if self._latents_path is None:
            raise AttributeError("the latents were not kept: units(…, latents=True)")
        with h5py.File(self._latents_path, "r") as file:
            return {name: {key: item[...] for key, item in group.items()}
                    for name, group in file.items() if isinstance(group, h5py.Group)}

    def to_pandas(self):
        """A pandas.DataFrame: a row for each unit."""
        from ._conversion import units_frame
        return units_frame(self)

    def plot(self, kind: str = "units", ax: Any = None, layer: int = 1, **options: Any):
        """Draws a layer: ``"units"`` (A_u, sorted) or ``"spectrum"`` (eigenvalues of the posterior means' covariance)."""
        from ._drawing import draw_units
        return draw_units(self, kind, ax, layer, options)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        if self._folder is not None:
            # A temporary file doesn't outlive the process that made it; what was read of it does.
            state.update(latents=self.latents, _folder=None, _latents_path=None)
        return state


class Check(Printed):
    """What an estimator says of data simulated from the model, whose log-likelihood is bracketed.

    Attributes
    ----------
    summary : Attributes
        The command's JSON: ``summary.lower.mean``, ``summary.upper.mean``, ``summary.gap.median``.
    path : str
        The file with both brackets of every simulated example; temporary unless ``output=`` named one.
    """

    def __init__(self, json: dict[str, Any], text: str, warnings: Sequence[str], rows: Rows):
        super().__init__(json, text, warnings)
        self._rows = rows

    @property
    def path(self) -> str:
        return self._rows.path

    def __fspath__(self) -> str:
        return self.path

    def to_pandas(self):
        """A pandas.DataFrame: a row for each simulated example, with its brackets (docs/results-file.md)."""
        from ._conversion import brackets_frame
        return brackets_frame(self._rows)

    @property
    def gap(self) -> Attributes:
        """Upper minus lower bound, in nats: ``mean``, ``median``, ``max``."""
        return self.summary.gap


class Inspection(Printed):
    """What a model, a dataset or a results file holds."""


def _array(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], float)
