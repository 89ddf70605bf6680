"""Annealed importance sampling by this package and by others, and how long each method takes to an error of 0.1 nat.

    python annealing.py MODEL.h5 --data mnist-binary.h5 --dataset images --program evidence

The same schedule for all: 16 chains an image, T temperatures, 4 leapfrogs a move. PyTorch (eager, and with the log-weight compiled) and
JAX (one jitted scan over temperatures) anneal from the encoder, at the best of several numbers of images in a call; this package
searches for modes first and anneals from them, which is in its time. Times are an image's, without starting and compiling.

Time to an error: the time of an image times (error / 0.1 nat)^2, medians over images. The error of annealing is its standard error.
That of importance sampling is taken as the distance from a reference by long annealing where that is larger, for its own standard
error is too small where k-hat is past its threshold; there the time is a lower limit, for the distance falls more slowly than 1 / sqrt(k).
"""

import argparse
import json
import os
import sys
import tempfile
import time

import h5py
import numpy as np

import measuring
import model_files

IMAGES = [1, 4, 16]
TOOLS = ["torch-eager", "torch-compile", "jax"]
CHAINS, LEAPFROGS, STEP = 16, 4, 0.3


def torch_anneal(model, threads, is_compiled):
    import torch
    from torch_peer import Torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    torch._dynamo.config.recompile_limit = 1000
    peer = Torch(model, threads, compiled=False)
    widths = [conditional[1][0][0].shape[0] for conditional in peer.encoders]

    def value(x, mean, log_variance, noise):
        return peer.log_weights(x, mean, log_variance, list(noise.split(widths, -1)))

    value = torch.compile(value, dynamic=False) if is_compiled else value

    def run(images, temperatures):
        x = torch.from_numpy(images)
        with torch.no_grad():
            mean, log_variance = peer._apply(peer.encoders[0], x)

        def both(u):
            u = u.detach().requires_grad_()
            values = value(x, mean, log_variance, u)
            return values.detach(), torch.autograd.grad(values.sum(), u)[0]

        u = torch.randn(len(x), CHAINS, sum(widths))
        weights = torch.zeros(len(x), CHAINS, dtype=torch.float64)
        f, g = both(u)
        for t in range(1, temperatures + 1):
            weights += f.double() / temperatures
            if t == temperatures:
                break
            beta = t / temperatures
            p = torch.randn_like(u)
            before = beta * f - (u.square() + p.square()).sum(-1) / 2
            v, p = u, p + STEP / 2 * beta * g
            for leapfrog in range(LEAPFROGS):
                c, s = np.cos(STEP), np.sin(STEP)
                v, p = c * v + s * p, c * p - s * v
                h, d = both(v)
                p = p + STEP * beta * (1 if leapfrog < LEAPFROGS - 1 else 0.5) * d
            after = beta * h - (v.square() + p.square()).sum(-1) / 2
            accepted = torch.rand_like(after).log() < after - before
            u, f, g = torch.where(accepted[..., None], v, u), torch.where(accepted, h, f), torch.where(accepted[..., None], d, g)
        return (torch.logsumexp(weights, -1) - np.log(CHAINS)).numpy()

    name = f"PyTorch {torch.__version__.split('+')[0]} {'compiled' if is_compiled else 'eager'}"
    return name, run


def jax_anneal(model):
    import jax
    import jax.numpy as jnp
    from functools import partial
    from jax_peer import Jax

    peer = Jax(model, None)

    one = jax.value_and_grad(peer.log_weight)
    both = jax.vmap(jax.vmap(one, (0, None, None, None)), (0, 0, 0, 0))

    @partial(jax.jit, static_argnums=1)
    def anneal(x, temperatures, key):
        mean, log_variance = peer.encode(x)
        size = sum(c.heads["mean"].weight.shape[1] for c in model.encoders)
        key, start = jax.random.split(key)
        u = jax.random.normal(start, (len(x), CHAINS, size))
        f, g = both(u, x, mean, log_variance)

        def move(state, t):
            u, f, g, weights, key = state
            key, a, b = jax.random.split(key, 3)
            beta = t / temperatures
            weights = weights + f / temperatures
            p = jax.random.normal(a, u.shape)
            before = beta * f - (u**2 + p**2).sum(-1) / 2
            v, p = u, p + STEP / 2 * beta * g
            for leapfrog in range(LEAPFROGS):
                c, s = np.cos(STEP), np.sin(STEP)
                v, p = c * v + s * p, c * p - s * v
                h, d = both(v, x, mean, log_variance)
                p = p + STEP * beta * (1 if leapfrog < LEAPFROGS - 1 else 0.5) * d
            after = beta * h - (v**2 + p**2).sum(-1) / 2
            accepted = jnp.log(jax.random.uniform(b, after.shape)) < after - before
            where = lambda new, old: jnp.where(accepted.reshape(accepted.shape + (1,) * (new.ndim - 2)), new, old)
            return (where(v, u), where(h, f), where(d, g), weights, key), None

        state = (u, f, g, jnp.zeros(f.shape), key)
        state, _ = jax.lax.scan(move, state, jnp.arange(1, temperatures))
        weights = state[3] + state[1] / temperatures
        return jax.nn.logsumexp(weights, -1) - jnp.log(CHAINS)

    run = lambda images, temperatures: np.asarray(anneal(jnp.asarray(images), temperatures, jax.random.PRNGKey(0)))
    return f"JAX {jax.__version__} jit", run


