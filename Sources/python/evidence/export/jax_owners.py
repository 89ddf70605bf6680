"""The JAX modules that an encoder and a decoder belong to, and what of their code samples z."""

from __future__ import annotations

import functools
import gc
import types
from typing import Any, Callable, Iterator, Sequence

import jax
import numpy as np

from .distributions import Conditional
from .errors import ExportError
from .outputs import flatten
from .own_code import SAMPLES, Sampler
from .trace import Trace

LIBRARIES = ("flax.", "equinox.", "haiku.")
# The names by which linen modules ask for noise.
STREAMS = ("params", "dropout", "default", "sample", "samples", "sampling", "noise", "latent", "z", "eps", "gaussian",
           "normal", "reparam", "reparameterize", "reparametrize", "vae", "rng", "key")


def kind_of(value: Any) -> str | None:
    """Of which library a module is an instance: "linen", "nnx", "equinox"; None of anything else."""
    for c in type(value).__mro__:
        for kind, place in (("linen", "flax.linen"), ("nnx", "flax.nnx"), ("equinox", "equinox")):
            if module_of(c).startswith(place) and c.__name__ in ("Module", "Object", "Pytree"):
                return kind
    return None


def module_of(c: type) -> str:
    """Where a class stands; equinox's wrappers hide it."""
    return c.__module__ if isinstance(c.__module__, str) else "equinox"


def own_class(value: Any) -> bool:
    return kind_of(value) is not None and not module_of(type(value)).startswith(LIBRARIES)


def reached(function: Any, seen: dict[int, Any]) -> None:
    """Collects the modules and trees that a function reaches: its own, its closure's, the globals that it names."""
    if id(function) in seen or len(seen) > 1000:
        return
    if own_class(function) or isinstance(function, dict):
        seen[id(function)] = function
        return
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        reached(owner, seen)
    elif isinstance(function, (list, tuple)):
        for value in function:
            reached(value, seen)
    elif isinstance(function, functools.partial):
        seen[id(function)] = function
        for value in (function.func, *function.args, *function.keywords.values()):
            reached(value, seen)
    elif hasattr(function, "__wrapped__"):
        seen[id(function)] = function
        reached(function.__wrapped__, seen)
    elif isinstance(function, types.FunctionType):
        seen[id(function)] = function
        for cell in function.__closure__ or ():
            try:
                reached(cell.cell_contents, seen)
            except ValueError:      # not filled yet
                continue
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            if kind_of(value) is not None or isinstance(value, (dict, types.FunctionType, functools.partial)):
                reached(value, seen)
    elif kind_of(function) == "equinox":
        seen[id(function)] = function
        for value in vars(function).values():
            reached(value, seen)


def owners(encoder: Any, decoder: Any) -> tuple[list[Any], list[dict]]:
    """(modules, trees of variables) that the functions reach; and modules that hold both as their parts."""
    parts = [f.network if isinstance(f, Conditional) else f for f in (encoder, decoder)]
    seen: dict[int, Any] = {}
    for part in parts:
        reached(part, seen)
    modules = [v for v in seen.values() if own_class(v) and not any(v is p for p in parts)]
    if all(kind_of(p) in ("nnx", "equinox") for p in parts):
        for held in gc.get_objects():
            if own_class(held) and all(any(v is p for v in getattr(held, "__dict__", {}).values()) for p in parts):
                modules.append(held)
    return modules, [v for v in seen.values() if isinstance(v, dict) and "params" in v]


def samplers(found: tuple[list[Any], list[dict]], encode: Callable, inputs: Sequence[np.ndarray],
             sampled: Callable[[str, Callable, Sequence], Trace]) -> Iterator[Sampler]:
    """What samples: the modules themselves, and their methods of two arrays that are named like it."""
    modules, trees = found
    key = jax.random.key(0)
    for module in modules:
        name, kind = type(module).__name__, kind_of(module)
        if kind == "linen":
            streams = dict.fromkeys(STREAMS, key)
            bound = [module.unbind()] if getattr(module, "scope", None) is not None else []
            calls = [lambda *a, m=m, t=t: m.apply(t, *a, rngs=streams) for m, t in [
                *bound, *((module, t) for t in trees if not bound)]]
        elif "__call__" in {n for c in type(module).__mro__ if not module_of(c).startswith(LIBRARIES) for n in vars(c)}:
            calls = [itself(module)]
        else:
            calls = []
        for call in calls:
            trace = attempt(sampled, f"{name}.__call__()", call, inputs)
            if trace is not None:
                yield f"{name}.__call__()", trace, True
        if kind == "linen":
            continue
        for method in dir(type(module)):
            if SAMPLES.search(method.lower()) and callable(getattr(module, method, None)):
                for chain in chained(encode, getattr(module, method), key):
                    trace = attempt(sampled, f"{name}.{method}()", chain, inputs[:1])
                    if trace is not None:
                        yield f"{name}.{method}()", trace, False
                        break


def attempt(sampled: Callable, words: str, function: Callable, inputs) -> Trace | None:
    """The graph, where the function can be followed."""
    try:
        return sampled(words, function, inputs)
    except ExportError:
        return None


def chained(encode: Callable, method: Callable, key) -> Iterator[Callable]:
    """x -> the sample that the method makes of the encoder's outputs, the key in one place or the other."""
    def outputs(x):
        values = [leaf.value for leaf in flatten(encode(x), lambda v: hasattr(v, "dtype") and hasattr(v, "shape"))]
        if len(values) != 2:
            raise ExportError("returns no two arrays")
        return values
    yield lambda x: method(*outputs(x), key)
    yield lambda x: method(key, *outputs(x))
    yield lambda x: method(*outputs(x))


def itself(function: Any) -> Callable:
    """An nnx module, or a method of one, merged anew at each call: its random state may change while it is traced."""
    method = isinstance(function, types.MethodType)
    module = function.__self__ if method else function
    if kind_of(module) != "nnx":
        return function
    from flax import nnx
    definition, state = nnx.split(module)

    def call(*arguments, **names):
        merged = nnx.merge(definition, jax.tree_util.tree_map(lambda a: a, state))
        return getattr(merged, function.__name__)(*arguments, **names) if method else merged(*arguments, **names)
    call.__name__ = function.__name__ if method else type(module).__name__
    return call
