"""Writes the small Keras files beside this script, and what Keras computes with them (expected.json).

    KERAS_BACKEND=numpy python generate.py 3     # keras 3.3.3: keras3-nested.keras
    python generate.py 2                         # tensorflow-cpu 2.15.1: keras2-operations.h5
"""

import json
import os
import sys
import zipfile

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def note(name, **arrays):
    path = os.path.join(here, "expected.json")
    known = json.load(open(path)) if os.path.exists(path) else {}
    known[name] = {key: np.asarray(value, dtype="float64").round(7).ravel().tolist() for key, value in arrays.items()}
    json.dump(known, open(path, "w"), indent=1, sort_keys=True)


def shake(model, seed):
    """Other than initial values everywhere, also in biases and moving moments."""
    rng = np.random.default_rng(seed)
    model.set_weights([
        (0.3 * rng.standard_normal(w.shape) + (1 if w.ndim == 1 else 0) * 0.5).clip(-0.4 if w.ndim > 1 else 0.1, 2)
        .astype("float32") for w in model.get_weights()
    ])


def keras3():
    import keras
    from keras import layers, ops

    class Sampling(layers.Layer):
        def call(self, inputs):
            mean, log_var = inputs
            return mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean))

    image = keras.Input((4, 4, 1), name="image")
    h = layers.Rescaling(1 / 255)(image)
    h = layers.Conv2D(2, 3, strides=2, padding="same")(h)
    h = layers.BatchNormalization()(h)
    h = layers.LeakyReLU(0.1)(h)
    h = layers.Flatten()(h)
    a = layers.Dense(5, activation="relu")(h)
    b = layers.Dense(5)(a)
    h = layers.Add()([a, b])
    mean, log_var = layers.Dense(2, name="z_mean")(h), layers.Dense(2, name="z_log_var")(h)
    encoder = keras.Model(image, [mean, log_var, Sampling()([mean, log_var])], name="encoder")
    decoder = keras.Sequential([
        keras.Input((2,)), layers.Dense(4, activation="relu"), layers.Reshape((2, 2, 1)),
        layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid"),
    ], name="decoder")
    model = keras.Model(image, decoder(encoder(image)[2]), name="vae")
    shake(model, 3)
    plain = os.path.join(here, "plain.keras")
    model.save(plain)
    # Keras stores without compression; deflated, the sample is small and tests that as well.
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(
            os.path.join(here, "keras3-nested.keras"), "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
    os.remove(plain)
    x = (np.arange(16).reshape(1, 4, 4, 1) * 37 % 256).astype("float32")
    z = np.array([[0.5, -1.25]], dtype="float32")
    outputs = encoder.predict(x, verbose=0)
    note("keras3-nested", x=x, mean=outputs[0], log_variance=outputs[1], z=z, decoded=decoder.predict(z, verbose=0))


def keras2():
    import tensorflow as tf
    from tensorflow import keras
    from tensorflow.keras import layers

    x = keras.Input((6,), name="x")
    h = layers.Dense(4, activation="tanh", name="hidden")(x / 16.0)
    mean, other = tf.split(layers.Dense(4, name="both")(h), 2, axis=-1)
    z = mean + tf.exp(other / 2) * tf.random.normal(tf.shape(mean))
    y = layers.Dense(6, activation="sigmoid", name="out")(layers.Dense(3, activation="elu", name="wide")(z))
    model = keras.Model(x, y, name="operations")
    shake(model, 2)
    model.save(os.path.join(here, "keras2-operations.h5"), include_optimizer=False)
    data = (np.arange(6).reshape(1, 6) * 5 % 16).astype("float32")
    both = keras.Model(x, model.get_layer("both").output)(data).numpy()
    latent = np.array([[0.5, -1.25]], dtype="float32")
    decoded = model.get_layer("out")(model.get_layer("wide")(latent)).numpy()
    note("keras2-operations", x=data, mean=both[:, :2], log_variance=both[:, 2:], z=latent, decoded=decoded)


keras3() if sys.argv[1] == "3" else keras2()
