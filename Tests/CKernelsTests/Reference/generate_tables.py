"""Writes ElementaryTable.swift, DensityTable.swift, DensityExtremes.swift and PhiloxExtremes.swift: reference values by
mpmath at 60 digits, or at as many more as the parameters ask for.

python3 generate_tables.py writes them into the directory above its own (needs mpmath and numpy).
"""

import pathlib
import textwrap

import numpy as np
from mpmath import mp, mpf, erfc, exp, expm1, inf, log, log1p, loggamma, pi, sqrt, tanh

mp.dps = 60
TESTS = pathlib.Path(__file__).resolve().parent.parent
HEADER = "// Made by Reference/generate_tables.py; do not edit.\n\n"


def f32(value):
    """The float nearest to `value`, exactly."""
    return mpf(float(np.float32(value)))


def swift(value):
    if abs(value) >= mpf(2) ** 1024:
        return ".infinity" if value > 0 else "-.infinity"
    return repr(float(value))


def wrap(items, indent):
    return textwrap.fill(", ".join(items), 118, initial_indent=indent, subsequent_indent=indent)


# Activations

SELU_SCALE, SELU_ALPHA = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")


def sigmoid(x):
    return 1 / (1 + exp(-x))


def softplus(x):
    return max(x, mpf(0)) + log1p(exp(-abs(x)))


ACTIVATIONS = {
    "relu": lambda x: max(x, mpf(0)),
    "leakyReLU": lambda x: x if x > 0 else f32(0.3) * x,
    "elu": lambda x: x if x > 0 else f32(1.25) * expm1(x),
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * expm1(x)),
    "tanh": tanh,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "gelu": lambda x: x * erfc(-x / sqrt(mpf(2))) / 2,
    "geluTanh": lambda x: x * sigmoid(2 * sqrt(2 / pi) * (x + mpf("0.044715") * x**3)),
    "silu": lambda x: x * sigmoid(x),
    "exp": lambda x: exp(x),
    "hardTanh": lambda x: min(max(x, f32(-1.5)), f32(2)),
}


def elementary_arguments():
    sizes = list(10.0 ** np.arange(-45, 38, 4.0)) + list(np.geomspace(1e-3, 120, 40))
    sizes += [0.34657, 0.34658, 0.41421, 0.69314, 1, 2.7747, 9.01, 9.02, 14.5, 15, 17, 87.3, 88.72, 88.73, 103.97, 1e4, 1e5]
    sizes = sorted({float(f32(s)) for s in sizes} - {0.0})
    return [-s for s in reversed(sizes)] + [0.0] + sizes


def write_elementary():
    xs = elementary_arguments()
    out = HEADER + "enum ElementaryTable {\n  static let arguments: [Double] = [\n"
    out += wrap([repr(x) for x in xs], "    ") + ",\n  ]\n"
    for name, function in ACTIVATIONS.items():
        # Far out every function is at its limit, which mpmath would take forever to reach.
        values = [function(mpf(x)) if abs(x) < 1e6 or name in ("relu", "leakyReLU", "hardTanh") else limit(name, x) for x in xs]
        values = [v if abs(v) < mpf(2) ** 128 else (inf if v > 0 else -inf) for v in values]
        out += f"\n  static let {name}: [Double] = [\n" + wrap([swift(v) for v in values], "    ") + ",\n  ]\n"
    (TESTS / "ElementaryTable.swift").write_text(out + "}\n")


def limit(name, x):
    x = mpf(x)
    at = {
        "elu": -f32(1.25), "selu": -SELU_SCALE * SELU_ALPHA, "tanh": mpf(1 if x > 0 else -1), "sigmoid": mpf(0),
        "softplus": mpf(0), "gelu": mpf(0), "geluTanh": mpf(0), "silu": mpf(0), "exp": mpf(0),
    }
    if name == "tanh" or x < 0:
        return at[name]
    return {"selu": SELU_SCALE * x, "sigmoid": mpf(1), "exp": inf}.get(name, x)


# Densities

DIRECT, LOG, SQUARE, LOG_SQUARE = 0, 1, 2, 3


def decode(stored, form):
    value = exp(stored) if form in (LOG, LOG_SQUARE) else stored
    return sqrt(value) if form in (SQUARE, LOG_SQUARE) else value


def normal(x, mean, scale):
    return -(((x - mean) / scale) ** 2) / 2 - log(scale) - log(2 * pi) / 2


def laplace(x, mean, scale):
    return -abs(x - mean) / scale - log(2 * scale)


def bernoulli(x, logit):
    return x * logit - softplus(logit)


def bernoulli_probability(x, p):
    return (x * log(p) if x else mpf(0)) + ((1 - x) * log1p(-p) if x != 1 else mpf(0))


def continuous_bernoulli(x, logit):
    return x * logit - (log(expm1(logit) / logit) if logit else mpf(0))


