"""PyTorch models through export_torch. The exporter compares each file with the module; a pass is a file."""

import h5py
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from evidence_export import Conditional, ExportError, StoredModel, export_torch  # noqa: E402

torch.manual_seed(0)
torch.set_num_threads(1)


def heads(inputs, outputs=6):
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean = nn.Linear(inputs, outputs)
            self.log_variance = nn.Linear(inputs, outputs)

        def forward(self, h):
            return self.mean(h), self.log_variance(h)
    return Heads()


def mlp_encoder(inputs=12, latents=3):
    return nn.Sequential(nn.Linear(inputs, 8), nn.Tanh(), heads(8, latents))


def mlp_decoder(latents=3, outputs=12):
    return nn.Sequential(nn.Linear(latents, 8), nn.Tanh(), nn.Linear(8, outputs))


def layers_of(path, stack):
    with h5py.File(path) as file:
        return [file[stack][str(i)].attrs["layer"] for i in range(len(file[stack]))]


def randomize(module):
    """Weights and moments away from what they start at."""
    for m in module.modules():
        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(m.running_mean)
            nn.init.uniform_(m.running_var, 0.5, 2)
        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)) and m.weight is not None:
            nn.init.normal_(m.weight, 1, 0.3)
            nn.init.normal_(m.bias)
    return module


def network_roundtrip(tmp_path, body, shape, latents=3):
    """Exports `body` as the trunk of an encoder and as the decoder's end, and returns the path."""
    path = tmp_path / "model.h5"
    randomize(body)
    with torch.no_grad():
        out = body.eval()(torch.rand(2, *shape)).shape[1:]
    encoder = nn.Sequential(body, nn.Flatten(), heads(int(np.prod(out)), latents))
    decoder = nn.Sequential(nn.Linear(latents, int(np.prod(shape))), nn.Unflatten(1, shape), body)
    export_torch(path, encoder, mlp_decoder(latents, int(np.prod(shape))), shape, tolerance=1e-5)
    export_torch(path, encoder, decoder, shape, likelihood="poisson", decoder_outputs="log_rate", tolerance=1e-5)
    return path


def test_plain_model(tmp_path):
    path = tmp_path / "model.h5"
    encoder, decoder = mlp_encoder(), mlp_decoder()
    encoder.train()
    error, relative = export_torch(
        path, encoder, decoder, (12,), divide_by=255, binarize="bernoulli", name="plain", license="MIT")
    assert relative < 1e-5 and encoder.training and encoder[0].training
    with h5py.File(path) as file:
        assert file.attrs["format"] == "evidence-model" and file.attrs["version"] == 1
        assert file.attrs["verification_error"] == error
        assert file.attrs["verified_against"].startswith("torch ")
        assert dict(file["input"].attrs)["divide_by"] == 255
        assert file["encoder/1"].attrs["distribution"] == "normal"
        assert file["encoder/1/trunk/0/weight"].shape == (8, 12)
        assert file["encoder/1/trunk/0"].attrs["activation"] == "tanh"
        assert file["encoder/1/mean/0/weight"].shape == (3, 8)
        assert list(file["decoder/1"]) == ["logits"]


def test_sigmoid_is_probabilities_and_kept_last(tmp_path):
    path = tmp_path / "model.h5"
    decoder = nn.Sequential(mlp_decoder(), nn.Sigmoid(), nn.Unflatten(1, (1, 3, 4)))
    export_torch(path, nn.Sequential(nn.Flatten(), mlp_encoder()), decoder, (1, 3, 4))
    with h5py.File(path) as file:
        assert file["decoder/1/probabilities/1"].attrs["activation"] == "sigmoid"
    assert layers_of(path, "decoder/1/probabilities") == ["dense", "dense"]


class Interleaved(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.first, self.last, self.how = nn.Linear(12, 8), nn.Linear(8, 6), how

    def forward(self, x):
        h = self.last(torch.relu(self.first(x)))
        if self.how == "unbind":
            return h.view(-1, 3, 2).unbind(-1)
        if self.how == "chunk":
            return h.chunk(2, dim=1)
        if self.how == "split":
            mean, log_variance = torch.split(h, 3, dim=-1)
            return mean, log_variance
        if self.how == "slice":
            return h[:, :3], h[:, 3:]
        if self.how == "clamped":
            mean, log_variance = h.chunk(2, -1)
            return mean, log_variance.clamp(-0.1, 0.1)
        if self.how == "normalised":
            return F.layer_norm(h, (6,)).chunk(2, -1)
        return h


@pytest.mark.parametrize("how", ["unbind", "chunk", "split", "slice", "clamped", "normalised"])
def test_heads_cut_from_one_output(tmp_path, how):
    path = tmp_path / "model.h5"
    export_torch(path, Interleaved(how), mlp_decoder(), (12,))
    if how in ("unbind", "chunk", "split", "slice", "clamped"):     # rows of the last layer, nothing else
        with h5py.File(path) as file:
            assert list(file["encoder/1/log_variance"]) == ["0"]
            assert file["encoder/1/log_variance/0/weight"].shape == (3, 8)
            if how == "clamped":
                assert file["encoder/1/log_variance/0"].attrs["activation"] == "hard-tanh"


@pytest.mark.parametrize("split", ["halves", "interleaved"])
def test_split_of_one_output(tmp_path, split):
    path = tmp_path / "model.h5"
    encoder = Interleaved("whole")
    export_torch(path, encoder, mlp_decoder(), (12,), split=split)
    x = torch.rand(4, 12)
    mean = StoredModel(path).encoder(1, x.numpy())["mean"]
    whole = encoder(x).detach().numpy()
    expected = whole[:, :3] if split == "halves" else whole[:, ::2]
    np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-6)


