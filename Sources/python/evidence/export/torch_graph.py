"""A PyTorch network as a graph, by torch.export."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import types
import warnings
from typing import Any, Callable, Iterator, Sequence

import numpy as np
import torch

from . import aten_layers  # noqa: F401  (registers its operations)
from .arithmetic import Arithmetic, numpy
from .aten import ASSERTIONS, COMPARISONS, ELEMENTWISE, MOVING, MOVING_NUMBERS, NOISE, OPERATIONS, SAME
from .errors import ExportError
from .graph import Builder, View
from .layers import size
from .outputs import Leaf, flatten
from .pythae import Fed, is_pythae
from .torch_run import Code, eager_code, placed_like, run_program
from .trace import Trace

REMEDY = ("torch.export can't follow it: {error}. Give a function of tensors alone whose branches don't depend on their "
          "values, for example encoder=lambda x: ... and decoder=lambda z: ...")


def unwrapped(module: Any) -> Any:
    """The module inside DataParallel and torch.compile."""
    while True:
        if isinstance(module, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
            module = module.module
        elif hasattr(module, "_orig_mod"):
            module = module._orig_mod
        elif hasattr(module, "_torchdynamo_orig_callable"):
            module = module._torchdynamo_orig_callable
        else:
            return Fed(module) if is_pythae(module) else module


def modules_of(function: Any, seen: set[int] | None = None) -> list[torch.nn.Module]:
    """The modules that a function reaches: its own, its closure's, and the global ones that it names."""
    seen = set() if seen is None else seen
    if id(function) in seen:
        return []
    seen.add(id(function))
    if isinstance(function, torch.nn.Module):
        return [function]
    if isinstance(function, (list, tuple)):
        return [m for f in function for m in modules_of(f, seen)]
    if isinstance(function, dict):
        return [m for f in function.values() for m in modules_of(f, seen)]
    if isinstance(function, functools.partial):
        return modules_of((function.func, function.args, function.keywords), seen)
    found = []
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        found += modules_of(owner, seen)
        function = getattr(function, "__func__", function)
    if isinstance(function, types.FunctionType):
        for cell in function.__closure__ or ():
            with contextlib.suppress(ValueError):
                found += modules_of(cell.cell_contents, seen)
        found += modules_of(function.__defaults__ or (), seen)
        names = list(function.__code__.co_names)
        for code in function.__code__.co_consts:
            names += code.co_names if isinstance(code, types.CodeType) else ()
        for name in names:
            value = function.__globals__.get(name)
            if isinstance(value, (torch.nn.Module, types.FunctionType, functools.partial, list, tuple, dict)):
                found += modules_of(value, seen)
    elif callable(function) and hasattr(function, "__dict__"):
        found += modules_of(list(vars(function).values()), seen)
    return found


@contextlib.contextmanager
def untouched(modules: Sequence[torch.nn.Module], training: bool = False) -> Iterator[None]:
    """The modules in float32 and at test time (or training, but for what normalizes and drops); as they were after."""
    every = {id(m): m for top in modules for m in top.modules()}
    saved = [(m, dict(m.__dict__), {k: dict(m.__dict__[k]) for k in (
        "_parameters", "_buffers", "_modules") if k in m.__dict__}) for m in every.values()]
    tensors = {id(t): t for top in modules for t in [*top.parameters(), *top.buffers()]}
    halves = [(t, t.data) for t in tensors.values() if t.dtype in (torch.float16, torch.bfloat16)]
    validate = torch.distributions.Distribution._validate_args
    try:
        for t, data in halves:
            t.data = data.float()
        for m in every.values():
            name = type(m).__name__
            m.training = training and not any(word in name for word in ("Norm", "Dropout", "RReLU", "DropPath"))
        torch.distributions.Distribution.set_default_validate_args(False)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.distributions.Distribution.set_default_validate_args(validate)
        for m, attributes, inner in saved:
            m.__dict__.clear()
            m.__dict__.update(attributes)
            for key, held in inner.items():
                m.__dict__[key].clear()
                m.__dict__[key].update(held)
        for t, data in halves:
            t.data = data


