"""Writes ../EigenReference.swift: eigenvalues and leading eigenvectors of small matrices by NumPy (LAPACK).

The matrices are not stored: EigenReferenceTests.swift makes the same ones out of integers.
Run: python3 eigenvalues.py > ../EigenReference.swift
"""

import numpy


def factor(rows, columns, seed):
    """Integers from −8 to 8 by a linear congruential generator."""
    state, result = seed, []
    for _ in range(rows * columns):
        state = (state * 1103515245 + 12345) % 2**31
        result.append((state >> 16) % 17 - 8)
    return numpy.array(result, float).reshape(rows, columns)


print("// Written by Reference/eigenvalues.py with NumPy %s; do not edit." % numpy.__version__)
print("let eigenReference: [EigenReference] = [")
for dimension, rank, seed in [(2, 2, 1), (3, 5, 2), (6, 9, 3), (8, 4, 4), (12, 20, 5), (20, 30, 6)]:
    a = factor(rank, dimension, seed)
    values, vectors = numpy.linalg.eigh(a.T @ a / rank)
    values, vectors = values[::-1], vectors[:, ::-1]
    leading = vectors[:, 0]
    leading = leading * numpy.sign(leading[numpy.argmax(abs(leading))])
    print(f"  EigenReference(")
    print(f"    dimension: {dimension}, rank: {rank}, seed: {seed},")
    for name, numbers, end in [("eigenvalues", values, ","), ("leading", leading, "")]:
        print(f"    {name}: [")
        for number in numbers:
            print(f"      {float(number)!r},")
        print(f"    ]{end}")
    print("  ),")
print("]")
