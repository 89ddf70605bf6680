"""Every style of the table: its file's log-weights against those that its own modules give, or the true reason."""

import os

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import by_evidence  # noqa: E402
import styles_networks  # noqa: E402, F401
import styles_own_code  # noqa: E402, F401
import styles_sampling  # noqa: E402, F401
from styles import STYLES  # noqa: E402

from evidence.export import ExportError, StoredModel  # noqa: E402
from evidence.export.densities import log_weights  # noqa: E402
from repository import ROOT  # noqa: E402

torch.set_num_threads(1)


def check(case, path):
    """The file against the modules in float64, on the same noise up to its sign."""
    result = case.export(path)
    assert abs(result.elbo - result.elbo_of_file) < 1e-3
    modules = {id(m): m for cell in (case.weights.__closure__ or ()) for m in reachable(cell.cell_contents)}.values()
    e = np.random.default_rng(3).standard_normal((len(case.x), case.latents))
    for m in modules:
        m.double()
    with torch.no_grad():
        theirs = [case.weights(torch.as_tensor(case.x).double(), torch.as_tensor(s * e)) for s in (1.0, -1.0)]
    model = StoredModel(path)
    ours = [log_weights(model, np.float64(case.x), noise(model, s * e))[0] for s in (1.0, -1.0)]
    theirs = [t.numpy() for t in theirs]
    if not np.allclose(ours[0], theirs[0], rtol=1e-4, atol=2e-3):       # noise of the other sign where a scale has it
        signs = scale_signs(case, e)
        ours = [log_weights(model, np.float64(case.x), noise(model, s * signs * e))[0] for s in (1.0, -1.0)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-3)
    if by_evidence.COMMAND is not None:
        count, draws = len(case.x), by_evidence.DRAWS
        e = np.random.default_rng(4).standard_normal((draws * count, case.latents))
        x = np.tile(case.x, (draws, *[1] * (case.x.ndim - 1)))
        with torch.no_grad():
            weights = case.weights(torch.as_tensor(x).double(), torch.as_tensor(e)).numpy()
        by_evidence.check(path, case.x, weights.reshape(draws, count))


def reachable(value):
    from evidence.export.torch_graph import modules_of
    return modules_of(value) if callable(value) else []


def noise(model, e):
    """The columns of each level."""
    sizes = [np.size(model.encoder(1, np.zeros((1, *model.input_shape)))["mean"])] if model.levels == 1 else [3, 2]
    return np.split(e, np.cumsum(sizes)[:-1], 1)


def scale_signs(case, e):
    """The signs of dz/de, where the module multiplies noise by a number of either sign."""
    module = next(m for cell in case.weights.__closure__ for m in reachable(cell.cell_contents))
    with torch.no_grad():
        return np.where(module.heads(torch.as_tensor(case.x).double())[1].numpy() < 0, -1.0, 1.0)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: f"{s.group}: {s.words}")
def test_style(style, tmp_path):
    path = os.fspath(tmp_path / "model.h5")
    if style.refused is None:
        check(style.make(), path)
        return
    with pytest.raises(ExportError, match=f"(?s){style.refused}"):
        style.make().export(path)
    assert not list(tmp_path.iterdir())
    if style.remedy is not None:
        check(style.remedy(), path)


def test_the_table_in_the_documentation():
    """docs/export-styles.md is what table.py writes."""
    pytest.importorskip("jax")
    import table
    page = ROOT / "docs" / "export-styles.md"
    if not page.parent.exists():
        pytest.skip("not in the repository of Evidence")
    assert page.read_text() == "\n".join(table.lines()).rstrip() + "\n"
