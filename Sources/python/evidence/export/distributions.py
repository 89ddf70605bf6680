"""The distributions of the model format, and how a caller describes a conditional."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from .errors import ExportError

SCALES = ("log_variance", "log_scale", "scale", "variance")

# Each distribution's parameters: exactly one name of each row.
PARAMETERS: dict[str, list[tuple[str, ...]]] = {
    "normal": [("mean",), SCALES],
    "full-normal": [("mean",), ("scale_tril",)],
    "laplace": [("mean",), ("log_scale", "scale")],
    "bernoulli": [("logits", "probabilities")],
    "continuous-bernoulli": [("logits", "probabilities")],
    "categorical": [("logits",)],
    "discretized-logistic": [("mean",), ("log_scale", "scale")],
    "logistic-mixture": [("logits",), ("mean",), ("log_scale",)],
    "beta": [("log_alpha", "alpha"), ("log_beta", "beta")],
    "poisson": [("log_rate", "rate")],
    "negative-binomial": [("mean", "log_mean"), ("dispersion", "log_dispersion")],
    "zero-inflated-negative-binomial": [
        ("mean", "log_mean"), ("dispersion", "log_dispersion"), ("dropout_logits",)],
}
LATENTS = ("normal", "full-normal", "laplace")
POSITIVE = {"scale", "variance", "rate", "dispersion", "alpha", "beta"}


@dataclass
class Conditional:
    """q(z_l | ...) or p(z_{l-1} | ...): a network, and what its outputs mean.

    network       a module, a method of one (`vae.encode`) or a function; for JAX also a list of `layer(...)`
    distribution  a name of the model format
    outputs       the parameters in the order in which the network returns them, None for an output
                  to ignore; or a mapping from parameter to the key or index of the output.
                  A network that returns one tensor for several parameters is split by `split`.
    split         "halves" (parameters one after the other) or "interleaved" (view(-1, d, 2))
    heads         parameter -> a network fed with `network`'s output, instead of `outputs`
    constants     parameter -> a number or an array of the variable's shape
    given         the numbers of the variables it is fed with; absent: the neighbour's
    bins          of discretized-logistic and logistic-mixture
    class_axis    of categorical: the axis of the classes in the network's output, the batch's axis being 0
    flow          the steps of a flow, in order: {"flow": "planar", "u", "w", "b"}, {"flow": "affine-coupling", "mask",
                  "shift": network, "log_scale": network}, {"flow": "inverse-autoregressive", "shift", "log_scale"}
    reference     JAX with a list of layers: what computes the outputs, for the comparison
    """

    network: Any = None
    distribution: str | None = None
    outputs: Any = None
    split: str = "halves"
    heads: Mapping[str, Any] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[int] | None = None
    bins: int | None = None
    class_axis: int | None = None
    flow: Sequence[Mapping[str, Any]] = ()
    reference: Callable | None = None


def check_distribution(where: str, name: str, latent: bool) -> None:
    if name not in PARAMETERS:
        raise ExportError(f"{where}: there is no distribution '{name}'; there are {', '.join(PARAMETERS)}")
    if latent and name not in LATENTS:
        raise ExportError(f"{where}: a latent is {', '.join(LATENTS)}, not {name}")


def check_parameters(where: str, distribution: str, names) -> None:
    """Exactly one name of each row."""
    left = set(names)
    for row in PARAMETERS[distribution]:
        found = [name for name in row if name in left]
        if len(found) != 1:
            raise ExportError(
                f"{where}: a {distribution} distribution takes exactly one of {', '.join(row)}; "
                f"found {', '.join(sorted(names)) or 'none'}. Name them with outputs= (encoder_outputs=, decoder_outputs=), or give "
                + ("a number: scale=1.0 for half a squared error" if "scale" in row else "constants="))
        left -= {found[0]}
    if left:
        raise ExportError(f"{where}: a {distribution} distribution has no {', '.join(sorted(left))}")


def row_of(distribution: str, name: str) -> tuple[str, ...]:
    """The names of which a parameter's is one."""
    return next((row for row in PARAMETERS[distribution] if name in row), ())
