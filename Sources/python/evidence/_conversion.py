"""Results in the forms of other packages."""

from __future__ import annotations

from typing import Any

import numpy as np


def frame(result: Any):
    """A pandas.DataFrame of a result."""
    import pandas as pd
    columns = {name: result._rows[name] for name in result.columns if name not in ("index", "curve")}
    if "curve" in result.columns:
        columns.update({f"L_{k}": result.curve[:, i] for i, k in enumerate(result.curve_samples)})
    return pd.DataFrame(columns, index=pd.Index(result.index, name="index"))


def brackets_frame(rows: Any):
    """A pandas.DataFrame of a check."""
    import pandas as pd
    return pd.DataFrame({name: rows[name] for name in rows.names if name != "index" and rows[name].ndim == 1},
                        index=pd.Index(rows["index"], name="index"))


def units_frame(units: Any):
    """A pandas.DataFrame of units."""
    import pandas as pd
    frames = []
    for layer, variance, kl in zip(units._json["layers"], units.variance, units.kl):
        active = set(layer["activeUnits"])
        undecided = set(layer.get("undecidedUnits") or [])
        numbers = range(layer["units"])
        frames.append(pd.DataFrame({
            "layer": layer["layer"], "unit": numbers, "active": [u in active for u in numbers],
            "undecided": [u in undecided for u in numbers], "variance": variance,
            "variance_standard_error": np.array(layer["varianceStandardError"], float), "kl": kl}))
    return pd.concat(frames, ignore_index=True)


def elpd(result: Any):
    """An arviz.ELPDData.

    The examples were held out and the weights are fixed, so log p(x_i) is the log predictive density of an example itself:
    nothing is left out, and the effective number of parameters is 0.
    """
    import xarray as xr
    values, count = np.asarray(result.log_likelihood, float), len(result)
    names = {"obs_id": result.index}
    pointwise = xr.DataArray(values, dims="obs_id", coords=names, name="elpd_i")
    k = np.asarray(result.pareto_k, float) if "pareto_k" in result.columns else np.full(count, np.nan)
    pareto = xr.DataArray(k, dims="obs_id", coords=names, name="pareto_shape")
    samples = int(result.settings["samples"])
    good = min(1 - 1 / np.log10(samples), 0.7) if samples > 10 else 0.7
    total, error = float(values.sum()), float(np.sqrt(count * values.var()))
    warned = bool(np.nan_to_num(k, nan=0).max(initial=0) > good)
    try:        # ArviZ 1
        from arviz_stats import utils
    except ImportError:
        from arviz.stats.stats_utils import ELPDData
        return ELPDData(
            [total, error, 0.0, samples, count, warned, pointwise, pareto, "log", good],
            ["elpd_loo", "se", "p_loo", "n_samples", "n_data_points", "warning", "loo_i", "pareto_k", "scale", "good_k"])
    values = dict(elpd=total, se=error, p=0.0, n_samples=samples, n_data_points=count, scale="log", warning=warned, good_k=good,
                  elpd_i=pointwise, pareto_k=pareto)
    return utils.ELPDDataLOO(**values) if hasattr(utils, "ELPDDataLOO") else utils.ELPDData(kind="loo", **values)
