"""How often do the intervals of `laplace`, `annealed` and `ladder` hold the truth?

    python calibration.py EVIDENCE --repeats 1000

Small models whose log p(x) is known by quadrature in float64, with encoders that are wrong on purpose: too narrow, too wide, off,
and blind to a second mode. One example is evaluated many times, each time by other random numbers: the copies are a dataset. Prints
how many of the intervals L ± 1.96 Monte Carlo standard errors hold log p(x), and the mean error. Needs numpy and h5py.
"""

import argparse
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np


class Model:
    """z of `latents` units, N(0, I); x of binary pixels with logits W tanh(A z + b) + c; q(z) = N(mean, scale^2) for every x."""

    def __init__(self, latents, pixels, gain, mean, scale, seed, even=False):
        random = np.random.default_rng(seed)
        self.a = (gain * random.standard_normal((6, latents))).astype(np.float32)
        self.b = random.standard_normal(6).astype(np.float32)
        self.w = (gain * random.standard_normal((pixels, 6))).astype(np.float32)
        self.c = random.standard_normal(pixels).astype(np.float32)
        if even:
            # Logits that are even in the first latent: two modes, at z and at -z.
            self.a[3:] = self.a[:3] * np.where(np.arange(latents) == 0, -1, 1)
            self.b[3:] = self.b[:3]
            self.w[:, 3:] = self.w[:, :3]
        self.mean = np.full(latents, mean, np.float32)
        self.scale = np.full(latents, scale, np.float32)
        logits = self.w @ np.tanh(self.a @ np.full(latents, 1.2) + self.b) + self.c
        self.x = (logits > 0).astype(np.uint8)

    def truth(self):
        """log p(x) by the trapezoidal rule, whose error on so smooth an integrand is below 1e-9."""
        grid = np.linspace(-9, 9, 1801 if len(self.mean) == 1 else 721)
        z = np.stack(np.meshgrid(*[grid] * len(self.mean), indexing="ij"), -1).reshape(-1, len(self.mean))
        logits = np.tanh(z @ self.a.T.astype(float) + self.b) @ self.w.T.astype(float) + self.c
        terms = (self.x * logits - np.logaddexp(0, logits)).sum(-1) - (z**2 + np.log(2 * np.pi)).sum(-1) / 2
        most = terms.max()
        return most + np.log(np.exp(terms - most).sum()) + len(self.mean) * np.log(grid[1] - grid[0])

    def write(self, path):
        def dense(group, weight, bias, activation):
            group.attrs["layer"] = "dense"
            group.attrs["activation"] = activation
            group["weight"], group["bias"] = weight, bias

        with h5py.File(path, "w") as file:
            file.attrs["format"], file.attrs["version"] = "evidence-model", 1
            file.create_group("input").attrs["shape"] = [len(self.x)]
            encoder, decoder = file.create_group("encoder/1"), file.create_group("decoder/1")
            encoder.attrs["distribution"], encoder.attrs["given"] = "normal", [0]
            encoder["mean"], encoder["scale"] = self.mean, self.scale
            decoder.attrs["distribution"], decoder.attrs["given"] = "bernoulli", [1]
            dense(decoder.create_group("trunk/0"), self.a, self.b, "tanh")
            dense(decoder.create_group("logits/0"), self.w, self.c, "identity")


MODELS = {
    "one latent, encoder half as wide and 1.5 off": Model(1, 8, 1.5, -0.5, 0.4, 1),
    "two latents, encoder half as wide and off": Model(2, 12, 1.0, -0.5, 0.4, 2),
    "two latents, encoder twice too wide": Model(2, 12, 1.0, 0.8, 2.0, 3),
    "two modes, encoder sees one": Model(2, 12, 1.5, 1.2, 0.4, 4, even=True),
}
METHODS = {
    "importance-sampling, K = 1000": ["--samples", "1000"],
    "laplace, K = 1000": ["--estimator", "laplace", "--samples", "1000"],
    "annealed, T = 3": ["--estimator", "annealed", "--temperatures", "3"],
    "annealed, T = 25": ["--estimator", "annealed", "--temperatures", "25"],
    "ladder, K = 1000, T = 25": ["--estimator", "ladder", "--samples", "1000", "--temperatures", "25"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evidence")
    parser.add_argument("--repeats", type=int, default=1000)
    options = parser.parse_args()
    print("| model | estimator | coverage of ±1.96 s.e. | median s.e., nats | mean error, nats | mean of p̂/p − 1 |")
    print("|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for number, (name, model) in enumerate(MODELS.items()):
            model.write(folder / "model.h5")
            with h5py.File(folder / "data.h5", "w") as file:
                file["x"] = np.tile(model.x, (options.repeats, 1))
            truth = model.truth()
            for method, arguments in METHODS.items():
                results = folder / f"{number}-{method}.h5"
                subprocess.run(
                    [options.evidence, "nll", folder / "model.h5", folder / "data.h5", *arguments, "--all-errors", "--quiet",
                     "--output", results], check=True, stdout=subprocess.DEVNULL)
                with h5py.File(results) as file:
                    errors = file["examples/log_likelihood"][:] - truth
                    widths = file["examples/monte_carlo_standard_error"][:]
                covered = 100 * np.mean(np.abs(errors) <= 1.96 * widths)
                ratios = np.exp(errors) - 1
                print(
                    f"| {name} | {method} | {covered:.1f} % | {np.median(widths):.4f} | {errors.mean():+.4f} | "
                    f"{ratios.mean():+.4f} ± {ratios.std() / len(ratios) ** 0.5:.4f} |", flush=True)


if __name__ == "__main__":
    main()
