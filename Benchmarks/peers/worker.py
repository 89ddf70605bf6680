"""One tool on one model, in a process of its own; prints JSON. compare.py starts it.

With --sweep: the fastest options. With --options: seconds for an example, and the log-likelihoods' mean and its error.
"""

import argparse
import json
import os
import sys
import time

import numpy as np

import model_files

DRAWS = [50, 100, 200, 250, 500, 1000, 2500, 5000]
EXAMPLES = [1, 4, 16, 64]


def make_peer(tool, model, threads):
    if tool.startswith("torch"):
        from torch_peer import Torch

        return Torch(model, threads, compiled=tool == "torch-compile")
    if tool == "jax":
        from jax_peer import Jax

        return Jax(model, threads)
    from pythae_peer import Pythae

    return Pythae(model, threads)


clock = time.perf_counter


def seconds_per_example(peer, examples, samples, options, budget=0.4, repeats=3):
    """The least of some repeats, on as many examples as fit into the budget."""
    batch = options["examples"]
    few = np.resize(examples, (batch, examples.shape[1]))
    peer.evaluate(few, samples, options, 0)  # compiles
    start = clock()
    peer.evaluate(few, samples, options, 0)
    once = clock() - start
    many = np.resize(examples, (batch * max(1, round(budget / once)), examples.shape[1]))
    best = once / batch
    for repeat in range(repeats):
        start = clock()
        peer.evaluate(many, samples, options, repeat)
        best = min(best, (clock() - start) / len(many))
    return best


def sweep(peer, examples, samples):
    """The fastest options: first the chunk, then the alternatives one after the other, then the chunk again."""
    best = {"examples": 1, "draws": DRAWS[0]} | {name: values[0] for name, values in peer.alternatives().items()}
    times = {}

    def timed(options):
        key = json.dumps(options, sort_keys=True)
        if key not in times:
            times[key] = seconds_per_example(peer, examples, samples, options)
            print(f"{times[key] * 1e3:9.3f} ms  {key}", file=sys.stderr)
        return times[key]

    def vary(name, values):
        nonlocal best
        best = min(({**best, name: value} for value in values), key=timed)

    draws = [d for d in DRAWS if samples % d == 0]
    vary("draws", draws)
    for _ in range(2):
        if best["draws"] == samples:
            vary("examples", EXAMPLES)
        for name, values in peer.alternatives().items():
            vary(name, values)
        if best["examples"] == 1:
            vary("draws", draws)
    return {"options": best, "sweep": {key: seconds for key, seconds in times.items()}}


def statistics(log_weights, samples):
    """Mean of L_k over the examples, and its Monte Carlo standard error by the delta method."""
    if log_weights[0].ndim == 0:
        return float(np.mean(log_weights)), None
    values, variances = [], []
    for weights in log_weights:
        largest = weights.max()
        scaled = np.exp(weights - largest)
        k = len(weights)
        values.append(largest + np.log(scaled.mean()))
        variances.append((np.square(scaled).sum() / scaled.sum() ** 2 - 1 / k) * k / (k - 1))
    return float(np.mean(values)), float(np.sqrt(np.sum(variances)) / len(values))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=["torch-eager", "torch-compile", "jax", "pythae"])
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--dataset", default="images")
    parser.add_argument("--examples", type=int, required=True)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--options", type=json.loads)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--processor-time", action="store_true", help="instead of the clock on the wall")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.processor_time:
        global clock
        clock = time.process_time

    examples = model_files.read_examples(options.data, options.dataset, options.examples)
    model = model_files.read_model(options.model)
    try:
        peer = make_peer(options.tool, model, options.threads)
    except ValueError as error:
        print(json.dumps({"unfit": str(error)}))
        return
    result = {"version": peer.version, "multiplyAdds": model.multiply_adds}
    if options.sweep:
        result |= sweep(peer, examples, options.samples)
    else:
        batch = options.options["examples"]
        peer.evaluate(examples[:batch], options.samples, options.options, 0)  # compiles
        result["seconds"] = []
        for repeat in range(options.repeats):
            start = clock()
            log_weights = peer.evaluate(examples, options.samples, options.options, options.seed + repeat)
            result["seconds"].append((clock() - start) / len(examples))
        result["mean"], result["error"] = statistics(log_weights, options.samples)
    print(json.dumps(result))


if __name__ == "__main__":
    # Each library starts as many threads as there are cores to run on, and no more.
    os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    main()
