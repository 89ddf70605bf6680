"""pythae's models: they take {"data": x}, and what they are is in their classes, not in their graphs alone.

Written after pythae's documented classes and their attributes; pythae itself is not needed.
"""

from __future__ import annotations

from typing import Any, Callable

import torch

from .errors import ExportError


def is_pythae(module: Any) -> bool:
    """Whether the module is one of pythae's models."""
    return isinstance(module, torch.nn.Module) and any(
        c.__module__.startswith("pythae.models") and c.__name__ == "BaseAE" for c in type(module).__mro__)


def class_names(model: torch.nn.Module) -> set[str]:
    return {c.__name__ for c in type(model).__mro__}


class Fed(torch.nn.Module):
    """A model that takes its batch in a dictionary, and returns more than its parameters."""

    def __init__(self, model: torch.nn.Module):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model({"data": x})["recon_x"]


def likelihood_of(model: torch.nn.Module) -> dict[str, Any]:
    """The likelihood that the loss stands for: half the squared error, or the cross-entropy."""
    loss = getattr(getattr(model, "model_config", None), "reconstruction_loss", None)
    return {"mse": dict(likelihood="normal", scale=1.0), "bce": dict(likelihood="bernoulli")}.get(loss, {})


def parts_of(model: torch.nn.Module) -> tuple[Callable, Callable, dict[str, Any]] | None:
    """(encoder, decoder, arguments) of a model with a prior or a flow of its own, or that draws several z of an example;
    None of one whose graph says all."""
    names = class_names(model)
    said: dict[str, Any] = dict(encoder_outputs=("mean", "log_variance"), flow=(), prior="standard-normal")
    reversed_at_last = False
    if "VAMP" in names:
        shape = tuple(model.model_config.input_dim)
        inputs = model.pseudo_inputs(model.idle_input.to(next(model.parameters()).device))
        said["prior"] = {"distribution": "vamp", "pseudo_inputs": inputs.detach().reshape(-1, *shape)}
    elif "VAE_LinNF" in names:
        said["flow"] = [planar(k, step) for k, step in enumerate(model.net)]
    elif "VAE_IAF" in names:
        said["flow"], reversed_at_last = inverse_autoregressive(model.iaf_flow)
    elif not names & {"IWAE", "CIWAE", "MIWAE", "PIWAE"}:
        return None

    def encode(x):
        output = model.encoder(x)
        return output["embedding"], output["log_covariance"]

    def decode(z):
        return model.decoder(z.flip(1) if reversed_at_last else z)["reconstruction"]
    return encode, decode, said


def planar(k: int, step: torch.nn.Module) -> dict[str, Any]:
    """z + u tanh(w z + b)."""
    activation = getattr(getattr(step, "model_config", None), "activation", "tanh")
    if not all(hasattr(step, name) for name in ("u", "w", "b")) or activation != "tanh":
        raise ExportError(f"flow/{k}: {type(step).__name__} with {activation}: the model format has planar flows with tanh, "
                          "no radial ones")
    return {"flow": "planar", "u": step.u.detach().reshape(-1), "w": step.w.detach().reshape(-1),
            "b": step.b.detach().reshape(())}


def inverse_autoregressive(flow: torch.nn.Module) -> tuple[list[dict[str, Any]], bool]:
    """The steps from the encoder's sample to z, in the order of the elements that the sample has, and whether the last
    one leaves them reversed: pythae reverses the elements before each step."""
    steps, reverse = [], False
    for k, made in enumerate(reversed(list(flow.net))):
        if type(made).__name__ != "MADE":
            raise ExportError(f"flow/{k}: {type(made).__name__} in a flow is no step of the model format")
        reverse = not reverse
        steps.append({"flow": "inverse-autoregressive", "shift": in_order(made, "mu", reverse),
                      "log_scale": in_order(made, "log_var", reverse)})
    return steps, reverse


def in_order(made: Callable, output: str, reverse: bool) -> Callable:
    def network(z):
        return made(z.flip(1))[output].flip(1) if reverse else made(z)[output]
    return network
