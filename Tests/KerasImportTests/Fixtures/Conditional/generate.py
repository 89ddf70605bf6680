"""Small conditional VAEs saved by Keras 3, with log-weights that Keras computes on draws written beside them.

    KERAS_BACKEND=torch python generate.py
"""

import json
import os

import keras
import numpy as np
from keras import layers

LABELS, LATENTS = 4, 2


def one_hot():
    """The label one-hot, joined to x and to z."""
    x, y = keras.Input((6,), name="pixels"), keras.Input((LABELS,), name="label")
    h = layers.Dense(8, activation="tanh", name="hidden")(layers.Concatenate(name="joined")([x, y]))
    encoder = keras.Model([x, y], [layers.Dense(LATENTS, name="z_mean")(h), layers.Dense(LATENTS, name="z_log_var")(h)])
    z, y = keras.Input((LATENTS,), name="z"), keras.Input((LABELS,), name="label_again")
    h = layers.Dense(8, activation="relu", name="decoding")(layers.Concatenate(name="given")([y, z]))
    return encoder, keras.Model([z, y], layers.Dense(6, activation="sigmoid", name="pixels_out")(h)), (6,)


def plane():
    """The label as an integer: embedded, and reshaped to a plane of the image; beside z, an embedding multiplied."""
    x, y = keras.Input((4, 4, 1), name="image"), keras.Input((1,), dtype="int32", name="label")
    p = layers.Reshape((4, 4, 1), name="plane")(layers.Dense(16, name="to_plane")(
        layers.Flatten(name="flat")(layers.Embedding(LABELS, 3, name="embedding")(y))))
    h = layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(layers.Concatenate(name="joined")([x, p]))
    h = layers.Flatten(name="flatten")(h)
    encoder = keras.Model([x, y], [layers.Dense(LATENTS, name="z_mean")(h), layers.Dense(LATENTS, name="z_log_var")(h)])
    z, y = keras.Input((LATENTS,), name="z"), keras.Input((1,), dtype="int32", name="label")
    e = layers.Flatten(name="flat_again")(layers.Embedding(LABELS, LATENTS, name="gate")(y))
    h = layers.Dense(8, activation="relu", name="decoding")(layers.Multiply(name="gated")([z, e]))
    out = layers.Reshape((4, 4, 1), name="out")(layers.Dense(16, activation="sigmoid", name="pixels_out")(h))
    return encoder, keras.Model([z, y], out), (4, 4, 1)


def repeated():
    """The label one-hot, repeated for every pixel and joined to the image's channels, then to those of the decoder's."""
    def planes(y, name):
        return layers.Reshape((4, 4, LABELS), name=f"{name}_planes")(layers.RepeatVector(16, name=name)(y))

    x, y = keras.Input((4, 4, 1), name="image"), keras.Input((LABELS,), name="label")
    h = layers.Concatenate(name="joined")([x, planes(y, "everywhere")])
    h = layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(h)
    h = layers.Flatten(name="flatten")(h)
    encoder = keras.Model([x, y], [layers.Dense(LATENTS, name="z_mean")(h), layers.Dense(LATENTS, name="z_log_var")(h)])
    z, y = keras.Input((LATENTS,), name="z"), keras.Input((LABELS,), name="label")
    h = layers.Reshape((4, 4, 2), name="image_again")(layers.Dense(32, activation="tanh", name="decoding")(z))
    h = layers.Concatenate(name="given")([h, planes(y, "again")])
    out = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="pixels_out")(h)
    return encoder, keras.Model([z, y], out), (4, 4, 1)


@keras.saving.register_keras_serializable()
class Sampling(layers.Layer):
    def call(self, inputs):
        mean, log_variance = inputs
        return mean + keras.ops.exp(0.5 * log_variance) * keras.random.normal(keras.ops.shape(mean))


def whole():
    """One model with its sampler and both uses of the label; the halves beside it have the same layers."""
    x, y = keras.Input((6,), name="pixels"), keras.Input((LABELS,), name="label")
    h = layers.Dense(8, activation="tanh", name="hidden")(layers.Concatenate(name="joined")([x, y]))
    mean, log_variance = layers.Dense(LATENTS, name="z_mean")(h), layers.Dense(LATENTS, name="z_log_var")(h)
    z = Sampling(name="z")([mean, log_variance])
    rest = [layers.Concatenate(name="given"), layers.Dense(8, activation="relu", name="decoding"),
            layers.Dense(6, activation="sigmoid", name="pixels_out")]
    decode = lambda z, y: rest[2](rest[1](rest[0]([z, y])))
    cvae = keras.Model([x, y], decode(z, y))
    given, label = keras.Input((LATENTS,), name="z_in"), keras.Input((LABELS,), name="label_in")
    return keras.Model([x, y], [mean, log_variance]), keras.Model([given, label], decode(given, label)), (6,), cvae


def log_weights(encoder, decoder, x, y, e):
    """log p(x, z | y) - log q(z | x, y) at z = mean + scale * e."""
    mean, log_variance = (np.float64(a) for a in encoder.predict([x, y], verbose=0))
    z = mean + np.exp(log_variance / 2) * e
    p = np.float64(decoder.predict([np.float32(z), y], verbose=0)).reshape(len(x), -1)
    data = np.float64(x).reshape(len(x), -1)
    log_x = (data * np.log(p) + (1 - data) * np.log1p(-p)).sum(1)
    return log_x - 0.5 * (z**2).sum(1) + 0.5 * (e**2).sum(1) + 0.5 * log_variance.sum(1)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    expected = {}
    for name, make in (("one-hot", one_hot), ("plane", plane), ("repeated", repeated), ("whole", whole)):
        keras.utils.set_random_seed(1)
        encoder, decoder, shape, *models = make()
        random = np.random.default_rng(2)
        for model in (encoder, decoder):
            for w in model.weights:
                w.assign(random.standard_normal(w.shape) * 0.5)
        labels = np.arange(8) % LABELS
        x = (random.uniform(size=(8, *shape)) < 0.5).astype("float32")
        y = np.eye(LABELS, dtype="float32")[labels] if name != "plane" else labels[:, None].astype("int32")
        draws = np.float32(random.standard_normal((3, 8, LATENTS)))
        weights = [log_weights(encoder, decoder, x, y, np.float64(e)).tolist() for e in draws]
        for part, model in [("model", m) for m in models] or [("encoder", encoder), ("decoder", decoder)]:
            model.save(os.path.join(here, f"{name}-{part}.keras"))
        expected[name] = {"x": x.reshape(8, -1).tolist(), "labels": labels.tolist(), "noise": draws.tolist(),
                          "logWeights": weights}
    with open(os.path.join(here, "expected.json"), "w") as file:
        json.dump(expected, file)


if __name__ == "__main__":
    main()
