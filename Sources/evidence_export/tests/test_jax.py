"""JAX and Flax models through export_jax, compared with what the framework computes."""

import h5py
import numpy as np
import pytest

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402

from evidence_export import Conditional, ExportError, StoredModel, export_jax, layer  # noqa: E402

ENCODER = [layer("conv2d", "Conv_0", stride=2, activation="relu"),
           layer("conv2d", "Conv_1", stride=2, activation="relu"),
           "flatten", layer("dense", "Dense_0", activation="relu")]
DECODER = [layer("dense", "Dense_0", activation="relu"), layer("reshape", shape=(7, 7, 8)),
           layer("conv2d-transpose", "ConvTranspose_0", stride=2, activation="relu"),
           layer("conv2d-transpose", "ConvTranspose_1", stride=2, activation="relu"),
           layer("conv2d-transpose", "ConvTranspose_2", activation="sigmoid")]


def test_flax_model_of_the_keras_kind(tmp_path):
    nn = pytest.importorskip("flax.linen")

    class Encoder(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.relu(nn.Conv(4, (3, 3), (2, 2))(x))
            x = nn.relu(nn.Conv(8, (3, 3), (2, 2))(x))
            x = nn.relu(nn.Dense(16)(x.reshape(len(x), -1)))
            return nn.Dense(2)(x), nn.Dense(2)(x)

    class Decoder(nn.Module):
        @nn.compact
        def __call__(self, z):
            z = nn.relu(nn.Dense(7 * 7 * 8)(z)).reshape(-1, 7, 7, 8)
            z = nn.relu(nn.ConvTranspose(8, (3, 3), (2, 2))(z))
            z = nn.relu(nn.ConvTranspose(4, (3, 3), (2, 2))(z))
            return nn.sigmoid(nn.ConvTranspose(1, (3, 3))(z))

    encoder, decoder, key = Encoder(), Decoder(), jax.random.PRNGKey(0)
    variables = {"encoder": encoder.init(key, jnp.zeros((1, 28, 28, 1)))["params"],
                 "decoder": decoder.init(key, jnp.zeros((1, 2)))["params"]}

    def prefixed(description, prefix):
        return [entry if isinstance(entry, str) or entry["params"] is None
                else {**entry, "params": f"{prefix}/{entry['params']}"} for entry in description]

    path = tmp_path / "model.h5"
    error, relative = export_jax(
        path,
        Conditional(prefixed(ENCODER, "encoder"), heads={
            "mean": [layer("dense", "encoder/Dense_1")], "log_variance": [layer("dense", "encoder/Dense_2")]}),
        prefixed(DECODER, "decoder"), variables, (28, 28, 1), divide_by=255,
        encoder_apply=lambda x: encoder.apply({"params": variables["encoder"]}, x),
        decoder_apply=lambda z: decoder.apply({"params": variables["decoder"]}, z))
    assert relative < 1e-5
    with h5py.File(path) as file:
        assert file.attrs["verified_against"].startswith("jax ")
        assert file.attrs["data_format"] == "channels_last"
        assert file["decoder/1/probabilities/4"].attrs["activation"] == "sigmoid"


@pytest.mark.parametrize("padding", ["SAME", "VALID", ((1, 1), (0, 2))])
@pytest.mark.parametrize("kernel, stride, dilation", [
    ((3, 3), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)), ((4, 4), (2, 2), (1, 1)), ((4, 5), (1, 2), (1, 1)),
    ((5, 2), (3, 2), (1, 1)), ((2, 2), (3, 3), (1, 1)), ((2, 3), (1, 2), (2, 2))])
