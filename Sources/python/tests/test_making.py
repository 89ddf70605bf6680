"""Models from frameworks, where those are installed."""

import numpy as np
import pytest

import evidence

pytestmark = pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")


def test_torch(images):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden, self.mean, self.second = torch.nn.Linear(64, 20), torch.nn.Linear(20, 3), torch.nn.Linear(20, 3)

        def forward(self, x):
            h = torch.tanh(self.hidden(x))
            return self.mean(h), self.second(h)

    decoder = torch.nn.Sequential(torch.nn.Linear(3, 20), torch.nn.ReLU(), torch.nn.Linear(20, 64), torch.nn.Sigmoid())
    model = evidence.from_torch(Encoder(), decoder, (64,), likelihood="bernoulli", encoder_outputs=("mean", "log_variance"))
    assert model.info.latents == [3] and model.verification is not None
    binary = torch.tensor(images >= 8).flatten(1)
    result = evidence.nll(model, binary, samples=100)
    # Far from trained: about ln 2 a pixel.
    assert -60 < result.summary.log_likelihood.mean < -35
    path = model.path
    model.close()
    with pytest.raises(FileNotFoundError):
        open(path)


def test_flax(images):
    nn = pytest.importorskip("flax.linen")
    import jax
    import jax.numpy as jnp

    class Encoder(nn.Module):
        @nn.compact
        def __call__(self, x):
            h = nn.tanh(nn.Dense(20)(x))
            return nn.Dense(3)(h), nn.Dense(3)(h)

    class Decoder(nn.Module):
        @nn.compact
        def __call__(self, z):
            return nn.sigmoid(nn.Dense(64)(nn.relu(nn.Dense(20)(z))))

    encoder, decoder = Encoder(), Decoder()
    variables = (encoder.init(jax.random.key(0), jnp.zeros((1, 64))), decoder.init(jax.random.key(1), jnp.zeros((1, 3))))
    model = evidence.from_flax(encoder, decoder, variables, (64,), encoder_outputs=("mean", "log_variance"))
    result = evidence.nll(model, (images >= 8).reshape(-1, 64), samples=100)
    assert -60 < result.summary.log_likelihood.mean < -35


def test_the_former_name():
    import evidence_export
    for name in evidence.export.__all__:
        assert getattr(evidence_export, name) is getattr(evidence.export, name)


def test_keras(images, tmp_path, monkeypatch):
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    x = keras.Input((64,))
    h = keras.layers.Dense(20, "tanh")(x)
    encoder = keras.Model(x, [keras.layers.Dense(3, name="z_mean")(h), keras.layers.Dense(3, name="z_log_var")(h)])
    z = keras.Input((3,))
    decoder = keras.Model(z, keras.layers.Dense(64, "sigmoid")(keras.layers.Dense(20, "relu")(z)))
    model = evidence.from_keras(encoder, decoder)
    assert model.info.latents == [3] and model.notes
    encoder.save(tmp_path / "encoder.keras")
    decoder.save(tmp_path / "decoder.keras")
    kept = evidence.from_keras(tmp_path / "encoder.keras", tmp_path / "decoder.keras", path=tmp_path / "model.h5")
    binary = (images >= 8).reshape(-1, 64)
    np.testing.assert_array_equal(
        evidence.nll(model, binary, samples=20).log_likelihood, evidence.nll(kept, binary, samples=20).log_likelihood)
    with pytest.raises(evidence.EvidenceError):
        evidence.from_keras(tmp_path / "encoder.keras", tmp_path / "decoder.keras", path=tmp_path / "model.h5")


def test_keras_says_what_it_lacks(tmp_path):
    with pytest.raises(evidence.MissingFileError, match="vae.keras"):
        evidence.from_keras(tmp_path / "vae.keras")
    with pytest.raises(evidence.InputError, match="no files"):
        evidence.from_keras()
    with pytest.raises(evidence.InputError, match="no Keras model"):
        evidence.from_keras(object())
