"""PyTorch layers one by one: the exporter compares each file with the module, so a file is a pass."""

import h5py
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from evidence.export import ExportError, StoredModel, export_torch  # noqa: E402

torch.manual_seed(0)
torch.set_num_threads(1)
OUTPUTS = dict(encoder_outputs=("mean", "log_variance"), quiet=True)


def heads(inputs, outputs=3):
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
    decoder = nn.Sequential(nn.Linear(latents, int(np.prod(shape))), nn.Unflatten(1, shape), body, nn.Flatten(),
                            nn.Linear(int(np.prod(out)), int(np.prod(shape))))
    export_torch(path, encoder, decoder, shape, likelihood="normal", scale=1.0, tolerance=1e-4, **OUTPUTS)
    return path


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
    "channels taken in another order": lambda: nn.Sequential(nn.Conv2d(2, 4, 1), nn.ReLU6(), move(lambda x: x[:, [3, 1, 0]])),
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
    assert layers_of(path, "encoder/1/trunk") == ["flatten", "dense", "reshape", "conv2d"]


def test_heads_cut_from_one_layer(tmp_path):
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(12, 8), nn.Linear(8, 6)

        def forward(self, x):
            mean, log_variance = self.last(torch.relu(self.first(x))).chunk(2, -1)
            return mean, log_variance.clamp(-0.1, 0.1)
    path = tmp_path / "model.h5"
    export_torch(path, Cut(), mlp_decoder(), (12,), **OUTPUTS)
    with h5py.File(path) as file:
        assert list(file["encoder/1/log_variance"]) == ["0"]
        assert file["encoder/1/log_variance/0/weight"].shape == (3, 8)
        assert file["encoder/1/log_variance/0"].attrs["activation"] == "hard-tanh"


class Masked(nn.Linear):
    def forward(self, x):
        return F.linear(x, self.weight.tril(), self.bias)


def test_weights_that_are_computed(tmp_path):
    path = network_roundtrip(tmp_path, nn.Sequential(nn.Flatten(), Masked(12, 12)), (12,))
    with h5py.File(path) as file:
        assert np.triu(file["encoder/1/trunk/0/weight"], 1).max() == 0


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize("body, words", [
    (move(lambda x: torch.cumsum(x, 1)), ["encoder/1", "cumsum()"]),
    (move(lambda x: x - x.mean(0)), ["mean()", "over the examples"]),
    (move(lambda x: F.dropout(x, 0.5)), ["dropout()", "training=self.training"]),
    (move(lambda x: x.flip(0)), ["mixes the examples"]),
    (nn.Sequential(nn.Unflatten(1, (1, 1, 3, 4)), nn.Conv3d(1, 1, 1), nn.Flatten()), ["Conv3d", "over three axes"]),
    (nn.BatchNorm1d(12, track_running_stats=False), ["running mean"]),
    (Branching(), ["branch depends on the values"]),
])
def test_what_can_not_be_expressed(tmp_path, body, words):
    path = tmp_path / "model.h5"
    with pytest.raises(ExportError) as caught:
        export_torch(path, nn.Sequential(body, heads(12, 3)), mlp_decoder(), (12,), **OUTPUTS)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert not list(tmp_path.iterdir())


def test_changes_in_place_are_followed(tmp_path):
    class InPlace(nn.Module):
        def forward(self, x):
            y = F.relu(x, inplace=True)
            return x - 0.5 * y
    path, x = tmp_path / "model.h5", torch.rand(2, 12)
    encoder = nn.Sequential(nn.Linear(12, 12), InPlace(), heads(12, 3))
    export_torch(path, encoder, mlp_decoder(), (12,), **OUTPUTS)
    np.testing.assert_allclose(StoredModel(path).encoder(1, x.numpy())["mean"], encoder(x)[0].detach(), rtol=1e-4, atol=1e-5)
