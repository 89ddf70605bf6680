"""Sums, products and the like of views and constants, for every framework."""

from __future__ import annotations

import math

import numpy as np

from .errors import ExportError
from .graph import Builder, View


def numpy(tensor) -> np.ndarray:
    """A tensor's numbers; a constant's, that is."""
    if hasattr(tensor, "detach"):       # PyTorch's; numpy has no bfloat16
        tensor = tensor.detach().cpu()
        return (tensor.float() if tensor.dtype.itemsize < 4 and tensor.dtype.is_floating_point else tensor).numpy()
    return np.asarray(tensor)


def number(value) -> float:
    """A scalar constant."""
    array = numpy(value)
    if array.size != 1:
        raise ExportError(f"expected one number, found a constant of shape {array.shape}")
    return float(array.reshape(()))


class Arithmetic:
    """Sums, products and the like of views and constants."""

    def __init__(self, builder: Builder):
        self.builder = builder

    def view(self, value, shape) -> View:
        """A constant as a view, for operations without a simpler form."""
        return value if isinstance(value, View) else self.builder.constant(numpy(value), shape)

    def add(self, a, b, sign: float = 1.0):
        """a + sign * b"""
        if not isinstance(b, View):
            return self.builder.affine(a, 1.0, sign * np.asarray(numpy(b), np.float64))
        if not isinstance(a, View):
            return self.builder.affine(b, sign, numpy(a))
        return self.builder.binary(a, self.builder.affine(b, sign, 0.0), "add")

    def multiply(self, a, b):
        if isinstance(a, View) and isinstance(b, View):
            if a.node is b.node and a.shape == b.shape and np.array_equal(a.index, b.index):
                return self.builder.map(a, "square")
            return self.builder.binary(a, b, "multiply")
        a, b = (a, b) if isinstance(a, View) else (b, a)
        return self.builder.affine(a, numpy(b), 0.0)

    def divide(self, a, b):
        if not isinstance(b, View):
            return self.builder.affine(a, 1 / np.asarray(numpy(b), np.float64), 0.0)
        if not isinstance(a, View):
            return self.multiply(self.builder.map(b, "reciprocal"), a)
        return self.builder.binary(a, b, "divide")

    def power(self, a, b):
        if not isinstance(a, View):
            return self.builder.map(self.builder.affine(b, math.log(number(a)), 0.0), "exp")
        if isinstance(b, View):
            return self.builder.binary(a, b, "power")
        exponent = number(b)
        named = {1.0: "identity", 2.0: "square", 0.5: "sqrt", -1.0: "reciprocal", -0.5: "rsqrt"}
        if exponent in named:
            return a if exponent == 1 else self.builder.map(a, named[exponent])
        return self.builder.map(a, "power", exponent=exponent)

    def extreme(self, a, b, function: str):
        """maximum or minimum"""
        if isinstance(a, View) and isinstance(b, View):
            return self.builder.binary(a, b, function)
        a, b = (a, b) if isinstance(a, View) else (b, a)
        bound = numpy(b)
        if bound.size > 1 and not (bound == bound.reshape(-1)[0]).all():
            return self.builder.binary(a, self.view(b, a.shape), function)
        bound = float(bound.reshape(-1)[0])
        if bound == 0 and function == "maximum" and np.ndim(numpy(b)) <= a.index.ndim:
            return self.builder.map(a, "relu")
        shape = np.broadcast_shapes(a.shape, np.shape(numpy(b)))
        if shape != a.shape:
            a = self.builder.move(a, lambda i: np.broadcast_to(i, shape))
        return self.builder.clamp(a, bound, None) if function == "maximum" else self.builder.clamp(a, None, bound)

    def compare(self, a, b, function: str):
        shape = np.broadcast_shapes(np.shape(a) if not isinstance(a, View) else a.shape,
                                    np.shape(b) if not isinstance(b, View) else b.shape)
        return self.builder.binary(self.view(a, shape), self.view(b, shape), function)
