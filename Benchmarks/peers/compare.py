"""The same weights and the same data, evaluated by this package and by others, in one table.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install -r Benchmarks/peers/requirements.txt
    /tmp/peers/bin/python Benchmarks/peers/compare.py MODEL.h5 [MODEL.h5 …] --data mnist.h5 --dataset images

Beside the models named, which take the data named, it generates a wide one (latent 128, hidden 1024, output 3072) and a
tiny one (latent 2, hidden 32, output 64) with random weights. Every tool runs in processes of its own. First a sweep finds
its best chunk (and the better of its alternatives); then come rounds in which every tool runs once, and each tool's least
time counts, so that a disturbance has to last all rounds to be seen. Times are those of the evaluation: neither
starting nor compiling is in them. Takes about half an hour on two cores, and wants a quiet machine.
"""

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

import measuring

# Name in the table, the worker's tool, fixed options (nothing to sweep).
TOOLS = [
    ("PyTorch eager, all draws at once", "torch-eager", {"examples": 1, "draws": None}),
    ("PyTorch eager", "torch-eager", None),
    ("torch.compile", "torch-compile", None),
    ("JAX jit", "jax", None),
    ("pythae get_nll, all draws at once", "pythae", {"examples": 1, "draws": None}),
    ("pythae get_nll", "pythae", None),
]

GENERATED = [
    ("wide", ["--latent", 128, "--hidden", 1024, "--output", 3072, "--activation", "relu"], 8),
    ("tiny", ["--latent", 2, "--hidden", 32, "--output", 64, "--activation", "tanh"], 200),
]


class Job:
    """A model, its data, and what each tool took."""

    def __init__(self, name, model, data, dataset, examples, evidence_options=()):
        self.name, self.model, self.data, self.dataset = name, model, data, dataset
        self.examples, self.evidence_options = examples, evidence_options
        self.results = {}
        self.multiply_adds = None

    def keep(self, label, result):
        """The least time and memory of all rounds; the first round's value."""
        kept = self.results.setdefault(label, result)
        kept["seconds"] = min(kept["seconds"], result["seconds"])
        kept["memory"] = min(kept["memory"], result["memory"])


def worker(options, job, tool, *more):
    output, usage = measuring.run(
        [sys.executable, measuring.HERE / "worker.py", tool, job.model, job.data, "--dataset", job.dataset,
         "--examples", job.examples, "--samples", options.samples, "--threads", options.threads, *more,
         *(["--processor-time"] if options.processor_time else [])], options.threads)
    return json.loads(output), usage


def run_peer(options, job, label, tool, tool_options, seed):
    result, usage = worker(options, job, tool, "--options", json.dumps(tool_options), "--seed", seed)
    job.multiply_adds = result["multiplyAdds"]
    job.keep(label, {
        "tool": label.replace("pythae", result["version"]).replace("PyTorch", result["version"]),
        "chunk": describe(tool_options, label), "seconds": min(result["seconds"]), "memory": usage.memory,
        "mean": result["mean"], "error": result["error"], "threads": options.threads})


def run_ours(options, job, program, threads):
    result, usage = measuring.evidence_nll(
        program, job.model, job.data, options.samples, threads, "--dataset", job.dataset,
        "--examples", f"0..{job.examples}", *job.evidence_options)
    likelihood = result["logLikelihood"]
    seconds = usage.processor_seconds if options.processor_time else result["timing"]["seconds"]
    label = f"evidence, {threads} thread{'s' if threads > 1 else ''}"
    job.keep(label, {
        "tool": label, "chunk": "", "seconds": seconds / job.examples, "memory": usage.memory,
        "mean": likelihood["mean"], "error": likelihood.get("monteCarloStandardError"), "threads": threads})


def describe(tool_options, label):
    words = [str(tool_options["draws"])]
    if tool_options["examples"] > 1:
        words[0] += f" × {tool_options['examples']} images"
    if "compile" in label:
        words += [tool_options["mode"]] + (["noise inside"] if tool_options["noise"] == "inside" else [])
    if "JAX" in label:
        words += ["chunks inside" if tool_options["loop"] == "inside" else "a call each", tool_options["random"]]
    return ", ".join(words)


