"""Parts of a model that its sampling code alone does not say all of: a prior of its own, a flow."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from .errors import ExportError
from .outputs import is_distribution

FLOWS = ("flow", "planar", "radial", "iaf", "maf", "coupling", "realnvp", "householder")
PRIORS = ("prior", "vamp", "pseudo", "idle_input")
NO_PRIOR = "p(z) is the standard normal, as where no prior= is said"

# A module, parameter, attribute or method by its path, and what it is.
Part = tuple[str, str]


def telling_parts(modules: Sequence[Any]) -> list[Part]:
    """What of these PyTorch modules is named like a prior or a flow, and is not a standard normal."""
    parts: list[Part] = []
    for top in modules:
        parts += [(p, type(m).__name__) for p, m in top.named_modules()]
        named = [*top.named_parameters(), *top.named_buffers()]
        parts += [(p, f"of shape {tuple(t.shape)}") for p, t in named if not standard(p, t.detach().cpu().numpy)]
        for name, value in vars(top).items():
            prior = "prior" in name.lower() or name.strip("_").lower() in ("p_z", "pz", "p0")
            if prior and is_distribution(value) and not standard_distribution(value):
                parts.append((f"prior {name}", type(value).__name__))
            elif prior and isinstance(value, (int, float)) and moment(name) and not standard(name, lambda: np.float64(value)):
                parts.append((name, str(value)))
        parts += [(name, "a method") for name in dir(type(top)) if "pseudo" in name.lower() or "vamp" in name.lower()]
    return parts


def telling_names(modules: Sequence[Any]) -> list[Part]:
    """What of these JAX modules is named like a prior or a flow."""
    parts: list[Part] = []
    for module in modules:
        for name, value in getattr(module, "__dict__", {}).items():
            if value is not None and not isinstance(value, (int, float, bool, str)) and not (
                    is_distribution(value) and standard_distribution(value)):
                parts.append((name, type(value).__name__))
    return parts


def moment(name: str) -> str | None:
    """Whether a name says a location or a scale."""
    words = name.lower().split(".")[-1]
    if any(word in words for word in ("log", "mean", "mu", "loc")):
        return "0"
    return "1" if any(word in words for word in ("scale", "std", "sigma", "var")) else None


def standard(name: str, values) -> bool:
    """Whether it is the location or the scale of a standard normal."""
    kind = moment(name)
    return "prior" in name.lower() and kind is not None and bool((np.asarray(values()) == float(kind)).all())


def standard_distribution(value: Any) -> bool:
    """Whether a distribution object is a standard normal."""
    inner = getattr(value, "base_dist", value)
    if type(inner).__name__ not in ("Normal", "MultivariateNormal"):
        return False
    scale = inner.scale_tril if type(inner).__name__ == "MultivariateNormal" else inner.scale
    unit = np.eye(scale.shape[-1]) if type(inner).__name__ == "MultivariateNormal" else 1
    return bool((np.asarray(inner.loc) == 0).all() and (np.asarray(scale) == unit).all())


def ask_for_the_rest(parts: Sequence[Part], prior, flow, or_else: str = "") -> None:
    """Asks what the sampling code does not say."""
    for telling, given, what in (
            (PRIORS, prior is not None, 'a prior of its own? Then say prior={"distribution": "vamp", '
             '"pseudo_inputs": ...} or "normal", "normal-mixture" with its arrays; if it is the standard normal, '
             'prior="standard-normal"'),
            (FLOWS, flow is not None, "a flow of the posterior? Then say flow=[{\"flow\": \"planar\", ...}], and give "
             "encoder= and decoder= apart; if it is a part of the decoder, or no flow, flow=()")):
        if given:
            continue
        for path, kind in parts:
            own = path.split(".")[-1].lower()
            if any(word in without_others(own) or word in without_others(kind.lower()) for word in telling):
                raise ExportError(f"the module has {path or kind} ({kind}): is it {what}{or_else}")


def without_others(word: str) -> str:
    """A name without the words that only look like a flow's."""
    for other in ("tensorflow", "overflow", "workflow", "underflow", "dataflow", "flower"):
        word = word.replace(other, "")
    return word
