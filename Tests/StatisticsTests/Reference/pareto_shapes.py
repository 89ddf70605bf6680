"""Writes ../ParetoReference.swift: Pareto k-hat of 100 weight sets by ArviZ (0.23.4).

The sets themselves are not stored: WeightSet.swift makes them by the same formula.
Run: python3 pareto_shapes.py > ../ParetoReference.swift
"""

import math

import arviz
import numpy

MASK = (1 << 64) - 1


def uniform(stream, index):
    """A fraction in (0, 1) from the finalizer of SplitMix64."""
    bits = (stream * 0xD1B54A32D192ED03 + (index + 1) * 0x9E3779B97F4A7C15) & MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    bits ^= bits >> 31
    return ((bits >> 11) + 0.5) * 2.0**-53


def log_weights(kind, shape, draws, stream):
    """Logarithms of quantiles of the generalized Pareto distribution, changed as the kind says."""
    result = []
    for index in range(draws):
        u = uniform(stream, index)
        if kind == "ties":
            steps = max(4, draws // 3)
            u = (math.floor(u * steps) + 0.5) / steps
        weight = -math.log(u) if shape == 0 else math.expm1(-shape * math.log(u)) / shape
        value = math.log(weight)
        if kind == "zeros" and uniform(stream + 1000, index) < 0.3:
            value = -math.inf
        if kind == "shifted":
            value += 1e4 if stream % 2 == 0 else -1e4
        if kind == "stretched":
            value *= 300
        result.append(value)
    return result


SETS = []
SIZES = [30, 100, 225, 1000, 2000, 5000]
for step in range(21):
    for kind in ["plain", "ties", "zeros", "shifted"]:
        SETS.append((kind, -0.5 + step * 0.1, SIZES[len(SETS) % 5 if step % 4 else 5]))
for draws in [5, 10, 20, 21, 25]:
    SETS += [("plain", 0.5, draws), ("zeros", 0.25, draws)]
for step in range(6):
    SETS.append(("stretched", -0.5 + step * 0.4, 1000 if step % 2 else 5000))

print("// Written by Reference/pareto_shapes.py with ArviZ %s; do not edit." % arviz.__version__)
print("let paretoReference: [WeightSet] = [")
for stream, (kind, shape, draws) in enumerate(SETS):
    weights = numpy.array(log_weights(kind, shape, draws, stream))
    k = float(arviz.psislw(weights)[1])
    expected = "nil" if math.isinf(k) else repr(k)
    print(f"  WeightSet(.{kind}, shape: {shape!r}, draws: {draws}, stream: {stream}, expected: {expected}),")
print("]")
