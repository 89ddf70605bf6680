"""What holds of every export: the module is left as it was, files are equal, arguments are checked."""

import hashlib

import h5py
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from evidence.export import Conditional, ExportError, StoredModel, export_torch  # noqa: E402
from evidence.export.densities import log_weights  # noqa: E402
from test_torch_layers import OUTPUTS, mlp_decoder, mlp_encoder  # noqa: E402


def test_the_module_is_left_as_it_was(tmp_path):
    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.norm, self.b, self.d = nn.Linear(12, 6), nn.BatchNorm1d(6), nn.Linear(6, 4), nn.Linear(2, 12)
            self.seen = None

        def forward(self, x):
            self.seen = x
            self.steps = getattr(self, "steps", 0) + 1
            mean, lv = self.b(self.norm(self.a(x))).chunk(2, 1)
            return torch.sigmoid(self.d(mean + torch.exp(lv / 2) * torch.randn_like(lv)))
    vae = VAE().train()
    vae.norm.eval()
    before = {k: v.clone() for k, v in vae.state_dict().items()}
    attributes = set(vars(vae))
    export_torch(tmp_path / "m.h5", vae, torch.rand(5, 12), quiet=True)
    assert vae.training and not vae.norm.training and vae.seen is None and set(vars(vae)) == attributes
    assert all(torch.equal(v, before[k]) for k, v in vae.state_dict().items())
    assert vae.a.weight.requires_grad


def test_equal_models_give_equal_bytes(tmp_path):
    encoder, decoder = mlp_encoder(), mlp_decoder()
    digests = []
    for name in ("a.h5", "b.h5"):
        export_torch(tmp_path / name, encoder, decoder, 12, **OUTPUTS)
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1]


def test_what_is_stored(tmp_path):
    path = tmp_path / "m.h5"
    result = export_torch(path, mlp_encoder(), mlp_decoder(), (12,), divide_by=255, binarize="bernoulli", name="plain",
                          license="MIT", **OUTPUTS)
    with h5py.File(path) as file:
        assert file.attrs["format"] == "evidence-model" and file.attrs["version"] == 1
        assert file.attrs["verification_error"] == result[0]
        assert file.attrs["verification_elbo"] == result.elbo
        assert abs(file.attrs["verification_elbo_of_file"] - result.elbo) < 1e-4
        assert file.attrs["verified_against"].startswith("torch ")
        assert dict(file["input"].attrs)["divide_by"] == 255
        assert file["encoder/1/trunk/0/weight"].shape == (8, 12)
        assert file["encoder/1/trunk/0"].attrs["activation"] == "tanh"
        assert list(file["decoder/1"]) == ["logits"]


def test_the_lowest_version_that_holds_the_model(tmp_path):
    path = tmp_path / "m.h5"
    export_torch(path, nn.Sequential(nn.Linear(12, 4), nn.Mish(), mlp_encoder(4)), mlp_decoder(), (12,), **OUTPUTS)
    with h5py.File(path) as file:
        assert file.attrs["version"] == 2


