"""Imports the models that Tests/KerasImportTests/Fixtures/Graphs/generate.py saved, and compares their evidence lower bounds
with those that Keras computed of the same weights and examples.

    python Benchmarks/keras/bounds.py .build/release/evidence

Both are means over 20,000 draws; the error is that of their difference. Prints a table in Markdown, and ends with 1 where a
difference is more than four of its errors. Needs h5py and numpy, and no Keras.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

evidence = pathlib.Path(sys.argv[1]).resolve()
graphs = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "KerasImportTests" / "Fixtures" / "Graphs"


def run(*arguments):
    result = subprocess.run([evidence, *arguments], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: {result.stderr}")
    return result.stdout


def completed(name, files, folder):
    """Weights alone: the draft, with the activation that the generator has."""
    if name != "form-subclassed":
        return files
    draft = folder / "draft.json"
    run("import", "keras", *files, "--draft", draft, "--force")
    draft.write_text(draft.read_text().replace('"relu"', '"tanh"', 1))
    return [*files, draft]


wrong = 0
print("| model | Keras | imported | difference | error |\n|---|---:|---:|---:|---:|")
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    for name, known in sorted(json.loads((graphs / "expected.json").read_text()).items()):
        files = completed(name, [graphs / file for file in known["files"]], folder)
        run("import", "keras", *files, "-o", folder / "model.h5", "--force", *known["arguments"])
        with h5py.File(folder / "data.h5", "w") as file:
            file["x"] = np.array(known["x"], "float32")
        found = json.loads(run(
            "nll", folder / "model.h5", folder / "data.h5", "--estimator", "elbo", "--samples", "20000", "--format", "json",
            "--quiet"))
        error = np.hypot(known["standardError"], found["logLikelihood"]["monteCarloStandardError"] or 0)
        difference = found["elbo"] - known["elbo"]
        wrong += abs(difference) > 4 * error
        print(f"| {name} | {known['elbo']:.3f} | {found['elbo']:.3f} | {difference:+.4f} | {error:.4f} |")
sys.exit(1 if wrong else 0)
