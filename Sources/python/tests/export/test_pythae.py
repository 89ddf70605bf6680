"""pythae's models, given as they are: the file's log-weights are those of pythae's own encoder, flow, decoder and prior."""

import by_evidence
import numpy as np
import pytest

torch = pytest.importorskip("torch")
models = pytest.importorskip("pythae.models")
from evidence.export import ExportError, StoredModel, export_torch  # noqa: E402
from evidence.export.densities import log_weights  # noqa: E402
from styles import settled  # noqa: E402

ROWS, SHAPE, LATENTS = 4, (1, 4, 4), 3
torch.set_num_threads(1)


def made(name, loss="mse", **options):
    configuration = getattr(models, name + ("_Config" if "_" in name else "Config"))(
        input_dim=SHAPE, latent_dim=LATENTS, reconstruction_loss=loss, **options)
    torch.manual_seed(2)
    model = getattr(models, name)(configuration)
    masks = {key: value.clone() for key, value in model.state_dict().items() if key.endswith("mask")}
    settled(model).load_state_dict(masks, strict=False)
    return model


def flow_of(model):
    """z of the encoder's sample, and the log-determinant, as pythae's forward() has them."""
    def flow(z):
        if hasattr(model, "iaf_flow"):
            output = model.iaf_flow.inverse(z)
            return output.out, output.log_abs_det_jac
        determinant = torch.zeros(len(z), dtype=z.dtype)
        for step in getattr(model, "net", ()):
            output = step(z)
            z, determinant = output.out, determinant + output.log_abs_det_jac
        return z, determinant
    return flow


def by_pythae(model, x, e):
    """log p(x, z) - log q(z|x), as pythae's loss_function puts it together; both densities of z without their constant."""
    output = model.encoder(x)
    mean, log_variance = output.embedding, output.log_covariance
    z0 = mean + torch.exp(0.5 * log_variance) * e
    z, determinant = flow_of(model)(z0)
    recon = model.decoder(z)["reconstruction"].reshape(len(x), -1)
    flat = x.reshape(len(x), -1)
    if model.model_config.reconstruction_loss == "mse":
        log_p_x = torch.distributions.Normal(recon, 1.0).log_prob(flat).sum(1)
    else:
        log_p_x = -torch.nn.functional.binary_cross_entropy(recon, flat, reduction="none").sum(1)
    log_p_z = model._log_p_z(z) if hasattr(model, "_log_p_z") else (-0.5 * z**2).sum(1)
    log_q = (-0.5 * (log_variance + (z0 - mean) ** 2 / log_variance.exp())).sum(1) - determinant
    return log_p_x + log_p_z - log_q


CASES = {
    "VAE": ("VAE", "mse", {}), "VAE, cross-entropy": ("VAE", "bce", {}), "BetaVAE": ("BetaVAE", "bce", {}),
    "IWAE": ("IWAE", "bce", {"number_samples": 3}), "VAMP": ("VAMP", "bce", {"number_components": 5}),
    "VAE_IAF of 2 blocks": ("VAE_IAF", "bce", {"n_made_blocks": 2}),
    "VAE_IAF of 3 blocks": ("VAE_IAF", "mse", {"n_made_blocks": 3}),
    "VAE_LinNF": ("VAE_LinNF", "bce", {"flows": ["Planar", "Planar"]}),
}


@pytest.mark.parametrize("name, loss, options", CASES.values(), ids=CASES)
def test_the_model_as_it_is(name, loss, options, tmp_path):
    model = made(name, loss, **options)
    random = np.random.default_rng(0)
    x = np.float32(random.uniform(size=(ROWS, *SHAPE)) < 0.4)
    path = str(tmp_path / "model.h5")
    export_torch(path, model, torch.as_tensor(x), quiet=True)
    # pythae adds 1e-4 to the determinant of a planar flow.
    tolerance = 1e-3 if name == "VAE_LinNF" else 2e-5

    def theirs(x, e):
        with torch.no_grad():
            return by_pythae(model, torch.as_tensor(np.float32(x)), torch.as_tensor(np.float32(e))).numpy()
    e = random.standard_normal((ROWS, LATENTS))
    np.testing.assert_allclose(log_weights(StoredModel(path), x, [e])[0], theirs(x, e), rtol=tolerance, atol=tolerance)
    by_evidence.check(path, x, np.array([theirs(x, random.standard_normal((ROWS, LATENTS))) for _ in range(by_evidence.DRAWS)]))


def test_a_radial_flow_is_refused(tmp_path):
    with pytest.raises(ExportError, match="no radial"):
        export_torch(tmp_path / "model.h5", made("VAE_LinNF", flows=["Radial"]), torch.rand(ROWS, *SHAPE), quiet=True)
    assert not list(tmp_path.iterdir())
