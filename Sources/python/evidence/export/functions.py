"""Functions of one number: the activations of the model format, and what a framework's graph holds besides."""

from __future__ import annotations

import math
from typing import Callable, Mapping

import numpy as np

FAR = float(np.finfo(np.float32).max)       # the bound of a clamp on one side only
SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717

_erf = np.vectorize(math.erf, otypes=[float])


def erf(a: np.ndarray) -> np.ndarray:
    """The error function, of any array (scipy's where it is installed: it is faster)."""
    try:
        from scipy.special import erf as quick
    except ImportError:
        return _erf(a)
    return quick(a)


def sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-a)), without overflow and without losing the left tail."""
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e) / (1 + e)


def _elu(a, alpha):
    return np.where(a > 0, a, alpha * np.expm1(np.minimum(a, 0)))


# name -> f(array, attributes): every activation of the model format but softmax, in float64.
ACTIVATIONS: dict[str, Callable[[np.ndarray, Mapping], np.ndarray]] = {
    "identity": lambda a, p: a,
    "relu": lambda a, p: np.maximum(a, 0),
    "leaky-relu": lambda a, p: np.where(a > 0, a, p.get("alpha", 0.01) * a),
    "elu": lambda a, p: _elu(a, p.get("alpha", 1.0)),
    "selu": lambda a, p: SELU_SCALE * _elu(a, SELU_ALPHA),
    "tanh": lambda a, p: np.tanh(a),
    "sigmoid": lambda a, p: sigmoid(a),
    "softplus": lambda a, p: np.logaddexp(0, a),
    "gelu": lambda a, p: 0.5 * a * (1 + erf(a / math.sqrt(2))),
    "gelu-tanh": lambda a, p: 0.5 * a * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))),
    "silu": lambda a, p: a * sigmoid(a),
    "exp": lambda a, p: np.exp(a),
    "hard-tanh": lambda a, p: np.clip(a, p.get("min", -1.0), p.get("max", 1.0)),
    # Version 2 of the format.
    "abs": lambda a, p: np.abs(a),
    "square": lambda a, p: np.square(a),
    "sqrt": lambda a, p: np.sqrt(a),
    "log": lambda a, p: np.log(a),
    "log1p": lambda a, p: np.log1p(a),
    "hard-swish": lambda a, p: a * np.clip(a + 3, 0, 6) / 6,
    "hard-sigmoid": lambda a, p: np.clip(a + 3, 0, 6) / 6,
    "relu6": lambda a, p: np.clip(a, 0, 6),
    "mish": lambda a, p: a * np.tanh(np.logaddexp(0, a)),
    "softsign": lambda a, p: a / (1 + np.abs(a)),
    "celu": lambda a, p: np.maximum(a, 0) + p.get("alpha", 1.0) * np.expm1(
        np.minimum(a, 0) / p.get("alpha", 1.0)),
}
VERSION_2 = {"abs", "square", "sqrt", "log", "log1p", "hard-swish", "hard-sigmoid", "relu6", "mish", "softsign",
             "celu", "prelu"}

# What graphs hold besides; the format has no layer for one alone, but a group of them may be an activation.
OTHERS: dict[str, Callable[[np.ndarray, Mapping], np.ndarray]] = {
    "reciprocal": lambda a, p: 1 / a,
    "rsqrt": lambda a, p: 1 / np.sqrt(a),
    "power": lambda a, p: np.power(a, p["exponent"]),
    "exp2": lambda a, p: np.exp2(a),
    "expm1": lambda a, p: np.expm1(a),
    "erf": lambda a, p: erf(a),
    "erfc": lambda a, p: 1 - erf(a),
    "sign": lambda a, p: np.sign(a),
    "sin": lambda a, p: np.sin(a),
    "cos": lambda a, p: np.cos(a),
    "round": lambda a, p: np.round(a),
    "floor": lambda a, p: np.floor(a),
    "ceil": lambda a, p: np.ceil(a),
    "not": lambda a, p: np.logical_not(a),
    "isnan": lambda a, p: np.isnan(a),
    "isinf": lambda a, p: np.isinf(a),
    "isfinite": lambda a, p: np.isfinite(a),
}
FUNCTIONS = ACTIVATIONS | OTHERS

BINARY: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "maximum": np.maximum, "minimum": np.minimum, "power": np.power, "logaddexp": np.logaddexp,
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "eq": np.equal, "ne": np.not_equal, "and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor,
}
