"""A JAX function as a graph, by jax.make_jaxpr."""

from __future__ import annotations

from typing import Any, Callable, Sequence

import jax
import numpy as np

from . import jax_layers
from .arithmetic import Arithmetic
from .errors import ExportError
from .graph import Builder, View
from .outputs import Leaf, flatten
from .trace import Noise, Trace, in_batch

try:
    from jax.extend.core import Literal
except ImportError:     # older than 0.4.36
    from jax.core import Literal

# Replayed by JAX on indices instead of being understood.
MOVING = {"reshape", "transpose", "broadcast_in_dim", "squeeze", "expand_dims", "rev", "slice", "dynamic_slice", "gather",
          "copy", "copy_p", "tile", "split"}
SAME = {"reduce_precision", "stop_gradient", "optimization_barrier", "convert_element_type"}
ELEMENTWISE = {"exp": "exp", "log": "log", "log1p": "log1p", "expm1": "expm1", "tanh": "tanh", "logistic": "sigmoid",
               "sin": "sin", "cos": "cos", "sqrt": "sqrt", "rsqrt": "rsqrt", "abs": "abs", "sign": "sign", "erf": "erf",
               "erfc": "erfc", "floor": "floor", "ceil": "ceil", "round": "round", "square": "square", "exp2": "exp2",
               "not": "not", "is_finite": "isfinite"}
COMPARISONS = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "eq": "eq", "ne": "ne", "and": "and", "or": "or",
               "xor": "xor", "lt_to": "lt", "le_to": "le"}
NORMAL = {"_normal", "_normal_real", "normal"}
DRAWN = {"random_bits", "threefry2x32", "random_gamma", "rng_uniform", "rng_bit_generator"}


def inner_jaxpr(equation):
    """(jaxpr, its constants) of an equation that calls another; None of one that computes."""
    for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        inner = equation.params.get(key)
        if inner is not None and equation.primitive.name not in ("reduce_window", "while", "scan", "cond"):
            return (inner.jaxpr, inner.consts) if hasattr(inner, "jaxpr") else (inner, ())
    return None


def is_noise(equation) -> bool:
    return inner_jaxpr(equation) is not None and equation.params.get("name") in NORMAL and not any(
        "f" == v.aval.dtype.kind for v in equation.invars if hasattr(v.aval, "dtype") and hasattr(v.aval.dtype, "kind"))


class Walk:
    """The equations of a jaxpr in order, those of the functions that it calls among them."""

    def __init__(self):
        self.keys = 0

    def run(self, jaxpr, constants, arguments) -> list:
        known: dict = {}
        read = lambda v: v.val if isinstance(v, Literal) else known[v]
        known.update(zip(jaxpr.constvars, constants))
        known.update(zip(jaxpr.invars, arguments))
        for equation in jaxpr.eqns:
            inputs = [read(v) for v in equation.invars]
            inner = inner_jaxpr(equation)
            if is_noise(equation):
                results = [self.noise(equation)]
            elif inner is not None:
                results = self.run(*inner, inputs)
            else:
                results = self.equation(equation, inputs)
            for variable, value in zip(equation.outvars, results):
                known[variable] = value
                self.note(value)
        return [read(v) for v in jaxpr.outvars]

    def note(self, value) -> None:
        self.keys += 1

    def equation(self, equation, inputs) -> list:
        result = equation.primitive.bind(*inputs, **equation.params)
        return list(result) if equation.primitive.multiple_results else [result]

    def noise(self, equation):
        raise NotImplementedError


class Values(Walk):
    """Everything computed by JAX, on given noise."""

    def __init__(self, drawn: list):
        super().__init__()
        self.drawn, self.count, self.values = drawn, 0, {}

    def note(self, value) -> None:
        self.values[self.keys] = value
        super().note(value)

    def noise(self, equation):
        self.count += 1
        drawn = self.drawn[self.count - 1]
        if drawn is None:
            drawn = np.random.default_rng(self.count).standard_normal(equation.outvars[0].aval.shape)
        return np.asarray(drawn, equation.outvars[0].aval.dtype)


