"""Twenty small networks, written in PyTorch as tutorials write them.

They are not trained; biases are drawn, and batch normalisation has seen a few batches, so that
its statistics are not 0 and 1.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn


class Example(nn.Module):
    """PyTorch's own example for MNIST."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = torch.flatten(self.dropout1(x), 1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


class Blitz(nn.Module):
    """The network of PyTorch's 60-minute introduction: colour pictures, one pool used twice."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class Viewed(nn.Module):
    """An older way of writing: view by the size of the batch, dropout by function."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = x.view(x.size(0), -1)
        x = F.dropout(F.relu(self.fc1(x)), training=self.training)
        return F.softmax(self.fc2(x), dim=-1)


class Standardised(nn.Module):
    """Normalisation of the pictures inside the model, by a buffer."""

    def __init__(self, *numbers):
        super().__init__()
        mean, std = (torch.tensor(n).view(1, -1, 1, 1) for n in numbers)
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.body = nn.Sequential(
            nn.Conv2d(mean.shape[1], 8, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(8 * 7 * 7, 10),
        )

    def forward(self, x):
        return self.body((x - self.mean) / self.std)


def lenet_padded() -> nn.Module:
    """LeNet as d2l.ai writes it: 28x28 pictures, padding 2, sigmoid, means."""
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120), nn.Sigmoid(),
        nn.Linear(120, 84), nn.Sigmoid(),
        nn.Linear(84, 10),
    )  # fmt: skip


def lenet_tanh() -> nn.Module:
    """LeNet-5 with means and tanh on 32x32, its last convolution a full connection."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5), nn.Tanh(),
        nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


def vgg() -> nn.Module:
    """Blocks of two convolutions with padding 1, and a head with dropout."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 8 * 8, 64), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Linear(64, 10),
    )  # fmt: skip


def all_convolutional() -> nn.Module:
    """Strides in place of pooling, and one mean of each map at the end."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 24, 3, padding="same"), nn.ReLU(),
        nn.Conv2d(24, 10, 1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip


def normed() -> nn.Module:
    """Batch normalisation after each layer, also after a full connection, and no biases."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16 * 7 * 7, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU(),
        nn.Linear(32, 10),
    )  # fmt: skip


def normed_after() -> nn.Module:
    """Batch normalisation after relu, with an epsilon and a momentum of its own."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.BatchNorm2d(6, eps=1e-3, momentum=0.3),
        nn.AvgPool2d(4), nn.Flatten(), nn.Linear(6 * 6 * 6, 10),
    )  # fmt: skip


def leaky() -> nn.Module:
    """Leaky relu, with two slopes."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.LeakyReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 5), nn.LeakyReLU(0.2), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(8 * 4 * 4, 10),
    )  # fmt: skip


def elu() -> nn.Module:
    """Elu, with two heights."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ELU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(8 * 12 * 12, 24), nn.ELU(0.5), nn.Linear(24, 10),
    )  # fmt: skip


def softplus() -> nn.Module:
    """Softplus."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, stride=2), nn.Softplus(), nn.Flatten(),
        nn.Linear(6 * 13 * 13, 20), nn.Softplus(), nn.Linear(20, 10),
    )  # fmt: skip


def overlapping() -> nn.Module:
    """Windows of 3 in steps of 2, some with padding."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        nn.Conv2d(8, 12, 3), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1),
        nn.AvgPool2d(3, stride=1, padding=1), nn.Flatten(), nn.Linear(12 * 5 * 5, 10),
    )  # fmt: skip


def ceiling() -> nn.Module:
    """Windows that do not divide the map, counted upwards; and means that leave padding out."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 4), nn.Tanh(), nn.MaxPool2d(2, ceil_mode=True),
        nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), nn.Flatten(),
        nn.Linear(6 * 7 * 7, 10),
    )  # fmt: skip


def without_biases() -> nn.Module:
    """No bias anywhere."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, bias=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(8 * 12 * 12, 16, bias=False), nn.Tanh(), nn.Linear(16, 10, bias=False),
    )  # fmt: skip


def hidden() -> nn.Module:
    """One hidden layer."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(28 * 28, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Softmax(dim=1)
    )  # fmt: skip


def lopsided() -> nn.Module:
    """Padding that differs on each side, by a layer of its own; oblong kernels and pictures."""
    return nn.Sequential(
        nn.ZeroPad2d((2, 1, 0, 2)), nn.Conv2d(1, 6, (3, 5), stride=(1, 2)), nn.ReLU(),
        nn.ZeroPad2d((0, 1, 0, 1)), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(10),
    )  # fmt: skip


def grouped() -> nn.Module:
    """Convolution in groups: each map reads some of the maps below."""
    return nn.Sequential(
        nn.Conv2d(3, 12, 3), nn.ReLU(), nn.Conv2d(12, 12, 3, groups=12), nn.ReLU(),
        nn.Conv2d(12, 16, 3, groups=4), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(16 * 5 * 5, 10),
    )  # fmt: skip


def reordered() -> nn.Module:
    """Squashing functions after pooling and dropout, as they are often written."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(0.3), nn.Tanh(),
        nn.Flatten(), nn.Linear(8 * 12 * 12, 16), nn.Dropout(0.4), nn.ReLU(), nn.Linear(16, 10),
        nn.Dropout(0.1), nn.LogSoftmax(dim=1),
    )  # fmt: skip


def colours() -> nn.Module:
    """Normalisation inside the model, other numbers for each channel, before padding."""
    net = Standardised([0.49, 0.48, 0.45], [0.24, 0.25, 0.26])
    net.body[0] = nn.Conv2d(3, 8, 3, padding=1)
    net.body[-1] = nn.Linear(8 * 8 * 8, 10)
    return net


Made = tuple[Callable[[], nn.Module], tuple[int, int, int]]

NETWORKS: dict[str, Made] = {
    "example": (Example, (1, 28, 28)),
    "blitz": (Blitz, (3, 32, 32)),
    "viewed": (Viewed, (1, 28, 28)),
    "standardised": (lambda: Standardised([0.1307], [0.3081]), (1, 16, 16)),
    "colours": (colours, (3, 16, 16)),
    "lenet_padded": (lenet_padded, (1, 28, 28)),
    "lenet_tanh": (lenet_tanh, (1, 32, 32)),
    "vgg": (vgg, (3, 32, 32)),
    "all_convolutional": (all_convolutional, (3, 32, 32)),
    "normed": (normed, (1, 28, 28)),
    "normed_after": (normed_after, (1, 28, 28)),
    "leaky": (leaky, (1, 28, 28)),
    "elu": (elu, (1, 28, 28)),
    "softplus": (softplus, (1, 28, 28)),
    "overlapping": (overlapping, (1, 28, 28)),
    "ceiling": (ceiling, (1, 28, 28)),
    "without_biases": (without_biases, (1, 28, 28)),
    "hidden": (hidden, (1, 28, 28)),
    "lopsided": (lopsided, (1, 16, 20)),
    "grouped": (grouped, (3, 16, 16)),
    "reordered": (reordered, (1, 28, 28)),
}
"""By name: how it is made, and the shape of its pictures."""


def made(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    """Make a network with drawn weights; its batch normalisation has seen four batches."""
    torch.manual_seed(5)
    make, shape = NETWORKS[name]
    module = make()
    with torch.no_grad():
        module(torch.zeros(2, *shape))  # lazy layers find their shapes
        for parameter in module.parameters():
            if parameter.ndim == 1:
                parameter.normal_(0.1, 0.3)
        module.train()
        for _ in range(4):
            module(torch.rand(8, *shape))
    return module.eval(), shape
