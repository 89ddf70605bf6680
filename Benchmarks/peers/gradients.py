"""The log-weight and its gradient by the noise, at many points for one image, by this package and by others.

    python gradients.py MODEL.h5 [MODEL.h5 …] --data mnist-binary.h5 --dataset images

Every tool runs in a process of its own on the same cores: PyTorch eager and compiled, and JAX (jit of vmap of
value_and_grad), each at the best of several numbers of points in a call. The share of the peak counts multiply-adds forward
and back. Weights are constants that nothing is derived by, as in annealing. Times are those of calls: neither starting nor
compiling is in them. The first values are printed too: all tools give the same.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import measuring

POINTS = [16, 32, 64, 128, 256, 512, 1024, 2048]
TOOLS = ["torch-eager", "torch-compile", "jax"]


def torch_function(model, image, is_compiled, threads):
    import torch
    from torch_peer import Torch

    torch.set_num_threads(threads)
    peer = Torch(model, threads, compiled=False)
    x = torch.from_numpy(image)
    with torch.no_grad():
        mean, log_variance = peer._apply(peer.encoders[0], x)

    widths = [conditional[1][0][0].shape[0] for conditional in peer.encoders]

    def value(noise):
        parts = [part[None] for part in noise.split(widths, -1)]
        return peer.log_weights(x, mean, log_variance, parts)[0]

    # An explicit gradient, so that what is compiled holds both ways.
    def both(noise):
        noise = noise.detach().requires_grad_()
        values = value(noise)
        return values.detach(), torch.autograd.grad(values.sum(), noise)[0]

    if is_compiled:
        torch._dynamo.config.recompile_limit = 1000
        compiled = torch.compile(value, dynamic=False)

        def both(noise):
            noise = noise.detach().requires_grad_()
            values = compiled(noise)
            return values.detach(), torch.autograd.grad(values.sum(), noise)[0]

    version = f"PyTorch {torch.__version__.split('+')[0]} {'compiled' if is_compiled else 'eager'}"
    return version, lambda noise: [part.numpy() for part in both(torch.from_numpy(noise))]


def jax_function(model, image):
    import jax
    import jax.numpy as jnp
    from jax_peer import Jax

    peer = Jax(model, None)
    x = jnp.asarray(image)
    mean, log_variance = peer.encode(x)

    def value(noise):
        return peer.log_weight(noise, x[0], mean[0], log_variance[0])

    both = jax.jit(jax.vmap(jax.value_and_grad(value)))
    return f"JAX {jax.__version__} jit", lambda noise: jax.block_until_ready(both(noise))


def worker(options):
    import numpy as np

    import model_files

    model = model_files.read_model(options.models[0])
    image = model_files.read_examples(options.data, options.dataset, 1)
    latents = sum(conditional.heads["mean"].weight.shape[1] for conditional in model.encoders)
    if options.worker == "jax":
        version, both = jax_function(model, image)
    else:
        version, both = torch_function(model, image, options.worker == "torch-compile", options.threads)
    best, first = None, None
    clock = time.process_time if options.processor_time else time.perf_counter
    for points in options.points:
        noise = np.sin(12.9898 * (np.arange(latents * points) + 1)).astype(np.float32).reshape(points, latents)
        result = both(noise)
        if first is None:
            first = float(np.asarray(result[0])[0])
        both(noise)
        times = []
        start = time.perf_counter()
        while time.perf_counter() - start < options.seconds or len(times) < 3:
            before = clock()
            both(noise)
            times.append((clock() - before) / points)
        # The least: other programs only make a call longer.
        seconds = min(times)
        if best is None or seconds < best["seconds"]:
            best = {"points": points, "seconds": seconds}
    print(json.dumps({**best, "version": version, "value": first, "multiplyAdds": model.multiply_adds}))


def ours(options, model):
    package = measuring.HERE.parent
    build = ["swift", "build", "-c", "release", "--product", "Gradients", "--package-path", str(package)]
    if options.program is None:
        subprocess.run(build, check=True, stdout=sys.stderr)
        folder = subprocess.check_output([*build, "--show-bin-path"], text=True).strip()
        options.program = f"{folder}/Gradients"
    output, _ = measuring.run([options.program, model, options.data, options.dataset, options.seconds])
    return [json.loads(line) for line in output.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", required=True)
    parser.add_argument("--dataset", default="images")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1, help="for each number of points")
    parser.add_argument(
        "--processor-time", action="store_true", help="of the other tools, instead of the clock on the wall: for one thread "
        "on a busy machine")
    parser.add_argument("--points", type=int, nargs="+", default=POINTS, help="numbers of points in a call")
    parser.add_argument("--program", help="this package's program Gradients, if it is built")
    parser.add_argument("--worker", choices=TOOLS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker(options)
    print(f"{measuring.processor()}; {measuring.wait_until_quiet()}")
    peak = measuring.fma_peak(options.threads)
    rows = []
    for model in options.models:
        name = os.path.basename(model).removesuffix(".h5")
        timings = [timing for timing in ours(options, model) if timing["threads"] == options.threads]
        best = min(timing["microsecondsPerPoint"] for timing in timings)
        for timing in timings:
            rows.append([
                name, "evidence", timing["lanes"], f"{timing['microsecondsPerPoint']:.2f}",
                f"{100 * timing['shareOfPeak']:.0f} %", f"{timing['microsecondsPerPoint'] / best:.2f}", ""])
        for tool in TOOLS:
            output, _ = measuring.run(
                [sys.executable, __file__, model, "--data", options.data, "--dataset", options.dataset, "--threads",
                 options.threads, "--seconds", options.seconds, "--worker", tool, "--points", *options.points,
                 *(["--processor-time"] if options.processor_time else [])], options.threads)
            result = json.loads(output)
            rate = 4 * result["multiplyAdds"] / result["seconds"]
            rows.append([
                name, result["version"], result["points"], f"{1e6 * result['seconds']:.2f}",
                f"{100 * rate / peak:.0f} %", f"{1e6 * result['seconds'] / best:.2f}", f"{result['value']:.3f}"])
    print(measuring.markdown_table(
        ["model", "tool", "points in a call", "µs a point", "share of peak", "time to ours", "first value"], rows, left=2))


if __name__ == "__main__":
    main()