class Called(torch.nn.Module):
    """A function as a module that returns a flat tuple."""

    def __init__(self, function: Callable, modules: Sequence[torch.nn.Module]):
        super().__init__()
        object.__setattr__(self, "record", types.SimpleNamespace(leaves=[], function=function))
        self.held = torch.nn.ModuleList(modules)

    def forward(self, *inputs):
        result = self.record.function(*inputs)
        leaves = flatten(result, lambda v: isinstance(v, torch.Tensor))
        self.record.leaves = [Leaf(leaf.path, None, leaf.distribution, leaf.parameter) for leaf in leaves]
        return tuple(leaf.value if isinstance(leaf.value, torch.Tensor) else torch.as_tensor(leaf.value)
                     for leaf in leaves)


def export(where: str, function: Callable, modules, inputs: Sequence[torch.Tensor]):
    """The exported program, and what it returns."""
    if any(isinstance(m, torch.jit.ScriptModule) for m in modules):
        raise ExportError(f"{where}: is TorchScript, whose code is not to be had: give the module of the class that it "
                          "was made from, with its weights loaded")
    modes = {id(m): m.training for top in modules for m in top.modules()}
    called = Called(function, modules)
    for m in called.modules():
        m.__dict__["training"] = modes.get(id(m), False)
    try:
        with eager_code(), without_log():
            program = torch.export.export(called, tuple(inputs), strict=False)
            program = program.run_decompositions({})
    except ExportError:
        raise
    except Exception as error:      # whatever the code of the module raises
        raise ExportError(f"{where}: " + explained(error)) from error
    return program, [Leaf(leaf.path, None, leaf.distribution, leaf.parameter) for leaf in called.record.leaves]


