"""Write the small networks that Keras exports: tests/importer/files/keras_*.onnx.

Run once, with keras 3.15.1, tensorflow-cpu 2.21.0, tf2onnx 1.17.0, onnx 1.23.2 and numpy 2.4.6 in
an environment of their own; the tests read the files, and need none of these but onnx.

    python tests/importer/make_keras.py
"""

import os
from collections.abc import Callable
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import layers

FOLDER = Path(__file__).parent / "files"


def digits() -> keras.Model:
    """The convolutional network of Keras's own example for MNIST, narrower."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(8, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def rows() -> keras.Model:
    """One hidden layer over pictures without an axis of channels, as the beginner's tutorial."""
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10),
        ]
    )


def normed() -> keras.Model:
    """Colour pictures of bytes, "same", batch normalisation, one mean of each map."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(6, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )


def padded() -> keras.Model:
    """Padding by a layer of its own, larger strides, leaky relu, means; oblong colour pictures."""
    return keras.Sequential(
        [
            keras.Input((20, 24, 3)),
            layers.ZeroPadding2D(((1, 0), (2, 1))),
            layers.Conv2D(6, (3, 4), strides=(1, 2)),
            layers.LeakyReLU(negative_slope=0.1),
            layers.AveragePooling2D((2, 2)),
            layers.Conv2D(8, 3, activation="elu"),
            layers.Flatten(),
            layers.Dense(12, activation="softplus"),
            layers.Dense(4),
        ]
    )


def binary() -> keras.Model:
    """Two classes told apart by one sigmoid; the largest value of each map."""
    return keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(6, 3, activation="tanh"),
            layers.MaxPooling2D(3, strides=2, padding="same"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def scaled() -> keras.Model:
    """Each channel of the pictures has a scale and an offset of its own."""
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Rescaling([1 / 60, 1 / 58, 1 / 63], offset=[-2.0, -1.9, -1.7]),
            layers.Conv2D(4, 3, activation="relu"),
            layers.AveragePooling2D(5),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def inputs() -> keras.Model:
    """A Normalization layer, of whose numbers the exporter makes inputs: it is to be refused."""
    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Normalization(mean=[120.0, 115.0, 105.0], variance=[3600.0, 3400.0, 4000.0]),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


NETWORKS: tuple[Callable[[], keras.Model], ...] = (
    digits, rows, normed, padded, binary, scaled, inputs,
)  # fmt: skip


def main() -> None:
    """Write all of them; batch normalisation has seen a few pictures, and biases are not 0."""
    FOLDER.mkdir(exist_ok=True)
    for make in NETWORKS:
        keras.utils.set_random_seed(7)
        rng = np.random.default_rng(7)
        model = make()
        for layer in model.layers:
            if getattr(layer, "use_bias", False):
                layer.bias.assign(rng.normal(0, 0.2, layer.bias.shape))
        for _ in range(3):
            model(rng.uniform(0, 255, (8, *model.input_shape[1:])).astype("f"), training=True)
        path = FOLDER / f"keras_{make.__name__}.onnx"
        model.export(path, format="onnx", verbose=False, opset_version=18)


if __name__ == "__main__":
    main()
