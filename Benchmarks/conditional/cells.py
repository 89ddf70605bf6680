"""Time and memory of a count model of 2,000 genes beside scvi-tools, on the same cells and weights.

    pip install scvi-tools
    python Benchmarks/conditional/cells.py --command .build/release/evidence

Cells are synthetic, 5 % of the counts filled. Times are of the command for --cells at --samples draws, and of get_marginal_ll
for --peer-cells at as many: processor seconds of one thread, so that other work on the machine counts for little, or by the
clock where --threads says more. Both are linear in cells, and are given for 100,000. scvi-tools takes all its cells in one
minibatch, or --batch of them. Peak memory is the command's for 10,000 and 100,000 cells at 16 draws.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import anndata
import numpy as np
import scipy.sparse
import scvi
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Sources/python"))
from evidence.export import export_scvi  # noqa: E402

GENES, FILLED, ALL = 2000, 0.05, 100_000


def cells(count):
    random = np.random.default_rng(0)
    counts = scipy.sparse.random(count, GENES, FILLED, "csr", np.float32, random)
    counts.data = (1 + random.poisson(1.5 * counts.data)).astype(np.float32)
    data = anndata.AnnData(counts)
    data.obs_names, data.var_names = [f"cell{i}" for i in range(count)], [f"gene{i}" for i in range(GENES)]
    return data


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command, threads, model, data, *options):
    """The result, seconds, and the peak memory of the process in MB."""
    arguments = [command, "nll", model, data, "--threads", str(threads), "--format", "json", "--all-errors", *options]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as problems:
        before, start, peak = children(), time.perf_counter(), 0
        process = subprocess.Popen(arguments, stdout=out, stderr=problems)
        # What wait4 says of memory begins with this process's own.
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = max([peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")])
            except OSError:
                pass
            time.sleep(0.02)
        out.seek(0)
        problems.seek(0)
        text = out.read()
        if not text:
            sys.exit(problems.read())
    seconds = children() - before if threads == 1 else time.perf_counter() - start
    return json.loads(text)["logLikelihood"], seconds, peak / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", default="evidence")
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--peer-cells", type=int, default=200)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, help="cells in a minibatch of scvi-tools, whose default is 128")
    parser.add_argument("--memory", action="store_true", help="peak memory for 10,000 and 100,000 cells too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.threads == 1 else time.perf_counter
    scvi.settings.seed = 0
    folder = pathlib.Path(tempfile.mkdtemp())
    data = cells(ALL)
    few = data[:options.peer_cells].copy()
    path = str(folder / "cells.h5ad")
    data.write_h5ad(path)
    for likelihood in ("nb", "zinb"):
        scvi.model.SCVI.setup_anndata(few)
        model = scvi.model.SCVI(few, gene_likelihood=likelihood)
        model.train(max_epochs=20, enable_progress_bar=False, logger=False, accelerator="cpu")
        stored = str(folder / f"{likelihood}.h5")
        export_scvi(model, stored, quiet=True)
        start = clock()
        theirs = model.get_marginal_ll(n_mc_samples=options.samples, batch_size=options.batch or len(few))
        peer = (clock() - start) / len(few) * ALL
        examples = f"0..{options.cells}"
        draws = str(options.samples)

        def nll(samples, examples):
            return run(options.command, options.threads, stored, path, "--samples", samples, "--examples", examples)

        _, none, _ = nll("1", examples)
        _, seconds, memory = nll(draws, examples)
        ours = (seconds - none) / options.cells * ALL
        same, _, _ = nll(draws, f"0..{len(few)}")
        print(f"{likelihood}: {ours:.0f} s by the command, {memory:.0f} MB; {peer:.0f} s by scvi-tools; {peer / ours:.0f} times; "
              f"the mean of the same {len(few)} cells {same['mean']:.2f} and {float(theirs):.2f}", flush=True)
        for count in (10_000, ALL) if options.memory else ():
            _, seconds, memory = nll("16", f"0..{count}")
            print(f"  {count} cells, 16 draws: {seconds:.0f} s, {memory:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