@contextlib.contextmanager
def without_log() -> Iterator[None]:
    """Without PyTorch's own report of a function that it can't follow: the error says it."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def explained(error: Exception) -> str:
    """An error of torch.export in a line."""
    text = str(error).strip()
    if "data-dependent" in text or "GuardOnDataDependent" in type(error).__name__:
        return REMEDY.format(error="a branch depends on the values of a tensor")
    line = next((part.strip() for part in text.splitlines() if part.strip()), type(error).__name__)
    return REMEDY.format(error=f"{type(error).__name__}: {line[:300]}")


def trace(where: str, function: Callable, inputs: Sequence[torch.Tensor], varying: Sequence[bool] | None = None, *,
          modules: Sequence[torch.nn.Module] | None = None, identity_dropout: bool = False) -> Trace:
    """The function's graph, for a batch of BATCH rows; inputs that don't vary are constants (labels)."""
    modules = modules_of(function) if modules is None else modules
    program, leaves = export(where, function, modules, inputs)
    reader = Reader(where, program, len(inputs[0]), identity_dropout)
    found = reader.read(leaves, inputs, [True] * len(inputs) if varying is None else varying)
    varies = [True] * len(inputs) if varying is None else varying
    constants = [t for t, v in zip(inputs, varies) if not v]
    found.run = lambda arrays, noise: run_program(found, program, placed_like(arrays, inputs), constants, noise)
    if not identity_dropout:
        found.code = Code(found, function, inputs, constants)
    return found


class Reader:
    """Reads the nodes of an exported program, one after the other."""

    def __init__(self, where: str, program, batch: int, identity_dropout: bool):
        self.where, self.program, self.identity_dropout = where, program, identity_dropout
        self.builder = Builder("channels_first", batch)
        self.arithmetic = Arithmetic(self.builder)
        self.noises: list[View] = []
        self.values: dict = {}
        self.operation = self.name = ""
        self.target: Any = None

    def read(self, leaves: list[Leaf], inputs, varying) -> Trace:
        views = []
        given = iter(zip(inputs, varying))
        signature = {spec.arg.name: spec for spec in self.program.graph_signature.input_specs}
        result: tuple = ()
        for node in self.program.graph.nodes:
            if node.op == "placeholder":
                spec = signature[node.name]
                if spec.kind.name == "USER_INPUT":
                    tensor, varies = next(given)
                    self.builder.name = "the input"
                    self.values[node] = self.builder.input(tensor.shape[1:]) if varies else tensor
                    views += [self.values[node]] if varies else []
                elif spec.target in self.program.state_dict:
                    self.values[node] = self.program.state_dict[spec.target]
                else:
                    self.values[node] = self.program.constants.get(spec.target)
            elif node.op == "output":
                result = node.args[0]
            elif node.op == "get_attr":
                self.values[node] = getattr(self.program.graph_module, node.target)
            else:
                self.values[node] = self.call(node)
        for leaf, node in zip(leaves, result):
            leaf.value = self.values.get(node, node)
        return Trace(self.builder, views, leaves, self.noises, self.values, list(result))

    # MARK: One operation

    def call(self, node):
        if node.target.__class__.__name__ == "builtin_function_or_method" and node.target.__name__ == "getitem":
            return self.values[node.args[0]][node.args[1]]
        self.target = node.target
        self.operation = str(node.target).removeprefix("aten.").split(".")[0]
        self.name = self.builder.name = self.say(node)
        fill = lambda n: self.values[n]
        args = torch.fx.node.map_arg(node.args, fill)
        kwargs = torch.fx.node.map_arg(node.kwargs, fill)
        flat = [*args, *kwargs.values()]
        views = [v for a in flat for v in (a if isinstance(a, (list, tuple)) else [a]) if isinstance(v, View)]
        try:
            return self.compute(node, args, kwargs, views)
        except ExportError as error:
            reason = str(error)
        except Exception as error:      # an operation used in a way that was not thought of
            reason = f"can't be read ({type(error).__name__}: {error})"
        if f"{self.where}: " in reason:     # what it is fed with could not be expressed before
            return self.failed(node, views, self.where + ": " + reason.split(f"{self.where}: ")[-1])
        reason = reason if reason.startswith(self.name) else f"{self.name} {reason}"
        return self.failed(node, views, f"{self.where}: {reason}")

    def failed(self, node, views, reason: str):
        """Errors are raised where the value is needed."""
        value = node.meta.get("val")
        shapes = [tuple(v.shape) if isinstance(v, torch.Tensor) else () for v in (
            value if isinstance(value, (list, tuple)) else [value])]
        made = [self.builder.unsupported(views, shape, reason) for shape in shapes]
        return made if isinstance(value, (list, tuple)) else made[0]

    def compute(self, node, args, kwargs, views):
        name = self.operation
        if name in NOISE:
            return self.noise(node, name, args, kwargs)
        if name in ASSERTIONS:
            return None
        if not views:
            keep = {k: v for k, v in kwargs.items() if k != "device"}
            return self.target(*args, **keep)
        if name in ("empty_like", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full",
                    "new_empty", "empty", "zeros", "ones", "full", "empty_permuted", "new_empty_strided"):
            value = node.meta["val"]
            filling = 1.0 if "ones" in name else 0.0
            if "full" in name:
                filling = args[1] if name != "new_full" else args[2]
            return torch.full(tuple(value.shape), filling, dtype=value.dtype)
        if name in MOVING or name in MOVING_NUMBERS:
            return self.moved(name, args, kwargs)
        if name in SAME:
            rate, training = args[1], args[2] if len(args) > 2 else kwargs.get("training", kwargs.get("train", True))
            if training and rate and not self.identity_dropout:
                raise ExportError("is a dropout that also runs at test time: pass training=self.training")
            return (args[0], None) if name == "native_dropout" else args[0]
        if name in ("to", "_to_copy", "type_as", "float", "double", "_to_dense", "to_dense"):
            value = node.meta["val"]
            before = node.args[0].meta["val"]
            if before.dtype.is_floating_point and not value.dtype.is_floating_point and value.dtype != torch.bool:
                raise ExportError("rounds to whole numbers")
            return args[0]
        if name in ELEMENTWISE:
            return self.builder.map(args[0], ELEMENTWISE[name])
        if name in COMPARISONS:
            a, b = (v if isinstance(v, View) else numpy(v) for v in args[:2])
            return self.arithmetic.compare(a, b, COMPARISONS[name])
        if name in OPERATIONS:
            return OPERATIONS[name](self, *args, **{k: v for k, v in kwargs.items() if k not in (
                "dtype", "memory_format", "cudnn_enabled", "layout", "device", "pin_memory")})
        raise ExportError("is not something that the model format can express")

    def moved(self, name: str, args, kwargs):
        """The operation itself, on indices."""
        view = next(a for a in args if isinstance(a, View)) if isinstance(args[0], View) else None
        several = isinstance(args[0], (list, tuple))
        if name == "pad" and (len(args) < 3 or args[2] == "constant"):
            value = args[3] if len(args) > 3 and args[3] is not None else 0.0
            return OPERATIONS["constant_pad_nd"](self, args[0], args[1], kwargs.get("value", value) or 0.0)
        if several:     # broadcast_tensors
            shape = np.broadcast_shapes(*[tuple(a.shape) for a in args[0]])
            return [self.builder.move(a, lambda i: np.broadcast_to(i, shape)) if isinstance(a, View)
                    else torch.broadcast_to(a, shape) for a in args[0]]
        if view is None:
            raise ExportError("takes the elements that a computed tensor says")
        rest = [torch.zeros(tuple(a.shape)) if isinstance(a, View) else a for a in args[1:]]
        chosen = [b for a in args[1:] for b in (a if isinstance(a, (list, tuple)) else [a])]
        if name in ("index", "gather", "take", "index_select") and any(isinstance(a, View) for a in chosen):
            raise ExportError("takes the elements that a computed tensor says")
        number = torch.float64 if name in MOVING_NUMBERS else torch.int64

        def replay(index):
            return self.target(torch.from_numpy(np.ascontiguousarray(index)).to(number), *rest, **{
                k: v for k, v in kwargs.items() if k != "memory_format"})

        first = replay(view.index)
        if isinstance(first, (list, tuple)):
            return [self.builder.move(view, lambda i, k=k: replay(i)[k].numpy()) for k in range(len(first))]
        return self.builder.move(view, lambda i: replay(i).numpy())

    def noise(self, node, name: str, args, kwargs):
        """A leaf of standard noise; a normal of a mean and a scale is read as mean + scale * noise."""
        value = node.meta["val"]
        shape = tuple((value[0] if isinstance(value, (list, tuple)) else value).shape)
        kind = "normal" if "normal" in name or name.startswith("randn") and name != "randint" else name
        overload = str(self.target).rsplit(".", 1)[-1]
        mean, scale = 0.0, 1.0
        if name == "normal":
            mean, scale = (*args[:2], *(0.0, 1.0)[len(args[:2]):])
            if overload == "Tensor_float":
                scale = kwargs.get("std", scale)
        elif name in ("normal_functional", "normal_"):
            mean, scale = (*args[1:3], *(0.0, 1.0)[len(args[1:3]):])
        if kind == "log_normal":
            kind = name
        batch = self.builder.batch
        axis = next((i for i, n in enumerate(shape) if n == batch), None)
        if axis is None:
            split = bool(shape) and shape[0] % batch == 0
            inner = (shape[0] // batch, *shape[1:]) if split else shape
        else:
            inner = shape[:axis] + shape[axis + 1:]
        leaf = self.builder.input(inner, "noise", kind=kind, number=len(self.noises), fx=node.name)
        if axis is not None:
            leaf = View(leaf.node, np.moveaxis(leaf.index, 0, axis))
        elif shape and shape[0] % batch == 0:
            leaf = View(leaf.node, leaf.index.reshape(shape))
        else:       # one noise for the whole batch
            leaf = View(leaf.node, np.arange(size(shape)).reshape(shape))
        self.noises.append(leaf)
        result = leaf
        if not (isinstance(scale, (int, float)) and scale == 1):
            result = self.arithmetic.multiply(result, scale)
        if not (isinstance(mean, (int, float)) and mean == 0):
            result = self.arithmetic.add(result, mean)
        return (result, None) if isinstance(value, (list, tuple)) else result

    def say(self, node) -> str:
        """The module that the operation stands in, for people."""
        stack = list((node.meta.get("nn_module_stack") or {}).values())
        place = ""
        if stack:
            path, kind = stack[-1][0], stack[-1][1]
            kind = (kind if isinstance(kind, str) else kind.__name__).split(".")[-1]
            parts = path.replace("L['self']", "").replace("self.", "").lstrip(".").split(".")
            if parts and parts[0] == "held":
                parts = parts[2:]
            if kind not in ("Called", "ModuleList"):
                place = f"{'.'.join(parts)} ({kind})" if parts and parts != [""] else ""
        operation = f"{self.operation}()"
        return place if place and self.operation.strip("_").replace("_", "") in place.lower() else (
            f"{operation} in {place}" if place else operation)
