"""The mean log-likelihood of cells by the command beside get_marginal_ll of scvi-tools, with the same number of draws.

    pip install scvi-tools
    python Benchmarks/conditional/marginal.py --command .build/release/evidence
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import scvi
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Sources/python"))
from evidence.export import export_scvi  # noqa: E402

SAMPLES = 200


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", default="evidence")
    command = parser.parse_args().command
    torch.set_num_threads(1)
    torch.manual_seed(0)
    np.random.seed(0)
    folder = pathlib.Path(tempfile.mkdtemp())
    model_path, data_path = str(folder / "model.h5"), str(folder / "cells.h5ad")
    for name, options in (("NB", {}), ("NB, latent ln", {"latent_distribution": "ln"})):
        cells = scvi.data.synthetic_iid(batch_size=50, n_genes=40, n_batches=2, n_labels=3)
        scvi.model.SCVI.setup_anndata(cells, batch_key="batch", labels_key="labels")
        model = scvi.model.SCVI(cells, n_hidden=24, n_latent=4, gene_likelihood="nb", **options)
        model.train(max_epochs=20, enable_progress_bar=False, logger=False, accelerator="cpu")
        export_scvi(model, model_path, quiet=True)
        cells.write_h5ad(data_path)
        parts, whole = (model.get_marginal_ll(n_mc_samples=SAMPLES, batch_size=size) for size in (64, 100))
        run = subprocess.run([command, "nll", model_path, data_path, "--samples", str(SAMPLES), "--format", "json",
                              "--all-errors"], capture_output=True, text=True)
        result = json.loads(run.stdout)["logLikelihood"]
        print(f"{name}: {result['mean']:.3f}, Monte Carlo error {result['monteCarloStandardError']:.3f}; "
              f"in one minibatch {float(whole):.3f}, in minibatches of 64 {float(parts):.3f}")


if __name__ == "__main__":
    main()
