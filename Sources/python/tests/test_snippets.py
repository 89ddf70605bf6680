"""Every snippet of Python in README and docs, run in order on small files of the names that it uses.

docs/from-pytorch.md and docs/from-jax.md have a test of their own, in export/test_documentation.py; the notebooks are scripts.
"""

import functools
import re
import shutil
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

import evidence
from repository import ROOT

ELSEWHERE = {"docs/from-pytorch.md", "docs/from-jax.md"}
pytestmark = [pytest.mark.skipif(not ROOT.exists(), reason="not in the repository of Evidence"),
              pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")]


def snippets(page):
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)


def pages():
    found = [ROOT / "README.md", ROOT / "Sources/python/README.md", *ROOT.glob("docs/**/*.md")]
    names = {path.relative_to(ROOT).as_posix() for path in found if "```python" in path.read_text()}
    return {name for name in names - ELSEWHERE if "/notebooks/" not in name}


def linear(inputs, outputs):
    """What the snippet takes of a torch.nn.Linear."""
    def tensor(values):
        return SimpleNamespace(detach=lambda: SimpleNamespace(numpy=lambda: values))
    weight = np.random.default_rng(inputs).standard_normal((outputs, inputs)) / np.sqrt(inputs)
    return SimpleNamespace(weight=tensor(weight), bias=tensor(weight[:, 0]))


def paper_model(_):
    """A stand-in for the module of docs/model-format.md; the file that the snippet writes has to be a model."""
    model = SimpleNamespace(
        encoder={0: linear(784, 20), 2: linear(20, 20)}, mean=linear(20, 5), log_variance=linear(20, 5),
        decoder={0: linear(5, 20), 2: linear(20, 20), 4: linear(20, 784)})

    def check():
        info = evidence.open("model.h5").info
        assert info.latents == [5] and info.input.shape == [784] and info.likelihood == "bernoulli"
    return {"model": model}, check


def sample(folder, model, images):
    """`model.h5`, and the images as an array."""
    shutil.copy(model.path, folder / "model.h5")
    return {"x_test": images, "evidence": evidence}


def readme(given):
    names = sample(*given)
    return names, lambda: names["result"].summary.nll


def python_page(given):
    names = sample(*given)
    names["other"] = evidence.nll(given[1], given[2], samples=5)

    def check():
        assert len(names["result"]) == len(given[2])
    return names, check


def package_readme(given):
    torch = pytest.importorskip("torch")

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.mean, self.second = torch.nn.Linear(784, 2), torch.nn.Linear(784, 2)

        def forward(self, x):
            return self.mean(x), self.second(x)
    x_test = torch.rand(4, 784).round()
    return {"encoder": Encoder(), "decoder": torch.nn.Linear(2, 784), "x_test": x_test}, lambda: None


def latents(given):
    _, model, images = given
    evidence.units(model, images, latents="latents.h5", labels=np.arange(len(images)))
    names = {"h5py": h5py}

    def check():
        assert names["z"].shape == (len(images), 16) and list(names["label"]) == list(range(len(images)))
    return names, check


def results(given):
    pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    _, model, images = given
    evidence.nll(model, images, samples=50, output="results.h5")
    return {}, lambda: None


def conditional(given):
    """A CVAE, the file that the page writes of it, and data as the page has them."""
    torch = pytest.importorskip("torch")

    class CVAE(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.d = torch.nn.Linear(794, 4), torch.nn.Linear(12, 784)

        def encode(self, x, y):
            return self.e(torch.cat([x, y], 1)).chunk(2, 1)

        def decode(self, z, y):
            return self.d(torch.cat([z, y], 1))
    digits = np.arange(6) % 10
    images = np.random.default_rng(0).uniform(size=(6, 784)).round().astype(np.uint8)
    names = {"cvae": CVAE(), "x": torch.rand(6, 784).round(), "y": torch.eye(10)[digits], "images": images, "digits": digits}

    def check():
        result = evidence.nll("cvae.h5", "test.h5", dataset="x", samples=20)
        assert len(result) == 6 and "label" in repr(result)
    return names, check


def single_cell(given):
    scvi = pytest.importorskip("scvi")
    cells = scvi.data.synthetic_iid(batch_size=20, n_genes=10, n_batches=2)
    scvi.model.SCVI.setup_anndata(cells, batch_key="batch")
    model = scvi.model.SCVI(cells, n_hidden=8, n_latent=2)
    model.train(max_epochs=1, enable_progress_bar=False, logger=False, accelerator="cpu")

    def check():
        assert len(evidence.nll("scvi.h5", cells, samples=20)) == 40
        assert evidence.from_scvi(model).info.latents == [2]
    return {"model": model}, check


def clusters(given):
    folder, model, images = given
    names = sample(*given)
    with h5py.File("mnist.h5", "w") as file:
        file["test/images"] = images
    names["client"] = SimpleNamespace(map=lambda function, values: [function(value) for value in values], gather=list)

    def check():
        whole = evidence.nll(model, images)
        np.testing.assert_array_equal(evidence.open("all.h5").log_likelihood, whole.log_likelihood)
    return names, check


PAGES = {"README.md": readme, "docs/python.md": python_page, "Sources/python/README.md": package_readme,
         "docs/model-format.md": paper_model, "docs/active-units.md": latents, "docs/results-file.md": results,
         "docs/clusters.md": clusters, "docs/conditional-models.md": conditional,
         "docs/single-cell.md": single_cell}


def test_every_page_is_here():
    assert pages() == {page for page in PAGES if (ROOT / page).exists()}


@pytest.mark.parametrize("page", PAGES)
def test_snippets(page, model, images, tmp_path, monkeypatch):
    if not (ROOT / page).exists():
        pytest.skip("there is no such page")
    monkeypatch.chdir(tmp_path)
    # The same call, shorter.
    monkeypatch.setattr(evidence, "check", functools.partial(evidence.check, simulated=3, samples=50, temperatures=4))
    names, check = PAGES[page]((tmp_path, model, images[:20]))
    for code in snippets(page):
        exec(compile(code, page, "exec"), names)
    check()


def test_the_error_of_the_page(sample):
    """The error that docs/python.md shows, word for word."""
    call, *lines = re.search(r"^    >>> (.*\n(?:    .+\n)+)", (ROOT / "docs/python.md").read_text(), re.M)[1].splitlines()
    with pytest.raises(evidence.InputError) as caught:
        eval(call, {"evidence": evidence, "model": sample[0], "images": sample[1]})
    assert f"InputError: {caught.value}".splitlines() == [line.strip() for line in lines]