def worker(options):
    model = model_files.read_model(options.model)
    images = model_files.read_examples(options.data, options.dataset, max(options.images)).astype(np.float32)
    if options.worker == "jax":
        name, run = jax_anneal(model)
    else:
        name, run = torch_anneal(model, options.threads, options.worker == "torch-compile")
    best = None
    for count in options.images:
        # The first call compiles.
        run(images[:count], options.temperatures if options.worker == "jax" else 2)
        start = time.perf_counter()
        values = run(images[:count], options.temperatures)
        seconds = (time.perf_counter() - start) / count
        if best is None or seconds < best["seconds"]:
            best = {"images": count, "seconds": seconds}
    print(json.dumps({**best, "name": name, "mean": float(values.mean()), "count": len(values)}))


def ours(options, arguments, count, folder):
    """A run's rows and the seconds an image, by the difference of two numbers of images: what runs once is not in it."""
    seconds, rows = [], None
    for images in [4, 4 + count]:
        results = os.path.join(folder, f"r{len(os.listdir(folder))}.h5")
        command = [
            options.program, "nll", options.model, options.data, "--dataset", options.dataset, "--threads", options.threads,
            "--quiet", "--all-errors", "--examples", f"0..{images}", "--output", results, *arguments]
        _, usage = measuring.run(command, options.threads)
        seconds.append(usage)
        with h5py.File(results) as file:
            rows = {name: file["examples"][name][:] for name in ["log_likelihood", "monte_carlo_standard_error"]}
    return (seconds[1].seconds - seconds[0].seconds) / count, rows, seconds[1].memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--dataset", default="images")
    parser.add_argument("--program", help="evidence, if it is built")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--temperatures", type=int, default=100)
    parser.add_argument("--images", type=int, nargs="+", default=IMAGES, help="images in a call of the others")
    parser.add_argument("--count", type=int, default=32, help="images of ours that are timed")
    parser.add_argument("--plain-milliseconds", type=float, nargs=2, action="append", default=[], metavar=("MS", "K"), help=
                        "another tool's importance sampling, from compare.py: milliseconds an image at K draws")
    parser.add_argument("--worker", choices=TOOLS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker(options)
    options.program = options.program or measuring.evidence_path()
    print(f"{measuring.processor()}; {measuring.wait_until_quiet()}\n")
    T = options.temperatures
    with tempfile.TemporaryDirectory() as folder:
        reference = ours(options, ["--estimator", "annealed", "--temperatures", "400"], options.count, folder)
        truth = reference[1]["log_likelihood"]
        rows, to_error = [], []
        for name, arguments in [
            ("importance-sampling, K = 5000", []), ("laplace, K = 5000", ["--estimator", "laplace"]),
            ("annealed, T = 25", ["--estimator", "annealed", "--temperatures", "25"]),
            (f"annealed, T = {T}", ["--estimator", "annealed", "--temperatures", str(T)]),
            ("annealed, T = 400", None)]:
            seconds, found, memory = reference if arguments is None else ours(options, arguments, options.count, folder)
            error = found["monte_carlo_standard_error"]
            if not name.startswith("annealed"):
                error = np.fmax(error, np.abs(found["log_likelihood"] - truth))
            if name == f"annealed, T = {T}":
                rows.append(["evidence, modes searched", "", f"{1e3 * seconds:.1f}", "1.00", f"{memory >> 20}"])
                own = seconds
            to_error.append([
                f"evidence, {name}", f"{1e3 * seconds:.1f}", f"{np.median(error):.3f}",
                f"{1e3 * np.median(seconds * (error / 0.1) ** 2):.1f}"])
            if name.startswith("importance"):
                for milliseconds, draws in options.plain_milliseconds:
                    scale = milliseconds * 5000 / draws
                    to_error.append([
                        f"another tool at {milliseconds:g} ms for {draws:g} draws", f"{scale:.1f}", f"{np.median(error):.3f}",
                        f"{np.median(scale * (error / 0.1) ** 2):.1f}"])
        for tool in TOOLS:
            output, usage = measuring.run(
                [sys.executable, __file__, options.model, "--data", options.data, "--dataset", options.dataset, "--threads",
                 options.threads, "--temperatures", T, "--worker", tool, "--images", *options.images], options.threads)
            result = json.loads(output)
            rows.append([
                f"{result['name']}, from the encoder", result["images"], f"{1e3 * result['seconds']:.1f}",
                f"{result['seconds'] / own:.2f}", f"{usage.memory >> 20}"])
    print(measuring.markdown_table(["tool", "images in a call", "ms an image", "time to ours", "memory, MB"], rows))
    print()
    print(measuring.markdown_table(["method", "ms an image", "error, nats", "ms to 0.1 nat"], to_error))


if __name__ == "__main__":
    main()
