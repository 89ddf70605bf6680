"""The exporter's numpy layers against what PyTorch and Keras compute: the fixtures of the Swift tests."""

import json

import numpy as np
import pytest

from evidence.export import Layer, StoredModel
from repository import ROOT

PATH = ROOT / "Tests/NetworksTests/Fixtures/layers.json"
CASES = json.loads(PATH.read_text()) if PATH.exists() else []


def array(stored):
    return np.array(stored["values"], np.float64).reshape(stored["shape"])


@pytest.mark.skipif(not CASES, reason="not in the repository of Evidence")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_layer(case):
    model = object.__new__(StoredModel)
    model.data_format = case["data_format"]
    layer = Layer(case["layer"], attributes=case["attributes"],
                  arrays={name: array(a) for name, a in case["weights"].items()},
                  activation=case["attributes"].get("activation", "identity"),
                  activation_attributes=case["attributes"])
    output = model.run([layer], array(case["input"])[None])[0]
    # Nine digits are stored, but Keras' normalizations compute in float32 whatever they are asked for.
    np.testing.assert_allclose(output, array(case["output"]), rtol=1e-6, atol=1e-6)