class Reader(Walk):
    """Everything as nodes of a graph."""

    def __init__(self, where: str, data_format: str, batch: int):
        super().__init__()
        self.where, self.builder = where, Builder(data_format, batch)
        self.arithmetic = Arithmetic(self.builder)
        self.noises: list[View] = []
        self.nodes: dict[int, Any] = {}

    def note(self, value) -> None:
        self.nodes[self.keys] = value
        super().note(value)

    def noise(self, equation):
        shape, batch = equation.outvars[0].aval.shape, self.builder.batch
        self.builder.name = "jax.random.normal"
        axis = next((i for i, n in enumerate(shape) if n == batch), None)
        if axis is not None:
            inner = shape[:axis] + shape[axis + 1:]
        else:
            inner = (shape[0] // batch, *shape[1:]) if shape and shape[0] % batch == 0 else shape
        leaf = self.builder.input(inner, "noise", kind="normal", number=len(self.noises))
        if axis is not None:
            leaf = View(leaf.node, np.moveaxis(leaf.index, 0, axis))
        elif shape and shape[0] % batch == 0:
            leaf = View(leaf.node, leaf.index.reshape(shape))
        else:       # one noise for the whole batch
            leaf = View(leaf.node, np.arange(int(np.prod(shape))).reshape(shape))
        self.noises.append(leaf)
        return leaf

    def equation(self, equation, inputs) -> list:
        name = equation.primitive.name
        views = [v for v in inputs if isinstance(v, View)]
        if name in DRAWN:
            leaf = self.builder.input(equation.outvars[0].aval.shape[1:], "noise", kind=name, number=-1)
            return [leaf] * len(equation.outvars)
        if not views:
            return super().equation(equation, inputs)
        self.builder.name = f"{name}()"
        shapes = [v.aval.shape for v in equation.outvars]
        try:
            result = self.compute(name, equation, inputs)
            return list(result) if isinstance(result, (list, tuple)) else [result]
        except ExportError as error:
            reason = str(error)
        except Exception as error:      # a primitive used in a way that was not thought of
            reason = f"can't be read ({type(error).__name__}: {error})"
        reason = reason if reason.startswith(self.builder.name) else f"{self.builder.name} {reason}"
        return [self.builder.unsupported(views, shape, f"{self.where}: {reason}") for shape in shapes]

    def compute(self, name: str, equation, inputs):
        parameters, a = equation.params, inputs[0]
        if name in MOVING:
            return self.moved(equation, inputs)
        if name in SAME:
            kind = np.dtype(parameters["new_dtype"]).kind if name == "convert_element_type" else "f"
            if kind in "iu" and np.dtype(equation.invars[0].aval.dtype).kind == "f":
                raise ExportError("rounds to whole numbers")
            return [v for v in inputs] if name == "optimization_barrier" else a
        if name in ELEMENTWISE:
            return self.builder.map(a, ELEMENTWISE[name])
        if name in COMPARISONS:
            return self.arithmetic.compare(a, inputs[1], COMPARISONS[name])
        if name in jax_layers.PRIMITIVES:
            return jax_layers.PRIMITIVES[name](self, equation, *inputs)
        raise ExportError("is not something that the model format can express")

    def moved(self, equation, inputs):
        if any(isinstance(v, View) for v in inputs[1:]) or not isinstance(inputs[0], View):
            raise ExportError("takes the elements that a computed number says")
        parameters, view = equation.params, inputs[0]

        def replay(index):
            with jax.ensure_compile_time_eval():
                result = equation.primitive.bind(np.asarray(index, np.int32), *inputs[1:], **parameters)
            return result if equation.primitive.multiple_results else [result]

        count = len(equation.outvars)
        return [self.builder.move(view, lambda i, k=k: np.asarray(replay(i)[k])) for k in range(count)]


def low_precision(jaxpr) -> str | None:
    """The kind of number of fewer bits than float32 that a function computes in, if any."""
    for equation in jaxpr.eqns:
        for variable in equation.outvars:
            if str(getattr(variable.aval, "dtype", "")) in ("bfloat16", "float16"):
                return str(variable.aval.dtype)
        inner = inner_jaxpr(equation)
        found = low_precision(inner[0]) if inner is not None else None
        if found is not None:
            return found
    return None


def layout(jaxpr) -> str | None:
    """How the first convolution or pooling has its images: "channels_last" or "channels_first"."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "conv_general_dilated":
            numbers = equation.params["dimension_numbers"]
            return "channels_last" if numbers.lhs_spec[1] == len(numbers.lhs_spec) - 1 else "channels_first"
        inner = inner_jaxpr(equation)
        found = layout(inner[0]) if inner is not None else None
        if found is not None:
            return found
    return None


def is_array(value: Any) -> bool:
    return isinstance(value, (jax.Array, np.ndarray)) or type(value).__name__ in ("Tracer", "DynamicJaxprTracer")


class Exported:
    """The jaxpr of a function, and the structure of what it returns."""

    def __init__(self, where: str, function: Callable, inputs: Sequence[Any]):
        self.where, self.function, self.inputs, self.leaves = where, function, inputs, []

        def flat(*arguments):
            leaves = flatten(function(*arguments), lambda v: isinstance(v, (jax.Array, np.ndarray, jax.core.Tracer)))
            self.leaves = [Leaf(leaf.path, None, leaf.distribution, leaf.parameter) for leaf in leaves]
            return [leaf.value for leaf in leaves]

        try:
            self.closed = jax.make_jaxpr(flat)(*inputs)
        except ExportError:
            raise
        except Exception as error:      # whatever the function raises
            line = next((part.strip() for part in str(error).splitlines() if part.strip()), "")
            raise ExportError(f"{where}: jax.make_jaxpr can't follow it: {type(error).__name__}: {line[:300]}. Give a "
                              "function of arrays alone, with its weights in it: lambda x: model.apply(variables, x); an "
                              "nnx module in eval mode; jax.vmap(model) of an Equinox module") from error

    def trace(self, data_format: str, varying: Sequence[bool]) -> Trace:
        low = low_precision(self.closed.jaxpr)
        if low is not None:
            raise ExportError(f"{self.where}: computes in {low}, and the file computes in float32. Give it in float32: "
                              "jax.tree.map(lambda a: a.astype(jnp.float32), params), and modules of dtype=jnp.float32")
        reader = Reader(self.where, data_format, len(self.inputs[0]))
        reader.builder.name = "the input"
        arguments = [reader.builder.input(np.shape(a)[1:]) if v else a for a, v in zip(self.inputs, varying)]
        results = reader.run(self.closed.jaxpr, self.closed.consts, arguments)
        for leaf, value in zip(self.leaves, results):
            leaf.value = value
        views = [a for a in arguments if isinstance(a, View)]
        keys = [next((k for k, v in reader.nodes.items() if v is value), value) for value in results]
        found = Trace(reader.builder, views, self.leaves, reader.noises, reader.nodes, keys)
        constants = [a for a, v in zip(self.inputs, varying) if not v]
        kinds = [np.asarray(a).dtype for a, v in zip(self.inputs, varying) if v]

        def run(arrays: list[np.ndarray], noise: Noise) -> dict:
            drawn = [in_batch(v, noise[k]) if k in noise else None for k, v in enumerate(found.noises)]
            walk = Values(drawn)
            given = [np.asarray(a, k).reshape(np.shape(i)) for a, k, i in zip(arrays, kinds, self.inputs)]
            outputs = walk.run(self.closed.jaxpr, self.closed.consts, [*given, *constants])
            values = {k: np.asarray(v) for k, v in walk.values.items() if hasattr(v, "dtype")
                      and np.dtype(v.dtype if not jax.dtypes.issubdtype(v.dtype, jax.dtypes.extended) else bool).kind in "fiub"
                      and not jax.dtypes.issubdtype(v.dtype, jax.dtypes.extended)}
            return values | dict(zip([k for k in keys if isinstance(k, int)], [
                np.asarray(o) for k, o in zip(keys, outputs) if isinstance(k, int)]))

        found.run = run
        if not reader.noises:
            def code(arrays: list[np.ndarray], noise: Noise) -> list[np.ndarray]:
                given = [np.asarray(a, k).reshape(np.shape(i)) for a, k, i in zip(arrays, kinds, self.inputs)]
                leaves = flatten(self.function(*given, *constants), is_array)
                return [np.asarray(leaf.value, np.float64) for leaf in leaves]
            found.code = code
        return found
