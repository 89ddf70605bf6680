"""Whether a file means what a module of scvi-tools does: log-weights of cells on the module's own draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np

from .densities import log_density
from .stored import StoredModel, text

if TYPE_CHECKING:
    from .scvi import Known


def check(path: str, known: "Known", cells: int, seed: int) -> float:
    """The largest difference of log-weights, relative to the largest log-weight."""
    import torch
    from scvi import REGISTRY_KEYS

    module = known.module
    count = min(cells, known.model.adata.n_obs)
    loader = known.model._make_data_loader(adata=known.model.adata, indices=np.arange(count), batch_size=count)
    tensors = next(iter(loader))
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad():
            torch.manual_seed(seed)
            tensors = {k: v.to(module.device) for k, v in tensors.items()}
            inference, generative = module.forward(tensors, compute_loss=False)
            x = tensors[REGISTRY_KEYS.X_KEY]
            qz, pz = inference["qz"], generative["pz"]
            # In "ln" the module's z is a softmax of what was drawn: the draw itself is made again.
            torch.manual_seed(seed)
            drawn = qz.rsample()
            theirs = generative["px"].log_prob(x).sum(-1) + pz.log_prob(drawn).sum(-1) - qz.log_prob(drawn).sum(-1)
            latents = [drawn]
            if known.has_latent_library:
                ql, pl, library = inference["ql"], generative["pl"], inference["library"]
                theirs = theirs + pl.log_prob(library).sum(-1) - ql.log_prob(library).sum(-1)
                latents.append(library)
    finally:
        module.train(was_training)
    rows = {name: np.asarray(tensor.cpu(), np.float64) for name, tensor in tensors.items()}
    ours = StoredCounts(path, facts(known, rows)).log_weights(
        rows[REGISTRY_KEYS.X_KEY], [np.asarray(z.cpu(), np.float64) for z in latents])
    theirs = np.asarray(theirs.cpu(), np.float64)
    if module.latent_distribution == "ln" and not np.allclose(
            np.asarray(inference["z"].cpu()), np.asarray(torch.softmax(drawn, -1).cpu()), atol=1e-5):
        raise AssertionError("the module's draw could not be made again")
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def facts(known: "Known", rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is known of the cells, by the names in the file."""
    def one_hot(codes, categories):
        return np.eye(len(categories))[codes.reshape(-1).astype(int)]

    found = {known.batch: one_hot(rows["batch"], known.batches), known.label: one_hot(rows["labels"], known.labels)}
    for column, (name, categories) in enumerate(known.categorical):
        found[name] = one_hot(rows["extra_categorical_covs"][:, column], categories)
    for column, name in enumerate(known.continuous):
        found[name] = rows["extra_continuous_covs"][:, column:column + 1]
    if known.size:
        found[known.size] = rows["size_factor"].reshape(-1, 1)
    return found


class StoredCounts:
    """A file that export_scvi wrote, computed in float64."""

    def __init__(self, path: str, facts: dict[str, np.ndarray]):
        self.stored, self.facts = StoredModel(path), facts
        self.stored.facts = facts
        with h5py.File(path) as file:
            self.exposure = text(file["decoder/1"].attrs.get("exposure", ""))
            self.epsilon = float(file["decoder/1"].attrs.get("epsilon", 0))
            by = {}
            file.visititems(lambda name, item: by.update({name: text(item.attrs["by"])}) if "by" in item.attrs else None)
            self.by = by

    def constant(self, path: str, value):
        """A constant, or that of each cell's category."""
        return self.facts[self.by[path]] @ np.asarray(value, np.float64) if path in self.by else value

    def log_weights(self, x: np.ndarray, latents: list[np.ndarray]) -> np.ndarray:
        """log p(x, z) - log q(z | x), with log x!."""
        total = np.zeros(len(x))
        for level, z in enumerate(latents, 1):
            total -= log_density("normal", self.stored.encoder(level, x), z)
        total += -0.5 * (latents[0]**2).sum(1) - 0.5 * np.log(2 * np.pi) * latents[0].shape[1]
        if len(latents) > 1:
            prior = {k: self.constant(f"prior/{k}", v) for k, v in self.stored.prior.items() if k != "distribution"}
            total += log_density("normal", prior, latents[1])
        p = self.stored.decoder(1, np.concatenate(latents, 1))
        p = {k: self.constant(f"decoder/1/{k}", v) for k, v in p.items()}
        name = next(k for k in ("mean", "rate") if k in p)
        if self.exposure:
            p[name] = p[name] * (x.sum(1, keepdims=True) if self.exposure == "total" else self.facts[self.exposure])
        return total + counts(self.stored.distributions["decoder"][0], p, x, self.epsilon)


def counts(family: str, p: dict, x: np.ndarray, epsilon: float) -> np.ndarray:
    """log p(x | parameters) of each cell."""
    from scipy.special import gammaln
    if family == "normal":
        return log_density("normal", p, x)
    if family == "poisson":
        return (x * np.log(np.maximum(p["rate"], 1e-300)) - p["rate"] - gammaln(x + 1)).sum(1)
    mean, r = p["mean"], np.exp(p["log_dispersion"])
    both = np.log(r + mean + epsilon)
    zero = r * (np.log(r + epsilon) - both)
    value = zero + x * (np.log(mean + epsilon) - both) + gammaln(x + r) - gammaln(r) - gammaln(x + 1)
    if family == "negative-binomial":
        return value.sum(1)
    logits = p["dropout_logits"]
    return np.where(x > 0, value - logits - np.logaddexp(0, -logits),
                    np.logaddexp(0, zero - logits) - np.logaddexp(0, -logits)).sum(1)
