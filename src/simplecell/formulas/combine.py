"""Learned combinations: each map mixes all the maps below, in shares that are learned.

    u[n,m] = sum_c alpha[m,c] * (x[n,c] under w[c]) + b[m]        alpha = softmax of choice[m,:]

Every map below has one kernel, w[c]; each map above has its own mixture of what they find. The
shares of a mixture are above 0 and sum to 1. `choice` is the brief's c, `w` its k. Learning the
shares is learning a connection table like that of LeNet-5's C3, if few shares of a row are left:

    absolute_penalty   sum |alpha|, as published: always 1 a row, so its gradient is 0
    entropy_penalty    -sum alpha log alpha: 0 where a row has one share, largest where all equal

Padding puts 0 around x before a kernel is laid on it, as in `conv`.

Source: Bouvrie 2006, 3.3 and 3.3.1.   Brief: E2, E3
"""

import numpy as np

from simplecell.formulas import Array, Pair
from simplecell.formulas.activations import softmax
from simplecell.formulas.conv import (
    NO_PADS,
    Pads,
    conv_backward,
    conv_curvature,
    conv_forward,
    kernel_windows,
    padded,
)


def mixed_kernels(w: Array, alpha: Array) -> Array:
    """Write a mixture as the convolution it is: each map's share times each map's kernel.

        v[m,c,p,q] = alpha[m,c] * w[c,p,q]

    Shapes
        w (C, p, q)      alpha (M, C)      v (M, C, p, q)
    """
    return alpha[:, :, None, None] * w


def choice_gradient(alpha: Array, dalpha: Array) -> Array:
    """Carry a gradient on the shares to the choice they are the softmax of.

        dchoice[m,c] = alpha[m,c] * (dalpha[m,c] - sum_k alpha[m,k] * dalpha[m,k])

    What raises all shares alike changes none:

    >>> choice_gradient(np.array([[0.25, 0.75]]), np.array([[5.0, 5.0]]))
    array([[0., 0.]])

    Shapes
        alpha, dalpha, dchoice (M, C)

    Source
        Bouvrie 2006, 3.3.   Brief: E2
    """
    common = (alpha * dalpha).sum(axis=1, keepdims=True)
    dchoice: Array = alpha * (dalpha - common)
    return dchoice


def combine_forward(
    x: Array,
    w: Array,
    choice: Array,
    b: Array,
    stride: Pair = (1, 1),
    padding: Pads = NO_PADS,
) -> Array:
    """Lay each map's own kernel on it, mix the outcomes in each row's shares, add the bias.

        u[n,m,i,j] = sum_c alpha[m,c] * sum_pq w[c,p,q] * x[n,c,i*sh+p,j*sw+q] + b[m]
        alpha      = softmax(choice)

    Shapes
        x (N, C, H, W)      w (C, p, q)      choice (M, C)      b (M,)      u (N, M, i, j)

    Source
        Bouvrie 2006, 3.3.   Brief: E2
    """
    kernels = mixed_kernels(w, softmax(choice))
    return conv_forward(x, kernels, b, stride, padding=padding)


def combine_backward(
    x: Array,
    w: Array,
    choice: Array,
    du: Array,
    stride: Pair = (1, 1),
    padding: Pads = NO_PADS,
) -> tuple[Array, Array, Array, Array]:
    """Carry du back to the maps below; gather it on kernels, shares and biases.

        dalpha[m,c]  = sum_nij du[n,m,i,j] * (x[n,c] under w[c])[i,j]     see share_gradient
        dchoice      = choice_gradient(alpha, dalpha)
        dw[c,p,q]    = sum_m alpha[m,c] * sum_nij du[n,m,i,j] * x[n,c,i*sh+p,j*sw+q]
        db, dx       as in conv_backward, of the mixed kernels

    Shapes
        gives dx, dw, dchoice, db, shaped like x, w, choice, b

    Source
        Bouvrie 2006, 3.3.   Brief: E2
    """
    alpha = softmax(choice)
    dx, dv, db = conv_backward(x, mixed_kernels(w, alpha), du, stride, padding=padding)
    dw = (alpha[:, :, None, None] * dv).sum(axis=0)
    dalpha = (w * dv).sum(axis=(2, 3))
    return dx, dw, choice_gradient(alpha, dalpha), db