class TopDown(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.m, self.s = nn.Linear(12, 5), nn.Linear(2, 5), nn.Linear(5, 3), nn.Linear(5, 3)

    def forward(self, x, z2):
        h = torch.tanh(self.a(x) + self.b(z2))
        return self.m(h), self.s(h)


def test_stochastic_layers_and_given(tmp_path):
    path = tmp_path / "model.h5"
    names = ("mean", "log_variance")
    export_torch(
        path, [Conditional(TopDown(), given=[0, 2], outputs=names), Conditional(mlp_encoder(12, 2), given=[0], outputs=names)],
        [Conditional(lambda z1, z2: mlp(torch.cat([z1, z2], 1)), given=[1, 2]),
         Conditional(mlp_encoder(2, 3), outputs=names)], (12,), likelihood="bernoulli",
        prior={"distribution": "normal", "mean": np.zeros(2), "log_variance": np.ones(2)}, quiet=True)
    with h5py.File(path) as file:
        assert list(file["encoder/1"].attrs["given"]) == [0, 2]
        assert "given" not in file["decoder/2"].attrs
        assert file["prior"].attrs["distribution"] == "normal"


mlp = mlp_decoder(5, 12)


def test_flows(tmp_path):
    """Planar and coupling steps: log q by the framework's own Jacobian."""
    path = tmp_path / "model.h5"
    shift, scale = nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    u, w, b = torch.tensor([0.3, 0.1, -0.2]), torch.tensor([0.5, -0.4, 0.2]), torch.tensor(0.1)
    mask = torch.tensor([1.0, 0.0, 1.0])
    encoder, decoder = mlp_encoder(), mlp_decoder()
    export_torch(path, encoder, decoder, (12,), flow=[
        {"flow": "planar", "u": u, "w": w, "b": b},
        {"flow": "affine-coupling", "mask": mask, "shift": shift, "log_scale": scale}], **OUTPUTS)
    x = torch.bernoulli(torch.full((2, 12), 0.5))
    e = torch.randn(2, 3)

    def transform(z):
        z = z + u * torch.tanh(z @ w + b)
        return mask * z + (1 - mask) * (z * torch.exp(scale(mask * z)) + shift(mask * z))
    mean, lv = encoder(x)
    for i in range(2):
        z0 = (mean + torch.exp(lv / 2) * e)[i]
        z = transform(z0)
        jacobian = torch.autograd.functional.jacobian(transform, z0)
        normal = torch.distributions.Normal
        log_q = normal(mean[i], torch.exp(lv / 2)[i]).log_prob(z0).sum() - torch.log(torch.abs(torch.det(jacobian)))
        log_p = torch.distributions.Bernoulli(logits=decoder(z)).log_prob(x[i]).sum() + normal(0.0, 1.0).log_prob(z).sum()
        ours = log_weights(StoredModel(path), x[i:i + 1].double().numpy(), [e[i:i + 1].double().numpy()])[0][0]
        assert abs(ours - float((log_p - log_q).detach())) < 1e-4


def test_vamp_prior(tmp_path):
    path = tmp_path / "model.h5"
    inputs = nn.Linear(4, 12)
    export_torch(path, mlp_encoder(), mlp_decoder(), (12,), **OUTPUTS,
                 prior={"distribution": "vamp", "pseudo_inputs": torch.sigmoid(inputs(torch.eye(4)))})
    with h5py.File(path) as file:
        assert file["prior/pseudo_inputs"].shape == (4, 12)


@pytest.mark.parametrize("options, words", [
    (dict(likelihood="poisson", decoder_outputs="lograte"), "exactly one of log_rate, rate"),
    (dict(likelihood="poisson"), "may be negative.*log_rate"),
    (dict(likelihood="gauss"), "no distribution 'gauss'"),
    (dict(decoder_outputs="probabilities"), "are these logits"),
    (dict(likelihood="normal"), "Say scale="),
    (dict(likelihood="normal", scale=0.0), "has to be positive"),
    (dict(encoder_outputs=("mean", "scale")), "is this its logarithm"),
    (dict(prior={"distribution": "normal", "mean": np.zeros(5), "scale": np.ones(5)}), "prior: mean"),
])
def test_wrong_names(tmp_path, options, words):
    with pytest.raises(ExportError, match=f"(?s){words}"):
        export_torch(tmp_path / "m.h5", mlp_encoder(), mlp_decoder(), (12,), **(OUTPUTS | options))
    assert not list(tmp_path.iterdir())


def test_a_flow_without_an_order(tmp_path):
    """The command refuses such a file; so it is not written."""
    networks = {"shift": nn.Linear(3, 3), "log_scale": nn.Linear(3, 3)}
    with pytest.raises(ExportError, match="autoregressive in no order"):
        export_torch(tmp_path / "m.h5", mlp_encoder(), mlp_decoder(), (12,),
                     flow=[{"flow": "inverse-autoregressive", **networks}], **OUTPUTS)
    assert not list(tmp_path.iterdir())


def test_a_prior_or_a_flow_that_forward_does_not_say(tmp_path):
    class VAE(nn.Module):
        def __init__(self, name):
            super().__init__()
            self.e, self.d = nn.Linear(12, 4), nn.Linear(2, 12)
            setattr(self, name, nn.Linear(2, 2))

        def forward(self, x):
            mean, lv = self.e(x).chunk(2, 1)
            return torch.sigmoid(self.d(mean + torch.exp(lv / 2) * torch.randn_like(lv)))
    for name, words in (("vamp_prior", "prior"), ("flow", "flow")):
        with pytest.raises(ExportError, match=words):
            export_torch(tmp_path / "m.h5", VAE(name), torch.rand(3, 12), quiet=True)
    export_torch(tmp_path / "m.h5", VAE("flow"), torch.rand(3, 12), flow=(), quiet=True)


def test_what_the_code_samples_overrules_what_is_said(tmp_path):
    encoder = mlp_encoder()

    def encode(x):
        mean, s = encoder(x)
        return mean, s, mean + torch.exp(s) * torch.randn_like(s)
    with pytest.raises(ExportError, match="own sampling code draws with a scale"):
        export_torch(tmp_path / "m.h5", encode, mlp_decoder(), (12,), quiet=True,
                     encoder_outputs=("mean", "log_variance", None))
    export_torch(tmp_path / "m.h5", encode, mlp_decoder(), (12,), quiet=True, encoder_outputs=("mean", "log_scale", None))
