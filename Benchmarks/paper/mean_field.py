"""How high the effective sample size can get with any encoder of the same form: a mean-field normal for each image alone.

    python mean_field.py MODEL.h5 DATA.h5 --dataset images --examples 20

MODEL is a one-layer model with a normal encoder, tanh networks and Bernoulli logits, DATA binary images. For each image the mean and
the scale of q(z | x) are fitted to the decoder from where the encoder has them, by L_k with doubly reparameterised gradients
(Tucker et al. 2018): what an encoder without limits would give. ESS is of 5,000 draws.
"""

import argparse
import math

import h5py
import numpy
import torch


def dense(group):
    weight = group["weight"][()] if "weight" in group else group["kernel"][()].T
    return torch.from_numpy(weight), torch.from_numpy(group["bias"][()])


def network(trunk, head):
    layers = [dense(trunk[name]) for name in sorted(trunk, key=int)]
    weight, bias = dense(head["0"])

    def run(x):
        for w, b in layers:
            x = torch.tanh(x @ w.T + b)
        return x @ weight.T + bias

    return run


def log_weights(decoder, x, mean, log_scale, noise, is_fixed=False):
    """log p(x, z) - log q(z | x), [draws, images]; `is_fixed`: q's own parameters are constants, its draws are not."""
    z = mean + log_scale.exp() * noise
    if is_fixed:
        mean, log_scale = mean.detach(), log_scale.detach()
    logits = decoder(z)
    log_p = (x * logits - torch.nn.functional.softplus(logits)).sum(-1) - 0.5 * (z**2).sum(-1)
    return log_p + 0.5 * (((z - mean) / log_scale.exp()) ** 2).sum(-1) + log_scale.sum(-1)


def assess(decoder, x, mean, log_scale, draws):
    """L_draws and the effective sample size of each image."""
    with torch.no_grad():
        w = torch.cat([
            log_weights(decoder, x, mean, log_scale, torch.randn(500, *mean.shape)).double() for _ in range(draws // 500)])
    sizes = torch.exp(2 * torch.logsumexp(w, 0) - torch.logsumexp(2 * w, 0))
    return torch.logsumexp(w, 0) - math.log(len(w)), sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--dataset", default="images")
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--samples", type=int, nargs="*", default=[50, 500])
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    torch.manual_seed(0)
    with h5py.File(options.data) as file:
        x = torch.from_numpy(numpy.asarray(file[options.dataset][: options.examples], "f4").reshape(options.examples, -1))
    with h5py.File(options.model) as file:
        encoder, decoder = file["encoder/1"], file["decoder/1"]
        mean, log_variance = (network(encoder["trunk"], encoder[name])(x) for name in ("mean", "log_variance"))
        decoder = network(decoder["trunk"], decoder["logits"])
    start = mean.detach(), log_variance.detach() / 2

    def report(name, mean, log_scale):
        bounds, sizes = assess(decoder, x, mean, log_scale, 5000)
        print(f"| {name} | {bounds.mean():.2f} | {sizes.median():.1f} | {sizes.mean():.1f} |", flush=True)

    print("| q(z \\| x) | L_5000 | ESS, median | mean |\n|---|---:|---:|---:|")
    report("the encoder's", *start)
    for k in options.samples:
        mean, log_scale = (value.clone().requires_grad_() for value in start)
        adam = torch.optim.Adam([mean, log_scale], lr=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, options.steps)
        for _ in range(options.steps):
            w = log_weights(decoder, x, mean, log_scale, torch.randn(k, *mean.shape), is_fixed=True)
            shares = torch.softmax(w.detach(), 0)
            adam.zero_grad()
            (-(shares**2 * w).sum()).backward()
            adam.step()
            schedule.step()
        report(f"fitted to each image, k = {k}", mean.detach(), log_scale.detach())


if __name__ == "__main__":
    main()
