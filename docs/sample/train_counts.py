"""Trains the sample of a count model: scvi-tools' SCVI of synthetic cells.

    pip install scvi-tools h5py
    python docs/sample/train_counts.py           # writes docs/sample/cells-scvi.h5 and cells-test.h5ad, and a reference

Three kinds of cells of two batches, 80 genes: counts are negative binomial, their means a share of the cell's total. The
reference is get_marginal_ll of the test cells, all in one minibatch.
"""

import json
import pathlib
import sys

import anndata
import numpy as np
import scipy.sparse
import scvi
import torch

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "Sources/python"))
from evidence.export import export_scvi  # noqa: E402

REFERENCE = ROOT / "Tests/EvidenceCommandTests/Fixtures/cells-reference.json"
GENES, TRAIN, TEST, SAMPLES = 80, 800, 100, 2000


def cells():
    random = np.random.default_rng(0)
    count = TRAIN + TEST
    kind, batch = random.integers(0, 3, count), random.integers(0, 2, count)
    levels = random.gamma(0.3, 1, (3, GENES)) * np.exp(0.3 * random.standard_normal((2, 1, GENES)))
    shares = levels[batch, kind] / levels[batch, kind].sum(1, keepdims=True)
    means = shares * random.lognormal(np.log(60), 0.4, (count, 1))
    counts = random.poisson(means * random.gamma(2, 1 / 2, means.shape))
    counts[:, 0] += counts.sum(1) == 0
    data = anndata.AnnData(scipy.sparse.csr_matrix(counts.astype(np.float32)))
    data.obs_names = [f"cell{i:03}" for i in range(count)]
    data.var_names = [f"gene{i:02}" for i in range(GENES)]
    data.obs["batch"] = np.where(batch == 0, "plate1", "plate2")
    return data


def main():
    torch.set_num_threads(1)
    scvi.settings.seed = 0
    data = cells()
    train, test = data[:TRAIN].copy(), data[TRAIN:].copy()
    scvi.model.SCVI.setup_anndata(train, batch_key="batch")
    model = scvi.model.SCVI(train, n_hidden=32, n_latent=4, gene_likelihood="nb")
    model.train(max_epochs=40, enable_progress_bar=False, logger=False, accelerator="cpu")
    export_scvi(model, str(HERE / "cells-scvi.h5"))
    test.write_h5ad(HERE / "cells-test.h5ad")
    value = float(model.get_marginal_ll(test, n_mc_samples=SAMPLES, batch_size=len(test)))
    REFERENCE.write_text(json.dumps({"samples": SAMPLES, "mean": value}))
    print(f"get_marginal_ll {value:.3f}")


if __name__ == "__main__":
    main()
