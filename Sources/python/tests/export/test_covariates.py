"""Conditional models: encoder(x, y) and decoder(z, y), whose labels are covariates in the file."""

import by_evidence
import h5py
import json
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from evidence.export import ExportError, export_torch  # noqa: E402

PIXELS, LATENTS, LABELS = 12, 3, 4


class CVAE(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.fc1, self.mu, self.lv = nn.Linear(PIXELS + LABELS, 16), nn.Linear(16, LATENTS), nn.Linear(16, LATENTS)
        self.fc3, self.fc4 = nn.Linear(LATENTS + LABELS, 16), nn.Linear(16, PIXELS)

    def encode(self, x, y):
        h = torch.relu(self.fc1(torch.cat([x, y], 1)))
        return self.mu(h), self.lv(h)

    def decode(self, z, y):
        return torch.sigmoid(self.fc4(torch.relu(self.fc3(torch.cat([z, y], 1)))))


def batch(count=20):
    generator = torch.Generator().manual_seed(1)
    x = (torch.rand(count, PIXELS, generator=generator) > 0.5).float()
    return x, nn.functional.one_hot(torch.arange(count) % LABELS, LABELS).float()


def export(path, vae, x, y, **options):
    return export_torch(path, vae.encode, vae.decode, example=(x, y), encoder_outputs=("mean", "log_variance"),
                        prior="standard-normal", quiet=True, **options)


def test_labels_become_a_covariate(tmp_path):
    vae, (x, y) = CVAE(), batch()
    path = str(tmp_path / "cvae.h5")
    # The exporter compares log-weights of the module and of the file at the example's own labels.
    assert export(path, vae, x, y, covariates={"label": ["a", "b", "c", "d"]}).log_weight_error < 1e-4
    with h5py.File(path) as file:
        assert file.attrs["version"] == 2
        assert list(file["covariates/label/categories"].asstr()) == ["a", "b", "c", "d"]
        # The label is joined to the first layer, which has its columns behind the others.
        for side, inputs in (("encoder", PIXELS), ("decoder", LATENTS)):
            assert list(file[f"{side}/1"].attrs["covariates"]) == ["label"]
        assert file["encoder/1/trunk/0/weight"].shape == (16, PIXELS + LABELS)
        assert file["decoder/1/logits/0/weight"].shape == (16, LATENTS + LABELS)


def test_the_command_gives_log_p_of_x_given_the_label(tmp_path):
    if by_evidence.COMMAND is None:
        pytest.skip("the command is not built")
    vae, (x, y) = CVAE(), batch()
    path, data = str(tmp_path / "cvae.h5"), str(tmp_path / "data.h5")
    export(path, vae, x, y, covariates="label")
    with h5py.File(data, "w") as file:
        file["x"], file["label"] = x.numpy(), y.argmax(1).numpy()
    result = json.loads(by_evidence.run("nll", path, data, "--samples", "4000", "--format", "json", "--threads", "1"))
    assert result["model"]["density"] == "p(x | label)"
    with torch.no_grad():
        (mean, log_variance), e = vae.encode(x, y), torch.randn(4000, len(x), LATENTS)
        z = mean + torch.exp(log_variance / 2) * e
        p = vae.decode(z.reshape(-1, LATENTS), y.repeat(4000, 1)).reshape(4000, len(x), PIXELS)
        log_x = torch.distributions.Bernoulli(p).log_prob(x).sum(-1)
        weights = log_x + (0.5 * e**2 - 0.5 * z**2 + log_variance / 2).sum(-1)
        expected = torch.logsumexp(weights, 0) - np.log(4000)
    # Two estimates by 4,000 draws each, of weights that vary little.
    spread = (weights - expected).exp().std(0).numpy() * np.sqrt(2 / 4000)
    assert abs(result["logLikelihood"]["mean"] - expected.mean().item()) < 5 * np.sqrt((spread**2).mean() / len(x))


def test_numbers_are_a_continuous_covariate(tmp_path):
    vae, (x, _) = CVAE(), batch()
    path = str(tmp_path / "cvae.h5")
    export(path, vae, x, torch.randn(20, LABELS), covariates={"place": None})
    with h5py.File(path) as file:
        assert file["covariates/place"].attrs["kind"] == "continuous"
        assert file["covariates/place"].attrs["size"] == LABELS


def test_what_does_not_fit_is_said(tmp_path):
    vae, (x, y) = CVAE(), batch()
    path = tmp_path / "cvae.h5"
    with pytest.raises(ExportError, match="differs between the examples.*covariates="):
        export(path, vae, x, y)
    with pytest.raises(ExportError, match="names 2, and the example has 1"):
        export(path, vae, x, y, covariates=("label", "age"))
    with pytest.raises(ExportError, match="3 categories, for one-hot rows of 4"):
        export(path, vae, x, y, covariates={"label": ["a", "b", "c"]})
    with pytest.raises(ExportError, match="codes of categories; give them one-hot"):
        export(path, vae, x, y.argmax(1), covariates="label")
    assert not path.exists()