def continuous_bernoulli_probability(x, p):
    return continuous_bernoulli(x, log(p) - log1p(-p))


BINS = 256


def discretized_logistic(x, mean, scale):
    half = mpf(1) / (2 * (BINS - 1))
    above, below = (x + half - mean) / scale, (x - half - mean) / scale
    if x == 0:
        return -softplus(-above)
    return -softplus(below) if x == 1 else log(-expm1(-2 * half / scale)) - softplus(-above) - softplus(below)


def beta(x, a, b):
    return (a - 1) * log(x) + (b - 1) * log1p(-x) - loggamma(a) - loggamma(b) + loggamma(a + b)


def poisson(x, rate):
    return x * log(rate) - rate


def negative_binomial(x, mean, r):
    rising = sum(log(r + i) for i in range(int(x))) if x <= 300 else loggamma(x + r) - loggamma(r)
    return rising - r * log1p(mean / r) - x * log1p(r / mean)


def zero_inflated(x, mean, r, logit):
    zero = sigmoid(logit)
    if x:
        return -softplus(logit) + negative_binomial(x, mean, r)
    return log(zero + (1 - zero) * exp(negative_binomial(x, mean, r)))


LEVELS = [i / 255 for i in (0, 1, 7, 100, 128, 254, 255)]
POSITIVE = [1e-3, 0.2, 1, 3.7, 60]
COUNTS = [0, 1, 2, 9, 200]
# name: (function, xs, parameters, which of those are positive)
DENSITIES = {
    "normal": (normal, [-3, 0, 0.7, 40], [[-2, 0, 1.5], POSITIVE], [1]),
    "laplace": (laplace, [-3, 0, 0.7, 40], [[-2, 0, 1.5], POSITIVE], [1]),
    "bernoulliLogits": (bernoulli, [0, 1, 0.25, 0.9], [[-1e5, -1e4, -30, -3, -0.5, 0, 1e-6, 0.5, 3, 17, 90, 1e5]], []),
    "bernoulliProbabilities": (bernoulli_probability, [0, 1, 0.25, 0.9], [[1e-30, 1e-6, 0.1, 0.5, 0.75, 0.9999999]], []),
    "continuousBernoulliLogits": (
        continuous_bernoulli, [0, 1, 0.25, 0.9], [[-200, -9, -0.5, -1e-3, -1e-8, 0, 1e-12, 1e-5, 0.02, 1, 30, 500]], []),
    "continuousBernoulliProbabilities": (
        continuous_bernoulli_probability, [0, 1, 0.3], [[1e-20, 0.01, 0.49, 0.4999999, 0.5, 0.5000001, 0.51, 0.9]], []),
    "discretizedLogistic": (discretized_logistic, LEVELS, [[-1, 0.1, 0.5, 1.3], [1e-3, 0.02, 0.3, 5]], [1]),
    "beta": (beta, [1e-6, 0.3, 0.5, 0.999], [POSITIVE + [1e5], POSITIVE + [1e5]], [0, 1]),
    "poisson": (poisson, COUNTS, [[1e-3, 0.2, 1, 3.7, 60, 1e4]], [0]),
    "negativeBinomial": (negative_binomial, COUNTS, [POSITIVE + [1e4], POSITIVE + [1e8]], [0, 1]),
    "zeroInflatedNegativeBinomial": (
        zero_inflated, [0, 1, 9], [[0.2, 3.7], [0.2, 3.7, 1e5], [-60, -2, 0, 3, 60]], [0, 1]),
}


def stored(value, form):
    value = mpf(value)
    value = value**2 if form in (SQUARE, LOG_SQUARE) else value
    return f32(log(value) if form in (LOG, LOG_SQUARE) else value)


def write_densities():
    out = HEADER + "/// Rows of form, x, three stored parameters (those that are missing are 0), log-density without factorials.\n"
    out += "enum DensityTable {\n"
    for name, (function, xs, parameters, positive) in DENSITIES.items():
        rows = []
        for form in [DIRECT, LOG, SQUARE, LOG_SQUARE] if positive else [DIRECT]:
            for combination in np.stack(np.meshgrid(*parameters, indexing="ij"), -1).reshape(-1, len(parameters)):
                for x in map(f32, xs):
                    kept = [stored(v, form) if i in positive else f32(v) for i, v in enumerate(combination)]
                    values = [decode(v, form) if i in positive else v for i, v in enumerate(kept)]
                    rows.append([mpf(form), x] + kept + [mpf(0)] * (3 - len(kept)) + [function(x, *values)])
        # A part of a large grid is enough, and compiles faster.
        rows = [rows[i] for i in sorted(np.random.default_rng(1).permutation(len(rows))[:62])]
        out += f"  static let {name}: [Double] = [\n"
        out += wrap([swift(v) for row in rows for v in row], "    ") + ",\n  ]\n\n"
    (TESTS / "DensityTable.swift").write_text(out.rstrip() + "\n}\n")