class VAE(nn.Module):
    """As people write it: methods, functional calls, sampling in forward, three outputs."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(12, 8), nn.Linear(8, 3), nn.Linear(8, 3)
        self.fc3, self.fc4 = nn.Linear(3, 8), nn.Linear(8, 12)

    def encode(self, x):
        h = F.relu(self.fc1(x.view(x.size(0), -1)))
        return self.fc21(h), self.fc22(h)

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))).view(-1, 1, 3, 4)

    def sampling_encoder(self, x):
        mean, log_variance = self.encode(x)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return {"z": z, "mu": mean, "logvar": log_variance}

    def forward(self, x):
        return self.decode(self.sampling_encoder(x)["z"])


def test_methods_of_a_module(tmp_path):
    vae = VAE()
    export_torch(tmp_path / "a.h5", vae.encode, vae.decode, (1, 3, 4))
    export_torch(tmp_path / "b.h5", vae.sampling_encoder, lambda z: vae.decode(z), (1, 3, 4),
                 encoder_outputs={"mean": "mu", "log_variance": "logvar"})
    export_torch(tmp_path / "c.h5", lambda x: tuple(vae.sampling_encoder(x).values()), vae.decode, (1, 3, 4),
                 encoder_outputs=(None, "mean", "log_variance"))
    with h5py.File(tmp_path / "a.h5") as a, h5py.File(tmp_path / "c.h5") as c:
        assert list(a["encoder/1"]) == ["log_variance", "mean", "trunk"] == list(c["encoder/1"])
        assert np.array_equal(a["encoder/1/mean/0/weight"], c["encoder/1/mean/0/weight"])
        assert a["encoder/1/mean/0"].attrs["name"] == "fc21"


def test_heads_as_modules(tmp_path):
    trunk = nn.Sequential(nn.Linear(12, 8), nn.ReLU())
    export_torch(tmp_path / "m.h5", trunk, mlp_decoder(), (12,), mean=nn.Linear(8, 3),
                 log_scale=nn.Sequential(nn.Linear(8, 3), nn.Hardtanh(-4, 4)))
    with h5py.File(tmp_path / "m.h5") as file:
        assert list(file["encoder/1"]) == ["log_scale", "mean", "trunk"]
        assert file["encoder/1/log_scale/0"].attrs["min"] == -4


def test_stochastic_layers_and_given(tmp_path):
    class TopDown(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.out = nn.Linear(12, 5), nn.Linear(2, 5), heads(5, 3)

        def forward(self, x, z2):
            return self.out(torch.tanh(self.a(x) + self.b(z2)))

    path = tmp_path / "model.h5"
    export_torch(
        path, [Conditional(TopDown(), given=[0, 2]), Conditional(mlp_encoder(12, 2), given=[0])],
        [Conditional(nn.Sequential(nn.Linear(5, 12)), given=[1, 2]), nn.Sequential(nn.Linear(2, 4), heads(4, 3))],
        (12,), likelihood="bernoulli",
        prior={"distribution": "normal", "mean": np.zeros(2), "log_variance": np.ones(2)})
    with h5py.File(path) as file:
        assert list(file["encoder/1"].attrs["given"]) == [0, 2]
        assert "given" not in file["decoder/2"].attrs
        assert file["prior"].attrs["distribution"] == "normal"
    export_torch(path, [mlp_encoder(12, 4), mlp_encoder(4, 2)],
                 [mlp_decoder(4, 12), nn.Sequential(nn.Linear(2, 6), heads(6, 4))], (12,))


def test_constants_and_distributions(tmp_path):
    export_torch(tmp_path / "a.h5", mlp_encoder(), Conditional(
        mlp_decoder(), "normal", outputs="mean", constants={"scale": 0.5}), (12,))
    class Count(nn.Module):
        def __init__(self):
            super().__init__()
            self.trunk, self.mean, self.drop = mlp_decoder(3, 8), nn.Linear(8, 12), nn.Linear(8, 12)

        def forward(self, z):
            h = self.trunk(z)
            return F.softplus(self.mean(h)) + 1e-6, self.drop(h)

    export_torch(tmp_path / "b.h5", mlp_encoder(), Conditional(
        Count(), outputs=("mean", "dropout_logits"), constants={"log_dispersion": np.zeros(12)}), (12,),
        likelihood="zero-inflated-negative-binomial")
    with h5py.File(tmp_path / "b.h5") as file:
        assert file["decoder/1/log_dispersion"].shape == (12,)


class Block(nn.Module):
    def __init__(self, channels, strided=False):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, 2 if strided else 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1)
        self.down = nn.Conv2d(channels, channels, 1, 2) if strided else None

    def forward(self, x):
        h = self.conv2(F.leaky_relu(self.norm(self.conv1(x)), 0.2))
        return F.relu(h + (x if self.down is None else self.down(x)))


class Joined(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(2, 3, 1), nn.Conv2d(2, 4, 3, padding=1)

    def forward(self, x):
        x = torch.cat([self.a(x), x, F.silu(self.b(x))], dim=1)
        return x - 2 * x.flip(1) / 3


def move(function):
    class Move(nn.Module):
        def forward(self, x):
            return function(x)
    return Move()


IMAGE = (2, 6, 5)
BODIES = {
    "residual": lambda: Block(2),
    "residual strided": lambda: Block(2, True),
    "two residuals": lambda: nn.Sequential(Block(2), Block(2, True)),
    "cat and differences": Joined,
    "strides and paddings": lambda: nn.Sequential(nn.Conv2d(2, 4, (3, 4), (2, 1), (1, 2)), nn.ELU(0.5)),
    "groups": lambda: nn.Conv2d(2, 4, 3, padding="same", groups=2),
    "dilation": lambda: nn.Conv2d(2, 3, 2, dilation=(2, 1), padding="same"),
    "transpose": lambda: nn.ConvTranspose2d(2, 3, 4, 2, 1),
    "transpose, output_padding": lambda: nn.ConvTranspose2d(2, 4, 3, (2, 3), (1, 0), (1, 2), groups=2),
    "transpose, dilation": lambda: nn.ConvTranspose2d(2, 3, 3, 2, 1, dilation=2),
    "batch norm": lambda: nn.Sequential(nn.BatchNorm2d(2), nn.GELU()),
    "layer norm, last axis": lambda: nn.LayerNorm(5),
    "layer norm, all axes": lambda: nn.Sequential(nn.LayerNorm(IMAGE), nn.GELU("tanh")),
    "max pool": lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.MaxPool2d(2)),
    "max pool, padding": lambda: nn.MaxPool2d(3, 2, 1),
    "max pool, ceil": lambda: nn.MaxPool2d(2, 2, ceil_mode=True),
    "average pool, padding": lambda: nn.AvgPool2d(3, 2, 1),
    "average pool, padding outside": lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "global average": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softplus(2)),
    "mean of axes": lambda: move(lambda x: x.mean((2, 3))),
    "upsample": lambda: nn.Upsample(scale_factor=2),
    "upsample, bilinear": lambda: nn.Upsample(scale_factor=(2, 3), mode="bilinear"),
    "interpolate": lambda: move(lambda x: F.interpolate(x, size=(12, 15), mode="nearest")),
    "pad and crop": lambda: move(lambda x: F.pad(x, (1, -2, -1, 3))),
    "functional pools": lambda: move(lambda x: F.avg_pool2d(F.max_pool2d(x, 2, 1), 2)),
    "channels last inside": lambda: nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.Tanh(), move(lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)),
        nn.Linear(48, 5)),
    "folded from channels last": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(60, 24), nn.SELU(), nn.Unflatten(1, (2, 3, 4)),
        move(lambda x: x.permute(0, 3, 1, 2)), nn.Conv2d(4, 2, 2)),
    "channel shuffle": lambda: nn.Sequential(nn.Conv2d(2, 4, 1), nn.ReLU6(), move(lambda x: x[:, [3, 1, 0]])),
    "pixel shuffle": lambda: nn.Sequential(nn.Conv2d(2, 8, 1), nn.PixelShuffle(2)),
    "half of the channels": lambda: move(lambda x: torch.tanh(x.chunk(2, 1)[1])),
    "scalings": lambda: move(lambda x: (0.5 - x) / 3 + torch.arange(5.0)),
    "batch norm of features": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(60, 7), nn.BatchNorm1d(7), nn.PReLU(), nn.Dropout(), nn.LayerNorm(7)),
    "softmax": lambda: nn.Sequential(nn.Flatten(), nn.Linear(60, 7), nn.Softmax(-1)),
    "exponentials": lambda: nn.Sequential(nn.Flatten(), nn.Linear(60, 7), move(lambda x: x.clamp(max=1.0).exp())),
    "identity": lambda: nn.Sequential(nn.Identity(), nn.Dropout2d()),
    "weight norm": lambda: nn.utils.parametrizations.weight_norm(nn.Conv2d(2, 3, 2)),
}


@pytest.mark.parametrize("name", BODIES)
def test_layers_of_images(tmp_path, name):
    network_roundtrip(tmp_path, BODIES[name](), IMAGE)


def test_order_goes_into_the_weights(tmp_path):
    path = network_roundtrip(tmp_path, BODIES["channels last inside"](), IMAGE)
    assert layers_of(path, "encoder/1/trunk") == ["conv2d", "flatten", "dense"]
    path = network_roundtrip(tmp_path, BODIES["folded from channels last"](), IMAGE)
    assert layers_of(path, "encoder/1/trunk") == ["flatten", "dense", "reshape", "conv2d", "flatten"]


class Masked(nn.Linear):
    def forward(self, x):
        return F.linear(x, self.weight.tril(), self.bias)


def test_weights_that_are_computed(tmp_path):
    path = network_roundtrip(tmp_path, Masked(12, 12), (12,))
    with h5py.File(path) as file:
        assert np.triu(file["encoder/1/trunk/0/weight"], 1).max() == 0


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRU(12, 12)

    def forward(self, x):
        return self.cell(x)[0]


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize("body, words", [
    (nn.Sequential(nn.Linear(12, 12), nn.Mish()), ["encoder/1", "0.1 (Mish)"]),
    (Recurrent(), ["0.cell (GRU)"]),
    (move(lambda x: x * torch.tanh(x)), ["mul()", "product"]),
    (move(lambda x: torch.cumsum(x, 1)), ["cumsum()"]),
    (move(lambda x: x - x.mean(0)), ["mean()"]),
    (move(lambda x: F.dropout(x, 0.5)), ["dropout()", "training=self.training"]),
    (move(lambda x: x.flip(0)), ["flip()", "mixes the examples"]),
    (nn.Sequential(nn.Unflatten(1, (1, 3, 4)), nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"),
                   nn.Flatten()), ["(Conv2d)", "circular"]),
    (nn.BatchNorm1d(12, track_running_stats=False), ["(BatchNorm1d)", "running mean"]),
    (Branching(), ["torch.fx can't follow"]),
])
def test_what_can_not_be_expressed(tmp_path, body, words):
    path = tmp_path / "model.h5"
    with pytest.raises(ExportError) as caught:
        export_torch(path, nn.Sequential(body, heads(12, 3)), mlp_decoder(), (12,))
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert not list(tmp_path.iterdir())


def test_wrong_names(tmp_path):
    path = tmp_path / "model.h5"
    with pytest.raises(ExportError, match="exactly one of log_rate, rate"):
        export_torch(path, mlp_encoder(), mlp_decoder(), (12,), likelihood="poisson", decoder_outputs="lograte")
    with pytest.raises(ExportError, match="outputs="):
        export_torch(path, mlp_encoder(), mlp_decoder(), (12,), likelihood="poisson")
    with pytest.raises(ExportError, match="ends in tanh"):
        export_torch(path, mlp_encoder(), nn.Sequential(mlp_decoder(), nn.Tanh()), (12,))
    with pytest.raises(ExportError, match="no distribution 'gauss'"):
        export_torch(path, mlp_encoder(), mlp_decoder(), (12,), likelihood="gauss")
    with pytest.raises(ExportError, match="are these logits"):
        export_torch(path, mlp_encoder(), mlp_decoder(), (12,), decoder_outputs="probabilities")
    with pytest.raises(ExportError, match="is this its logarithm"):
        export_torch(path, mlp_encoder(), mlp_decoder(), (12,), encoder_outputs=("mean", "scale"))
    with pytest.raises(ExportError, match="one of each"):
        export_torch(path, [mlp_encoder(), mlp_encoder(3, 2)], mlp_decoder(), (12,))
    assert not list(tmp_path.iterdir())


def test_a_file_that_does_not_agree_is_not_written(tmp_path):
    path = tmp_path / "model.h5"

    class InPlace(nn.Module):       # the traced graph can't see that x itself is changed
        def forward(self, x):
            y = F.relu(x, inplace=True)
            return x - 0.5 * y

    with pytest.raises(ExportError, match="/encoder/1/.* computes something else"):
        export_torch(path, nn.Sequential(nn.Linear(12, 12), InPlace(), heads(12, 3)), mlp_decoder(), (12,))
    assert not list(tmp_path.iterdir())