def share_gradient(
    x: Array, w: Array, du: Array, stride: Pair = (1, 1), padding: Pads = NO_PADS
) -> Array:
    """Gather du on the shares: what each mixture makes of what each kernel finds.

        dalpha[m,c] = sum_nij du[n,m,i,j] * (x[n,c] under w[c])[i,j]

    Shapes
        x (N, C, H, W)      w (C, p, q)      du (N, M, i, j)      dalpha (M, C)

    Source
        Bouvrie 2006, 3.3.   Brief: E2
    """
    found = _found(x, w, stride, padding)
    dalpha: Array = np.einsum("nmij,ncij->mc", du, found, optimize=True)
    return dalpha


def combine_curvature(
    x: Array,
    w: Array,
    choice: Array,
    hu: Array,
    stride: Pair = (1, 1),
    padding: Pads = NO_PADS,
) -> tuple[Array, Array, Array, Array]:
    """Carry the curvature on u down to the maps below; gather it on kernels, shares and biases.

        hchoice[m,c] = sum_nij hu[n,m,i,j] * (alpha[m,c] * (f[n,c,i,j] - mean[n,m,i,j]))^2
        hw[c,p,q]    = sum_m alpha[m,c]^2 * sum_nij hu[n,m,i,j] * x[n,c,i*sh+p,j*sw+q]^2
        hb, hx       as in conv_curvature, of the mixed kernels
        f            = x[n,c] under w[c]        mean = sum_c alpha[m,c] * f[n,c]

    On hchoice the bend of the softmax, which du goes through, is left out too.

    Shapes
        hu (N, M, i, j)      gives hx, hw, hchoice, hb, shaped like x, w, choice, b

    Source
        LeCun et al. 1998, appendix C, of a layer of Bouvrie 2006, 3.3.   Brief: E2, F
    """
    alpha = softmax(choice)
    hx, hv, hb = conv_curvature(x, mixed_kernels(w, alpha), hu, stride, padding=padding)
    hw = ((alpha * alpha)[:, :, None, None] * hv).sum(axis=0)
    found = _found(x, w, stride, padding)
    mean = np.einsum("mc,ncij->nmij", alpha, found, optimize=True)
    away = found[:, None] - mean[:, :, None]
    hchoice = alpha * alpha * (hu[:, :, None] * away * away).sum(axis=(0, 3, 4))
    return hx, hw, hchoice, hb


def absolute_penalty(choice: Array) -> tuple[float, Array]:
    """Give the published penalty on the shares, and its gradient on the choice: nothing.

        sum_mc |alpha[m,c]| = M,  for the shares are above 0 and a row of them sums to 1
        dchoice = choice_gradient(alpha, 1) = 0

    The source adds it for the sake of sparse rows, and stops at the gradient
    |alpha[m,c]| - alpha[m,c] * sum_k |alpha[m,k]|, which is alpha - alpha. What is given is that
    gradient as it is derived, with what rounding leaves of it.

    Shapes
        choice, dchoice (M, C)

    Source
        Bouvrie 2006, 3.3.1.   Brief: E3, errors in the sources
    """
    alpha = softmax(choice)
    return float(np.abs(alpha).sum()), choice_gradient(alpha, np.sign(alpha))


def entropy_penalty(choice: Array) -> tuple[float, Array]:
    """Give the entropy of the shares, summed over rows, and its gradient on the choice.

        H[m]         = -sum_c alpha[m,c] * log alpha[m,c]
        dchoice[m,c] = -alpha[m,c] * (log alpha[m,c] + H[m])

    A row of equal shares is its maximum, where the gradient is 0: begin with unequal ones.

    Shapes
        choice, dchoice (M, C)

    >>> entropy_penalty(np.array([[0.0, 1000.0], [0.0, -1000.0]]))[0]
    0.0

    Brief: E3
    """
    # The log of the shares, not of their rounded values: a share of 0 then counts for nothing.
    below = choice - choice.max(axis=1, keepdims=True)
    logs = below - np.log(np.exp(below).sum(axis=1, keepdims=True))
    alpha = np.exp(logs)
    entropies = -(alpha * logs).sum(axis=1, keepdims=True)
    return float(entropies.sum()), -alpha * (logs + entropies)


def _found(x: Array, w: Array, stride: Pair, padding: Pads) -> Array:
    """Give what each kernel finds in its own map: (N, C, i, j)."""
    windows = kernel_windows(padded(x, padding), w.shape[1:], stride)
    found: Array = np.einsum("cpq,ncijpq->ncij", w, windows, optimize=True)
    return found
