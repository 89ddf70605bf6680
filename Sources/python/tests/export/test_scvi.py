"""export_scvi, for the variants of scvi-tools' SCVI: the file's log-weights are the module's on its own draws."""

import h5py
import numpy as np
import pytest

scvi = pytest.importorskip("scvi")

from evidence.export import export_scvi  # noqa: E402

VARIANTS = {
    **{f"{likelihood} {dispersion}": (dict(gene_likelihood=likelihood, dispersion=dispersion), {})
       for likelihood in ("nb", "zinb") for dispersion in ("gene", "gene-batch", "gene-label", "gene-cell")},
    "poisson": (dict(gene_likelihood="poisson"), {}),
    "latent library": (dict(gene_likelihood="nb", use_observed_lib_size=False), {}),
    "normal, latent library": (dict(gene_likelihood="normal", use_observed_lib_size=False), {}),
    "ln": (dict(gene_likelihood="nb", latent_distribution="ln"), {}),
    "size factor": (dict(gene_likelihood="nb"), dict(size_factor_key="size")),
    "covariates in every layer": (
        dict(gene_likelihood="zinb", n_layers=2, deeply_inject_covariates=True, encode_covariates=True),
        dict(categorical_covariate_keys=["donor"], continuous_covariate_keys=["age"])),
    "covariates in the first layer, layer norm": (
        dict(gene_likelihood="nb", n_layers=2, deeply_inject_covariates=False, use_layer_norm="both",
             use_batch_norm="none"), dict(categorical_covariate_keys=["donor"])),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_log_weights_are_the_modules(name, tmp_path):
    options, setup = VARIANTS[name]
    scvi.settings.seed = 0
    cells = scvi.data.synthetic_iid(batch_size=60, n_genes=30, n_batches=2, n_labels=3)
    random = np.random.default_rng(0)
    cells.obs["donor"] = random.choice(["d1", "d2", "d3"], cells.n_obs)
    cells.obs["age"] = random.standard_normal(cells.n_obs)
    cells.obs["size"] = np.asarray(cells.X.sum(1)).ravel()
    scvi.model.SCVI.setup_anndata(cells, batch_key="batch", labels_key="labels", **setup)
    model = scvi.model.SCVI(cells, n_hidden=16, n_latent=4, **options)
    model.train(max_epochs=1, enable_progress_bar=False, logger=False, accelerator="cpu")
    path = str(tmp_path / "scvi.h5")
    # Float32 by the module, float64 from the file.
    assert export_scvi(model, path, quiet=True) < 1e-4
    with h5py.File(path) as file:
        assert list(file["input/names"].asstr()) == list(cells.var_names)