# Parameters far out: x, then the parameters as they are stored in the given form.
TINY, SMALL = 1e-45, 1e-30
EXTREMES = {
    "normal": [(LOG, [(0, 0, -650), (0, 0, -1e4), (3, 0, 650), (1, 0, -1e4), (2, -1, 1e30)]), (LOG_SQUARE, [(0, 0, -3e3), (5, 1, 3e3)])],
    "laplace": [
        (LOG, [(TINY, 0, -601), (SMALL, 0, -700), (TINY, 0, -750), (SMALL, 0, -750), (0, 0, -1e4), (1, 0, -1e4), (3, 0, 650), (0, 1, 1e30)]),
        (LOG_SQUARE, [(TINY, 0, -1500), (SMALL, 0, -1300), (3, 0, 1400)]),
        (DIRECT, [(1, 0, TINY), (TINY, 0, 3e38)]),
    ],
    "discretizedLogistic": [
        (LOG, [(x, m, s) for s in (601, 720, 1e4, 1e30) for x, m in ((0, 0.3), (128 / 255, 0.5), (1, -2e30))]),
        (LOG, [(x, m, s) for s in (-601, -705) for x, m in ((0, 0.3), (0, -1), (128 / 255, 0.5019), (0.5, 0.9), (1, 1e-3))]),
        (LOG, [(0.5, 0.5, -1e4), (0.5, 0.9, -1e4)]),
        (LOG_SQUARE, [(0.5, 0.5, 1400), (0.25, 0.5, -1250), (1, 0, 1e4)]),
        (DIRECT, [(0.5, 0.5, 3e38), (0.25, 0.5, TINY), (0, 3e38, 2), (1, 3e38, 2)]),
    ],
    "beta": [
        (DIRECT, [
            (1e-12, 1, 1e12), (1e-20, 1, 1e20), (2e-15, 3, 1e15), (SMALL, 0.5, 1e30), (1e-12, 1e12, 1), (0.3, 1e-40, 2),
            (0.3, 1e-40, 1e-38), (0.5, TINY, 1e20), (0.99999, 1e6, 2), (0.5, 1e10, 1e10), (0.25, 1e8, 3e8), (0.25, 1e8, 4e8),
            (0.7, 2e5, 1e5), (0.5, 1e14, 1e14), (0.5, 1e38, 1e38), (0.500001, 1e12, 1e12), (1e-6, 1e6, 1e12), (TINY, 1e20, 3e38),
            (0.25, 2.0**60, 3 * 2.0**60), (0.1, 1e20, 9e20),
        ]),
        (LOG, [
            (0.3, -700, 0), (0.3, 2, -700), (0.3, -601, -602), (0.3, -1e4, -1e4), (0.3, -1e4, 1e3), (0.5, 0, -1e30), (0.3, 0, 650),
            (SMALL, 1, 650), (TINY, 1, 750), (0.999999, 715, 1), (0.5, 720, 720), (0.5, 30, 30), (0.3, 700, 700),
            (0.5, 600.5, 600.25), (TINY, -650, 720), (0.5, -580, -650), (0.5, 2e4, 3e4),
        ]),
        (LOG_SQUARE, [(0.3, -1400, 1400), (0.5, 1400, 1400), (1e-20, 0, 90)]),
    ],
    "poisson": [
        (LOG, [(0, -700), (3, -700), (3, -1e4), (0, 650), (9, 650), (5, 1e4), (2, -3e38)]),
        (LOG_SQUARE, [(3, -1400), (3, 1400)]),
        (DIRECT, [(0, TINY), (3, TINY), (2**24, 1e7), (3, 3e38)]),
    ],
    "negativeBinomial": [
        (LOG, [(x, m, r) for m, r in (
            (1, -1e4), (1, -650), (-700, -650), (-1e4, 1), (700, 1), (1e4, -3), (1e4, 1e4), (1, 650), (1, 720), (2, 1e4), (690, 700),
            (660, 720), (-700, 650), (1e4, -1e4)) for x in (0, 3, 200)]),
        (LOG_SQUARE, [(3, 1, -2e4), (3, 2, 1400), (0, 1400, 1)]),
        (DIRECT, [(3, TINY, 2), (3, 2, TINY), (3, 3e38, 1), (3, 2, 3e38), (3, 3e38, 3e38), (1e6, 1e6, 1e6), (5, 1e-30, 1e30)]),
    ],
    "zeroInflatedNegativeBinomial": [
        (LOG, [(x, m, r, l) for m, r in ((1, -1e4), (1, 720), (700, 1)) for l in (-1e4, -3, 2, 1e30) for x in (0, 3)]),
        (DIRECT, [(0, 3e38, 2, -40), (3, 2, TINY, 1e5)]),
    ],
}


