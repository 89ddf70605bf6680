"""The JAX styles of the table, as test_styles has those of PyTorch."""

import os

import numpy as np
import pytest

pytest.importorskip("jax")
import by_evidence  # noqa: E402
from styles_jax import IMAGES, JAX_STYLES, X  # noqa: E402

from evidence.export import ExportError, StoredModel  # noqa: E402
from evidence.export.densities import log_weights  # noqa: E402


@pytest.mark.parametrize("words, make, refused, remedy", JAX_STYLES, ids=[s[0] for s in JAX_STYLES])
def test_style(words, make, refused, remedy, tmp_path):
    path = os.fspath(tmp_path / "model.h5")
    if refused is not None:
        with pytest.raises(ExportError, match=f"(?s){refused}"):
            make()[0](path)
        assert not list(tmp_path.iterdir())
        if remedy is None:
            return
        make = remedy
    export, weights = make()
    result = export(path)
    assert abs(result.elbo - result.elbo_of_file) < 1e-3
    e = np.random.default_rng(3).standard_normal((4, 3))
    model = StoredModel(path)
    x = X if len(model.input_shape) == 1 else IMAGES.reshape(4, *model.input_shape)
    both = [log_weights(model, np.float64(x), [s * e])[0] for s in (1.0, -1.0)]
    np.testing.assert_allclose(both, [weights(s * e) for s in (1.0, -1.0)], rtol=1e-4, atol=2e-3)
    if by_evidence.COMMAND is not None:
        random = np.random.default_rng(4)
        by_evidence.check(path, x, np.array([weights(random.standard_normal((4, 3))) for _ in range(200)]))
