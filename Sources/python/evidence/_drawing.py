"""Figures by matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._errors import SettingError


def _axis(ax: Any) -> Any:
    if ax is None:
        import matplotlib.pyplot as plt
        _, ax = plt.subplots()
    return ax


def draw(result: Any, kind: str, ax: Any, options: dict[str, Any]):
    """A figure of a result."""
    kinds = {"curve": _curve, "pareto": _pareto, "histogram": _histogram}
    if kind not in kinds:
        raise SettingError(f"plot: there is no {kind!r}", expected=f"one of {', '.join(kinds)}", found=repr(kind))
    return kinds[kind](result, _axis(ax), options)


def _curve(result: Any, ax: Any, options: dict[str, Any]):
    if "curve" not in result.columns:
        raise SettingError('plot("curve"): the estimator has no weights, and so no curve')
    values = result.curve
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.zeros(values.shape[1])
    ax.plot(result.curve_samples, values.mean(axis=0), **{"marker": "o", **options})
    ax.fill_between(result.curve_samples, values.mean(axis=0) - error, values.mean(axis=0) + error, alpha=0.15)
    ax.set(xscale="log", xlabel="k, draws for each example", ylabel="mean $L_k$, nats")
    return ax


def _pareto(result: Any, ax: Any, options: dict[str, Any]):
    ax.scatter(result.effective_sample_size, result.pareto_k, **{"s": 12, "alpha": 0.6, **options})
    threshold = min(1 - 1 / np.log10(max(int(result.settings["samples"]), 11)), 0.7)
    ax.axhline(threshold, linestyle="--", linewidth=1, color="0.4")
    ax.set(xscale="log", xlabel="effective sample size", ylabel="Pareto $\\hat{k}$")
    return ax


def _histogram(result: Any, ax: Any, options: dict[str, Any]):
    values = result.log_likelihood
    ax.hist(values[np.isfinite(values)], **{"bins": "fd", **options})
    ax.set(xlabel="log p(x), nats", ylabel="examples")
    return ax


def draw_units(units: Any, kind: str, ax: Any, layer: int, options: dict[str, Any]):
    """A figure of a layer of units."""
    if kind not in ("units", "spectrum"):
        raise SettingError(f"plot: there is no {kind!r}", expected="units or spectrum", found=repr(kind))
    if not 1 <= layer <= len(units.active):
        raise SettingError("plot: there is no such layer", expected=f"from 1 to {len(units.active)}", found=str(layer))
    ax, values = _axis(ax), units._json["layers"][layer - 1]
    if kind == "units":
        variance = np.sort(units.variance[layer - 1])[::-1]
        ax.bar(np.arange(1, len(variance) + 1), variance, **options)
        ax.axhline(values["threshold"], linestyle="--", linewidth=1, color="0.4")
        ax.set(yscale="log", xlabel=f"units of z{layer}, most active first", ylabel="$A_u$")
    else:
        spectrum = np.array(values["pca"]["eigenvalues"], float)
        ax.plot(np.arange(1, len(spectrum) + 1), spectrum, **{"marker": "o", **options})
        ax.set(yscale="log", xlabel="principal direction", ylabel="eigenvalue")
    return ax
