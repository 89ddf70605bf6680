"""Files written from numpy alone: their log-weights by hand, and by the command where there is one."""

import by_evidence
import numpy as np
import pytest

from evidence.export import ExportError, Layer, StoredModel
from evidence.export.densities import log_weights
from evidence.export.graph import Node
from evidence.export.layers import activation_layer
from evidence.export.unsaid import ask_for_the_rest
from evidence.export.values import bounds
from evidence.export.verify import saturation
from evidence.export.writer import Part, write_model

PIXELS, HIDDEN, LATENTS = 6, 4, 2
RANDOM = np.random.default_rng(0)
E, M, S, D = (RANDOM.standard_normal(shape) * 0.5 for shape in (
    (HIDDEN, PIXELS), (LATENTS, HIDDEN), (LATENTS, HIDDEN), (PIXELS, LATENTS)))
X = (RANDOM.uniform(size=(5, PIXELS)) < 0.4).astype(float)
W, U, B = np.array([0.5, -0.4]), np.array([0.3, 0.2]), 0.1


def dense(weight, activation="identity"):
    return Layer("dense", arrays={"weight": weight}, activation=activation, shape_in=weight.shape[1:],
                 shape_out=weight.shape[:1])


def write(path, activation="tanh", prior=None, flow=(), extra=()):
    encoder = Part("normal", [0], [0], [dense(E, activation), *extra], {"mean": [dense(M)], "log_variance": [dense(S)]}, {})
    encoder.flow = list(flow)
    decoder = Part("bernoulli", [1], [1], [], {"logits": [dense(D)]}, {})
    write_model(path, [encoder], [decoder], input_shape=(PIXELS,), data_format="channels_last", prior=prior,
                divide_by=None, binarize=None, dequantize=None, about={})


def by_hand(x, e, activation=np.tanh, log_prior=None, flow=False):
    h = activation(x @ E.T)
    mean, log_variance = h @ M.T, h @ S.T
    z = mean + np.exp(0.5 * log_variance) * e
    log_q = (-0.5 * e**2 - 0.5 * log_variance).sum(1)
    if flow:
        t = np.tanh(z @ W + B)
        log_q -= np.log(np.abs(1 + (1 - t**2) * (U @ W)))
        z = z + U * t[:, None]
    logits = z @ D.T
    log_p = (-0.5 * z**2).sum(1) if log_prior is None else log_prior(z)
    return (x * logits - np.logaddexp(0, logits)).sum(1) + log_p - log_q


def mixture(z):
    """Of two components of scale 1 and 2, up to the constant that q has, too."""
    terms = [-0.5 * ((z - m) ** 2 / s**2).sum(1) - LATENTS * np.log(s) for m, s in ((1.0, 1.0), (-1.0, 2.0))]
    return np.logaddexp(*terms) - np.log(2)


CASES = {
    "version 1": ({}, {}),
    "mish, an activation of version 2": ({"activation": "mish"}, {"activation": lambda a: a * np.tanh(np.logaddexp(0, a))}),
    "a product of two stacks": (
        {"extra": [Layer("product", stacks={"factors": [[], [activation_layer("sigmoid", (HIDDEN,))]]}, shape_in=(HIDDEN,),
                         shape_out=(HIDDEN,))]},
        {"activation": lambda a: np.tanh(a) / (1 + np.exp(-np.tanh(a)))}),
    "a mixture prior": (
        {"prior": {"distribution": "normal-mixture", "mean": np.array([[1.0] * LATENTS, [-1.0] * LATENTS]),
                   "scale": np.array([[1.0] * LATENTS, [2.0] * LATENTS])}}, {"log_prior": mixture}),
    "a planar flow": ({"flow": [{"flow": "planar", "u": U, "w": W, "b": np.float64(B)}]}, {"flow": True}),
}


@pytest.mark.parametrize("written, computed", CASES.values(), ids=CASES)
def test_log_weights(tmp_path, written, computed):
    path = str(tmp_path / "model.h5")
    write(path, **written)
    e = RANDOM.standard_normal((5, LATENTS))
    np.testing.assert_allclose(log_weights(StoredModel(path), X, [e])[0], by_hand(X, e, **computed), rtol=1e-5)
    by_evidence.check(path, X, np.array([by_hand(X, RANDOM.standard_normal((5, LATENTS)), **computed) for _ in range(500)]))


def test_numbers_that_are_not_finite(tmp_path):
    with pytest.raises(ExportError, match="1 of 2 numbers are not finite"):
        write(tmp_path / "model.h5", prior={"distribution": "normal", "mean": np.array([0.0, np.inf]), "scale": np.ones(2)})


def test_a_prior_and_a_flow_are_asked_for():
    for part, words in ((("prior_net", "Linear"), "prior"), (("iaf_flow", "IAF"), "flow")):
        with pytest.raises(ExportError, match=f"is it a {words}"):
            ask_for_the_rest([part], None, None)
    ask_for_the_rest([("overflow", "Linear"), ("encoder", "MLP")], None, None)
    ask_for_the_rest([("prior_net", "Linear")], {"distribution": "standard-normal"}, ())


def test_bounds_of_a_leaky_relu():
    """Of a negative slope it is positive everywhere: relu(x) + relu(-x)."""
    x = Node("input", (), (1,))
    for alpha, low in ((-1.0, 0.0), (0.01, -np.inf)):
        assert bounds(Node("map", (x,), (1,), {"function": "leaky-relu", "alpha": alpha}))[0] == low


def test_probabilities_that_round_to_one():
    """A logit of 20 is the probability 1 in float32: what the framework makes of a 0 then is its clamp's."""
    x = np.zeros((1, 1))
    error = saturation("bernoulli", {"logits": np.array([[20.0]])}, {"probabilities": np.array([[1.0]])}, x)
    assert error > 20 - 16 and saturation("bernoulli", {"logits": np.array([[2.0]])}, {"probabilities": None}, x) < 1e-5
