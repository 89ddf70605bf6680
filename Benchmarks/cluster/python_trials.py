#!/usr/bin/env python3
"""Tries shards under Dask's LocalCluster, joblib and Ray by the Python package; each must give the bits of one call.

    pip install Sources/python 'dask[distributed]' joblib ray      # with EVIDENCE_BINARY=.build/release/evidence
    python3 Benchmarks/cluster/python_trials.py

What is not installed is said.
"""

import importlib.util
import tempfile

import numpy

import evidence

SHARDS = 4
SAMPLES = 100


def part(index, model, data, output):
    """One shard: what each of the engines runs, in a process of its own."""
    import evidence

    return str(evidence.nll(model, data, samples=SAMPLES, threads=1, shard=(index, SHARDS), output=output, progress=False).path)


def by_joblib(*arguments):
    import joblib

    return joblib.Parallel(n_jobs=2)(joblib.delayed(part)(index, *arguments) for index in range(SHARDS))


def by_dask(*arguments):
    import dask.distributed as distributed

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            return client.gather([client.submit(part, index, *arguments) for index in range(SHARDS)])


def by_ray(*arguments):
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        remote = ray.remote(part)
        return ray.get([remote.remote(index, *arguments) for index in range(SHARDS)])
    finally:
        ray.shutdown()


def main():
    model, images, _ = evidence.digits()
    one = evidence.nll(model, images, samples=SAMPLES, progress=False)
    for name, engine in {"joblib": by_joblib, "distributed": by_dask, "ray": by_ray}.items():
        if importlib.util.find_spec(name) is None:
            print(f"{name}: not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            # An engine's processes read the data of one file.
            data = f"{folder}/digits.npy"
            numpy.save(data, images)
            parts = engine(str(model.path), data, f"{folder}/part.h5")
            merged = evidence.merge(parts, f"{folder}/all.h5")
            assert len(set(parts)) == SHARDS
            assert numpy.array_equal(merged.log_likelihood.view("u8"), one.log_likelihood.view("u8")), name
            print(f"{name}: {SHARDS} shards, equal bits of {len(merged.log_likelihood)} examples")


if __name__ == "__main__":
    main()
