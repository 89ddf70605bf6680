"""PyTorch's own numbers: a program run on given noise, and densities by torch.distributions."""

from __future__ import annotations

import contextlib
import itertools
from typing import Callable, Iterator, Sequence

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .aten import NOISE
from .densities import log_density
from .errors import ExportError
from .outputs import flatten
from .trace import Noise, Trace, in_batch


def placed_like(arrays: Sequence[np.ndarray], inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Rows as tensors of the inputs' shapes, kinds and places."""
    return [torch.as_tensor(np.asarray(a, np.float32)).to(t).reshape(t.shape) for a, t in zip(arrays, inputs)]


def drawn_tensors(found: Trace, noise: Noise, like: torch.Tensor) -> list[torch.Tensor | None]:
    """The draws in their order; None for one that is left to the framework."""
    return [torch.as_tensor(in_batch(view, noise[k])).to(like) if k in noise else None
            for k, view in enumerate(found.noises)]


def run_program(found: Trace, program, inputs, constants, noise: Noise) -> dict:
    """Every node's value by PyTorch, on given noise."""
    values, given = {}, iter([*inputs, *constants])
    drawn = dict(zip([v.node.attributes["fx"] for v in found.noises], drawn_tensors(found, noise, inputs[0])))
    signature = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
    with torch.no_grad():
        for node in program.graph.nodes:
            if node.op == "placeholder":
                spec = signature[node.name]
                if spec.kind.name == "USER_INPUT":
                    values[node] = next(given)
                else:
                    values[node] = program.state_dict[spec.target] if spec.target in program.state_dict else (
                        program.constants.get(spec.target))
            elif node.op == "get_attr":
                values[node] = getattr(program.graph_module, node.target)
            elif node.op == "call_function":
                pick = lambda n: values[n]
                args, kwargs = torch.fx.node.map_arg(node.args, pick), torch.fx.node.map_arg(node.kwargs, pick)
                e = drawn.get(node.name)
                values[node] = node.target(*args, **kwargs) if e is None else scaled_noise(
                    operation_of(node.target), args, kwargs, e)
    return {node: numbers(v) for node, v in values.items() if isinstance(v, torch.Tensor)}


def operation_of(target) -> str:
    return str(target).removeprefix("aten.").split(".")[0]


def scaled_noise(name: str, args, kwargs, drawn: torch.Tensor) -> torch.Tensor:
    """What the drawing operation gives where its standard noise is `drawn`."""
    mean, scale = 0.0, 1.0
    if name == "normal":
        mean, scale = (*args[:2], *(0.0, 1.0)[len(args[:2]):])
        scale = kwargs.get("std", scale)
    elif name in ("normal_functional", "normal_"):
        mean, scale = (*args[1:3], *(0.0, 1.0)[len(args[1:3]):])
    return mean + scale * drawn


class GivenNoise(TorchDispatchMode):
    """Runs the module's own code, with given noise in the order in which it is drawn."""

    def __init__(self, drawn: dict[int, torch.Tensor | None]):
        super().__init__()
        self.drawn, self.count = drawn, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = operation_of(function)
        if name not in NOISE:
            return function(*args, **kwargs)
        drawn = self.drawn.get(self.count)
        self.count += 1
        if drawn is None:
            return function(*args, **kwargs)
        if name == "normal_":
            return args[0].copy_(scaled_noise(name, args, kwargs, drawn))
        return scaled_noise(name, args, kwargs, drawn)


class Code:
    """A function's outputs by the framework's eager code, on given noise."""

    def __init__(self, found: Trace, function: Callable, inputs: Sequence[torch.Tensor], constants: list[torch.Tensor]):
        self.found, self.function, self.inputs, self.constants = found, function, inputs, constants
        # Which of the code's draws are in the graph: one whose result nobody uses isn't.
        self.places: tuple[int, ...] = tuple(range(len(found.noises)))

    def __call__(self, arrays: list[np.ndarray], noise: Noise) -> list[np.ndarray]:
        outputs, count = self.run(arrays, noise, self.places)
        if count > len(self.places) and not any(p >= len(self.places) for p in self.places):
            graph = self.found.outputs_at(self.found.run(arrays, noise))
            for places in itertools.islice(itertools.combinations(range(count), len(self.places)), 64):
                outputs, _ = self.run(arrays, noise, places)
                if all(a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(outputs, graph)):
                    self.places = places
                    break
        if count < len(self.places) or len(outputs) != len(self.found.outputs):
            raise ExportError(
                f"draws {count} times and returns {len(outputs)} tensors when it is run; {len(self.places)} and "
                f"{len(self.found.outputs)} in the exported graph: what it does depends on the values")
        return outputs

    def run(self, arrays, noise: Noise, places) -> tuple[list[np.ndarray], int]:
        inputs = placed_like(arrays, self.inputs) + self.constants
        drawn = dict(zip(places, drawn_tensors(self.found, noise, inputs[0])))
        with torch.no_grad(), eager_code(), GivenNoise(drawn) as mode:
            leaves = flatten(self.function(*inputs), lambda v: isinstance(v, torch.Tensor))
        return [numbers(leaf.value) for leaf in leaves], mode.count


@contextlib.contextmanager
def eager_code() -> Iterator[None]:
    """Compiled functions as the Python that they were made from."""
    stance = getattr(torch.compiler, "set_stance", None)
    with stance("force_eager") if stance else contextlib.nullcontext():
        yield


def numbers(tensor) -> np.ndarray:
    return tensor.detach().cpu().double().numpy() if isinstance(tensor, torch.Tensor) else np.asarray(tensor, np.float64)


def torch_log_density(distribution: str, parameters: dict, x: np.ndarray, bins: int) -> np.ndarray:
    """log p(x) by torch.distributions, where it has the distribution."""
    d, n = torch.distributions, len(x)
    p = {k: torch.as_tensor(np.asarray(v, np.float64)).reshape(n, -1) for k, v in parameters.items()}
    t = torch.as_tensor(np.asarray(x, np.float64).reshape(n, -1))
    scale = next((f(p[k]) for k, f in (("scale", lambda v: v), ("log_scale", torch.exp), ("variance", torch.sqrt),
                                       ("log_variance", lambda v: torch.exp(0.5 * v))) if k in p), None)
    single = torch.finfo(torch.float32).eps      # as torch clamps probabilities, which are float32 here
    bernoulli = {"logits": p["logits"]} if "logits" in p else {
        "probs": p["probabilities"].clamp(single, 1 - single)} if "probabilities" in p else {}
    made = {
        "normal": lambda: d.Normal(p["mean"], scale), "laplace": lambda: d.Laplace(p["mean"], scale),
        "bernoulli": lambda: d.Bernoulli(**bernoulli, validate_args=False),
        "continuous-bernoulli": lambda: d.ContinuousBernoulli(**bernoulli),
        "categorical": lambda: d.Categorical(logits=p["logits"].reshape(n, t.shape[1], -1)),
        "poisson": lambda: d.Poisson(p["rate"] if "rate" in p else p["log_rate"].exp()),
    }.get(distribution)
    if made is None:
        return log_density(distribution, parameters, x, bins)
    return made().log_prob(t).sum(1).numpy()
