"""The PyTorch modules that an encoder and a decoder belong to, and what of their code samples z."""

from __future__ import annotations

import gc
import inspect
from typing import Any, Callable, Iterator, Sequence

import torch

from .distributions import Conditional
from .errors import ExportError
from .outputs import flatten
from .own_code import SAMPLES, Sampler
from .torch_graph import modules_of, unwrapped

FRAMEWORK = ("torch.", "pytorch_lightning.", "lightning.")


def own_forward(module: Any) -> bool:
    """Whether the module is of a class of its own, with a forward()."""
    return (isinstance(module, torch.nn.Module) and not type(module).__module__.startswith(FRAMEWORK)
            and "forward" in {name for c in type(module).__mro__ if not c.__module__.startswith(FRAMEWORK) for name in vars(c)})


def owners(encoder: Any, decoder: Any) -> list[torch.nn.Module]:
    """The modules whose methods these are, or that the functions reach, or that hold both as their parts."""
    parts = [f.network if isinstance(f, Conditional) else f for f in (encoder, decoder)]
    reached = [m for f in parts if not isinstance(f, torch.nn.Module) for m in modules_of(f)]
    found = {id(m): m for m in reached if m not in parts}
    if all(isinstance(p, torch.nn.Module) for p in parts):
        for held in gc.get_objects():
            if issubclass(type(held), torch.nn.Module) and held not in parts:
                inside = {id(m) for m in held.modules()}
                if all(id(p) in inside for p in parts):
                    found[id(held)] = held
    return [m for m in found.values() if not isinstance(m, (torch.nn.DataParallel, torch.nn.ModuleList))
            and not hasattr(m, "_orig_mod")]


def samplers(modules: Sequence[torch.nn.Module], encode: Callable, inputs: list[torch.Tensor],
             sampled: Callable[..., Any]) -> Iterator[Sampler]:
    """What samples: forward() of the modules, and methods of two tensors that are named like it."""
    for module in modules:
        name = type(module).__name__
        if own_forward(module):
            for given in ([inputs, inputs[:1]] if len(inputs) > 1 else [inputs]):
                found = attempt(sampled, f"{name}.forward()", unwrapped(module), given)
                if found is not None:
                    yield f"{name}.forward()", found, True
                    break
        for words, method in methods(module):
            found = attempt(sampled, f"{name}.{words}()", chained(encode, method), inputs[:1])
            if found is not None:
                yield f"{name}.{words}()", found, False


def attempt(sampled: Callable, words: str, function: Callable, inputs):
    """The graph, where the function can be followed."""
    try:
        return sampled(words, function, inputs)
    except ExportError:
        return None


def methods(module: torch.nn.Module) -> Iterator[tuple[str, Callable]]:
    """Methods and parts of a module that are named like sampling."""
    for name in dir(type(module)):
        if SAMPLES.search(name.lower()) and not hasattr(torch.nn.Module, name) and callable(getattr(module, name, None)):
            yield name, getattr(module, name)
    for name, part in module.named_children():
        if SAMPLES.search(name.lower()) or SAMPLES.search(type(part).__name__.lower()):
            yield name, part


def chained(encode: Callable, method: Callable) -> Callable:
    """x -> the sample that the method makes of the encoder's outputs, as two arguments or as a pair."""
    def sample(x):
        outputs = [leaf.value for leaf in flatten(encode(x), lambda v: isinstance(v, torch.Tensor))]
        if len(outputs) != 2:
            raise ExportError("returns no two tensors")
        return method(*outputs) if pair else method(tuple(outputs))

    try:
        wanted = inspect.signature(getattr(method, "forward", method)).parameters.values()
        pair = sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in wanted) != 1
    except (TypeError, ValueError):
        pair = True
    return sample