@pytest.mark.parametrize("size", [5, 6])
def test_convolutions(tmp_path, padding, kernel, stride, dilation, size):
    if padding == ((1, 1), (0, 2)) and kernel == (2, 2):
        pytest.skip("more padding than kernel")
    random = np.random.default_rng(0)
    weights = {"w": random.normal(size=(*kernel, 2, 3)).astype("f"), "b": random.normal(size=3).astype("f")}
    dense = {"w": random.normal(size=(4, size * size * 2)).astype("f")}

    def forward(x):
        return jax.lax.conv_general_dilated(
            x, weights["w"], stride, padding, rhs_dilation=dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC")) + weights["b"]

    def backward(z):
        return jax.lax.conv_transpose((z @ dense["w"]).reshape(-1, size, size, 2), weights["w"], stride, padding,
                                      rhs_dilation=dilation) + weights["b"]

    n = int(np.prod(forward(jnp.zeros((1, size, size, 2))).shape))
    head = random.normal(size=(n, 8)).astype("f")
    options = dict(stride=stride, padding=padding, dilation=dilation)
    export_jax(
        tmp_path / "model.h5", [layer("conv2d", "c", **options), "flatten", layer("dense", "head")],
        Conditional([layer("dense", "d"), layer("reshape", shape=(size, size, 2)),
                     layer("conv2d-transpose", "c", **options)], "poisson", outputs="log_rate"),
        {"c": weights, "d": dense, "head": {"w": head}}, (size, size, 2), tolerance=1e-5,
        encoder_apply=lambda x: forward(x).reshape(len(x), -1) @ head, decoder_apply=backward)


def mlp_params(sizes, seed=0):
    random = np.random.default_rng(seed)
    return [(random.normal(size=(a, b)).astype("f"), random.normal(size=b).astype("f"))
            for a, b in zip(sizes, sizes[1:])]


def test_raw_parameters_split_and_two_layers(tmp_path):
    params = {"q1": mlp_params((12, 8, 6)), "q2": mlp_params((3, 4)),
              "p1": mlp_params((3, 12)), "p2": mlp_params((2, 6))}

    def run(name, x):
        for i, (w, b) in enumerate(params[name]):
            x = x @ w + b
            x = jnp.tanh(x) if i + 1 < len(params[name]) else x
        return x

    q1 = [layer("dense", "q1/0", activation="tanh"), layer("dense", "q1/1")]
    for split in ("halves", "interleaved"):
        path = tmp_path / "model.h5"
        export_jax(
            path, [Conditional(q1, split=split), Conditional([layer("dense", "q2/0")])],
            [Conditional([layer("dense", "p1/0")]), Conditional([layer("dense", "p2/0")])], params, (12,),
            encoder_apply=[lambda x: run("q1", x), lambda x: run("q2", x)],
            decoder_apply=[lambda x: run("p1", x), lambda x: run("p2", x)], tolerance=1e-5)
        x = np.random.default_rng(1).uniform(size=(3, 12))
        whole = np.asarray(run("q1", x))
        np.testing.assert_allclose(StoredModel(path).encoder(1, x)["mean"],
                                   whole[:, :3] if split == "halves" else whole[:, ::2], rtol=1e-5)


def test_flax_normalization_and_branches(tmp_path):
    nn = pytest.importorskip("flax.linen")

    class Encoder(nn.Module):
        @nn.compact
        def __call__(self, x):
            h = nn.BatchNorm(use_running_average=True)(nn.Conv(4, (3, 3))(x))
            h = nn.gelu(h)
            h = h + nn.silu(nn.Conv(4, (1, 1))(h))
            h = jnp.concatenate([h, nn.max_pool(h, (3, 3), (1, 1), "SAME")], -1)
            h = nn.LayerNorm()(nn.avg_pool(h, (2, 2), (2, 2)))
            return nn.Dense(6)(h.reshape(len(h), -1))

    encoder = Encoder()
    variables = encoder.init(jax.random.PRNGKey(1), jnp.zeros((1, 6, 6, 2)))
    noise = np.random.default_rng(0)
    variables = jax.tree_util.tree_map(lambda a: a + 0.1 + 0.2 * noise.uniform(size=a.shape).astype("f"), variables)
    decoder = mlp_params((3, 72))
    description = [
        layer("conv2d", "Conv_0"), layer("batch-norm", "BatchNorm_0", activation="gelu-tanh"),
        layer("residual", body=[layer("conv2d", "Conv_1", activation="silu")]),
        layer("concat", branches=[[], [layer("max-pool2d", size=3, stride=1, padding="SAME")]]),
        layer("average-pool2d", size=2), layer("layer-norm", "LayerNorm_0"), "flatten", layer("dense", "Dense_0")]
    export_jax(
        tmp_path / "model.h5", description, [layer("dense", "decoder/0")],
        {**variables["params"], "decoder": decoder}, (6, 6, 2), batch_stats=variables["batch_stats"], tolerance=1e-5,
        encoder_apply=lambda x: encoder.apply(variables, x), decoder_apply=lambda z: z @ decoder[0][0] + decoder[0][1])


@pytest.mark.parametrize("description, words", [
    ([layer("dense", "q/7")], "no 'q/7'"),
    ([layer("dense", "p")], "no kernel among"),
    ([layer("dense", "q/0", activation="swish")], "no activation 'swish'"),
    ([layer("dense", "q/0", strides=2)], "no such option: strides"),
    ([layer("lstm", "q/0")], "no layer 'lstm'"),
    ([layer("conv2d", "q/0")], "kernel of 4 axes"),
    ([layer("dense", "q/0"), layer("dense", "q/0")], "does not fit an input of shape"),
    (["flatten"], None),
])
def test_errors_name_the_layer(tmp_path, description, words):
    params = {"q": mlp_params((12, 6)), "p": {}, "d": mlp_params((3, 12))}
    if words is None:
        params["d"] = mlp_params((6, 12))
        with pytest.warns(UserWarning, match="not compared"):
            assert export_jax(tmp_path / "m.h5", description, [layer("dense", "d/0")], params, (12,)) is None
        return
    with pytest.raises(ExportError, match=words):
        export_jax(tmp_path / "m.h5", description, [layer("dense", "d/0")], params, (12,))
    assert not list(tmp_path.iterdir())