def full_normal():
    """A normal in six dimensions whose lower triangle has a diagonal from 1e-3 to 1e3, where it is likely."""
    d, random = 6, np.random.default_rng(3)
    triangle = [[f32(random.normal()) for _ in range(i)] + [f32(10.0 ** ((i * 5 + 2) % 7 - 3))] for i in range(d)]
    mean, likely = ([f32(random.normal()) for _ in range(d)] for _ in range(2))
    x = [f32(mean[i] + sum(triangle[i][j] * likely[j] for j in range(i + 1))) for i in range(d)]
    noise = []
    for i in range(d):
        noise.append((x[i] - mean[i] - sum(triangle[i][j] * noise[j] for j in range(i))) / triangle[i][i])
    density = sum(normal(e, 0, 1) - log(triangle[i][i]) for i, e in enumerate(noise))
    out = "  /// A full normal: its lower triangle, the mean, x and log f(x).\n"
    for name, values in [("Triangle", [v for row in triangle for v in row + [mpf(0)] * (d - len(row))]), ("Mean", mean), ("X", x)]:
        out += f"  static let fullNormal{name}: [Double] = [\n" + wrap([swift(v) for v in values], "    ") + ",\n  ]\n"
    return out + f"  static let fullNormal: Double = {swift(density)}\n"


def write_extremes_of_densities():
    out = HEADER + "/// Parameters far out, in rows as of `DensityTable`.\nenum DensityExtremes {\n"
    for name, blocks in EXTREMES.items():
        function, _, _, positive = DENSITIES[name]
        rows = []
        for form, row in ((form, [f32(v) for v in row]) for form, block in blocks for row in block):
            x, kept = row[0], row[1:]
            logs = [abs(kept[i]) for i in positive] if form in (LOG, LOG_SQUARE) else [mpf(90)]
            # Of what cancels, the larger is below e^720, or lost altogether.
            with mp.workdps(int(60 + min(max(logs), 720))):
                values = [decode(v, form) if i in positive else v for i, v in enumerate(kept)]
                rows.append([mpf(form), x] + kept + [mpf(0)] * (3 - len(kept)) + [function(x, *values)])
        out += f"  static let {name}: [Double] = [\n"
        out += wrap([swift(v) for row in rows for v in row], "    ") + ",\n  ]\n\n"
    out += full_normal()
    (TESTS / "DensityExtremes.swift").write_text(out.rstrip() + "\n}\n")


# Philox, backwards: which counter yields an extreme word?

M0, M1, W0, W1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85


def counters(words, seed):
    """The counter words that Philox4x32-10 under `seed` turns into `words` (arrays of uint64 that hold 32 bits)."""
    mask = np.uint64(0xFFFFFFFF)
    inverse0, inverse1 = np.uint64(pow(M0, -1, 2**32)), np.uint64(pow(M1, -1, 2**32))
    c0, c1, c2, c3 = words
    for i in reversed(range(10)):
        k0, k1 = np.uint64((seed + W0 * i) % 2**32), np.uint64(((seed >> 32) + W1 * i) % 2**32)
        a, b = (c3 * inverse0) & mask, (c1 * inverse1) & mask
        high0, high1 = (a * np.uint64(M0)) >> np.uint64(32), (b * np.uint64(M1)) >> np.uint64(32)
        c0, c1, c2, c3 = a, c0 ^ high1 ^ k0, b, c2 ^ high0 ^ k1
    return c0, c1, c2, c3


def write_extremes():
    out = HEADER + "/// Where the first two random words are extreme, in the first rows.\nenum PhiloxExtremes {\n"
    random = np.random.default_rng(1)
    for name, first, second in [("largest", 0, 0), ("smallest", 2**32 - 1, 0x20000000), ("largestSine", 0, 0x40000000)]:
        seed = 1
        while True:
            n = 1 << 22
            w = [np.full(n, first, np.uint64), np.full(n, second, np.uint64)]
            w += [random.integers(0, 2**32, n, dtype=np.uint64) for _ in range(2)]
            c0, c1, c2, c3 = counters(w, seed)
            hits = np.flatnonzero(c1 & np.uint64(0xFFFFFF) == 0)
            if len(hits):
                i = hits[0]
                out += f"  static let {name} = (\n    seed: {seed} as UInt64, "
                out += f"example: {int(c2[i]) + (int(c3[i]) << 32)} as UInt64, draw: {int(c0[i])} as UInt32, "
                out += f"stream: {int(c1[i]) >> 24} as UInt32\n  )\n"
                break
            seed += 1
    (TESTS / "PhiloxExtremes.swift").write_text(out + "}\n")


write_elementary()
write_densities()
write_extremes_of_densities()
write_extremes()
