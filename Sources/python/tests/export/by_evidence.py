"""The command itself, where there is one: it reads every file that is written, and its ELBO is the framework's.

    EVIDENCE_BINARY=.build/release/evidence python -m pytest Sources/python/tests/export
"""

import json
import subprocess

import h5py
import numpy as np

from evidence import CommandError, _binary

try:
    COMMAND = _binary.find()
except CommandError:
    COMMAND = None
DRAWS, SAMPLES = 500, 2000


def run(*arguments: str) -> str:
    result = subprocess.run([COMMAND, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def check(path: str, x: np.ndarray, log_weights: np.ndarray) -> None:
    """log_weights: [draws, examples] of the framework's own, at noise of its own."""
    if COMMAND is None:
        return
    run("inspect", path)
    data = path + ".data"
    with h5py.File(data, "w") as file:
        file["x"] = np.float32(x)
    elbo = json.loads(run("nll", path, data, "--samples", str(SAMPLES), "--format", "json", "--threads", "1"))["elbo"]
    # Means over examples of independent draws: both errors come from the weights' variance of an example.
    variance = log_weights.var(0, ddof=1).mean() / len(x)
    error = np.sqrt(variance * (1 / len(log_weights) + 1 / SAMPLES))
    assert abs(elbo - log_weights.mean()) < 4.5 * error + 1e-4 * abs(elbo), (elbo, log_weights.mean(), error)