HEADER = ["model", "tool", "chunk", "ms an image", "share of peak", "memory, MB", "log-likelihood", "time to ours"]


def rows(job, peaks, samples):
    """The table's rows for one model."""
    ours = next(iter(job.results.values()))["seconds"]
    result_rows = []
    for result in job.results.values():
        rate = 2 * job.multiply_adds * samples / result["seconds"]
        error = result["error"]
        result_rows.append([
            job.name, result["tool"], result["chunk"], f"{result['seconds'] * 1e3:.3g}",
            f"{100 * rate / peaks[result['threads']]:.0f} %", f"{result['memory'] / 1e6:.0f}",
            f"{result['mean']:.3f}" + (f" ± {error:.3f}" if error is not None and math.isfinite(error) else ""),
            f"{result['seconds'] / ours:.2f}"])
    return result_rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="models of dense layers and Bernoulli data, in the package's format")
    parser.add_argument("--data", help="binary examples for the models named")
    parser.add_argument("--dataset", default="images")
    parser.add_argument("--examples", type=int, default=200, help="how many of them (200)")
    parser.add_argument("--samples", type=int, default=5000, help="draws for each example (5000)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="only tools whose name contains one of these")
    parser.add_argument("--skip-generated", action="store_true", help="without the wide and the tiny model")
    parser.add_argument("--evidence", help="the command (default: the release build, made if need be)")
    parser.add_argument("--patience", type=int, default=600, help="seconds to wait for the machine to be quiet")
    parser.add_argument(
        "--processor-time", action="store_true",
        help="on one thread, count the processor's seconds: for a first look on a busy machine")
    options = parser.parse_args()
    if options.processor_time:
        options.threads = 1
    if options.models and not options.data:
        parser.error("--data: which examples do the models take?")

    program = options.evidence or measuring.evidence_path()
    folder = Path(tempfile.mkdtemp(prefix="evidence-peers-"))
    as_stored = ["--binarize", "none", "--divide-by", "1"]
    jobs = [
        Job(Path(model).stem, model, options.data, options.dataset, options.examples, as_stored)
        for model in options.models]
    for name, shape, examples in [] if options.skip_generated else GENERATED:
        model, data = folder / f"{name}.h5", folder / f"{name}-data.h5"
        measuring.run([sys.executable, measuring.HERE / "model_files.py", model, data, *shape, "--examples", examples])
        jobs.append(Job(name, model, data, "images", examples))
    tools = [t for t in TOOLS if not options.only or any(word in t[0] for word in options.only)]

    load = measuring.wait_until_quiet(patience=0 if options.processor_time else options.patience)
    peaks = {threads: measuring.fma_peak(threads) for threads in {1, options.threads}}
    print(f"{measuring.processor()}; {load}; k = {options.samples}, "
          + ("processor time on 1 thread" if options.processor_time else f"{options.threads} threads") + "; least of "
          + f"{options.rounds} round{'s' if options.rounds > 1 else ''}\n")
    print(measuring.markdown_table(HEADER, [], left=3), flush=True)
    for job in jobs:
        chosen = {}
        for label, tool, fixed in tools:
            if fixed:
                chosen[label] = {**fixed, "draws": options.samples, "mode": "default", "noise": "outside"}
                continue
            result, _ = worker(options, job, tool, "--sweep")
            if "unfit" in result:
                print(f"{job.name}: {label}: {result['unfit']}", file=sys.stderr)
                chosen = {l: o for l, o in chosen.items() if not l.startswith(label)}
                continue
            chosen[label] = result["options"]
        for seed in range(options.rounds):
            peaks = {threads: max(peak, measuring.fma_peak(threads)) for threads, peak in peaks.items()}
            for threads in sorted(peaks, reverse=True):
                run_ours(options, job, program, threads)
            for label, tool, _ in tools:
                if label in chosen:
                    run_peer(options, job, label, tool, chosen[label], seed)
        print("\n".join(measuring.markdown_row(row) for row in rows(job, peaks, options.samples)), flush=True)
    print("\nPeak by fused multiply-adds: "
          + ", ".join(f"{p / 1e9:.0f} GF/s on {t} thread{'s' if t > 1 else ''}" for t, p in sorted(peaks.items())))


if __name__ == "__main__":
    main()
