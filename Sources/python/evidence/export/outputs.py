"""What a network returns, flattened: tuples, dictionaries, dataclasses, named tuples and distributions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from .errors import ExportError

# torch.distributions and numpyro alike: class -> the format's name, {parameter: attribute}.
DISTRIBUTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "Normal": ("normal", {"mean": "loc", "scale": "scale"}),
    "Laplace": ("laplace", {"mean": "loc", "scale": "scale"}),
    "MultivariateNormal": ("full-normal", {"mean": "loc", "scale_tril": "scale_tril"}),
    "Bernoulli": ("bernoulli", {"logits": "logits", "probabilities": "probs"}),
    "BernoulliLogits": ("bernoulli", {"logits": "logits"}),
    "BernoulliProbs": ("bernoulli", {"probabilities": "probs"}),
    "ContinuousBernoulli": ("continuous-bernoulli", {"logits": "logits", "probabilities": "probs"}),
    "Categorical": ("categorical", {"logits": "logits", "probabilities": "probs"}),
    "CategoricalLogits": ("categorical", {"logits": "logits"}),
    "OneHotCategorical": ("categorical", {"logits": "logits", "probabilities": "probs"}),
    "Poisson": ("poisson", {"rate": "rate"}),
    "Beta": ("beta", {"alpha": "concentration1", "beta": "concentration0"}),
    "NegativeBinomial": ("negative-binomial", {"total_count": "total_count", "logits": "logits",
                                               "probabilities": "probs"}),
}
WRAPPERS = {"Independent": "base_dist", "ExpandedDistribution": "base_dist"}


@dataclass
class Leaf:
    """One tensor that a network returns: where in its result, and of which distribution which parameter."""

    path: tuple[str, ...]
    value: Any
    distribution: str | None = None
    parameter: str | None = None

    @property
    def words(self) -> str:
        return ".".join(self.path) or "the output"


def is_distribution(value: Any) -> bool:
    return hasattr(value, "log_prob") and (hasattr(value, "rsample") or hasattr(value, "sample"))


def flatten(value: Any, is_tensor: Callable[[Any], bool], path: tuple[str, ...] = ()) -> list[Leaf]:
    """The tensors of a result, in order."""
    if is_tensor(value):
        return [Leaf(path, value)]
    if is_distribution(value):
        return distribution_leaves(value, path)
    if isinstance(value, Mapping):
        return [leaf for k, v in value.items() for leaf in flatten(v, is_tensor, (*path, str(k)))]
    if hasattr(value, "_fields") and isinstance(value, tuple):
        return [leaf for k, v in zip(value._fields, value) for leaf in flatten(v, is_tensor, (*path, k))]
    if isinstance(value, (tuple, list)):
        return [leaf for k, v in enumerate(value) for leaf in flatten(v, is_tensor, (*path, str(k)))]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [leaf for f in dataclasses.fields(value)
                for leaf in flatten(getattr(value, f.name), is_tensor, (*path, f.name))]
    if value is None or isinstance(value, (int, float, str, bool)):
        return []
    held = {k: v for k, v in getattr(value, "__dict__", {}).items() if is_tensor(v)}
    return [leaf for k, v in held.items() for leaf in flatten(v, is_tensor, (*path, k))]


def distribution_leaves(value: Any, path: tuple[str, ...]) -> list[Leaf]:
    """The parameters of a distribution object, by the names of the format."""
    name = type(value).__name__
    while name in WRAPPERS:
        value = getattr(value, WRAPPERS[name])
        name = type(value).__name__
    if name not in DISTRIBUTIONS:
        raise ExportError(f"{'.'.join(path) or 'the network'} returns a distribution {name}; the model format has "
                          f"{', '.join(sorted({f for f, _ in DISTRIBUTIONS.values()}))}")
    kind, attributes = DISTRIBUTIONS[name]
    if "logits" in attributes and "probabilities" in attributes:
        # By whichever it was made; the other is computed from it.
        given = "probabilities" if "probs" in value.__dict__ else "logits"
        attributes = {k: v for k, v in attributes.items() if k not in ("logits", "probabilities") or k == given}
    return [Leaf((*path, parameter), getattr(value, attribute), kind, parameter)
            for parameter, attribute in attributes.items()]
