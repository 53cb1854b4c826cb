"""The large vision model once more, slowly and obviously: NumPy in double precision, loops over windows.

Written from Liu et al. (2021, section 3), Fan et al. (2022) and Fu et al. (2024, section II.A), to be
compared with; nothing here is fast, shifts by rolling, masks or pads windows. Maps are ``[H, W, C]``, of one
picture. ``p`` holds a layer's tensors as arrays; linear layers store ``[out, in]`` and convolutions
``[out, in, k, k]``.
"""

import math
from itertools import product

import numpy as np
from scipy.special import erf

__all__ = [
    "batch_norm",
    "bilinear",
    "convolve",
    "gelu",
    "layer_norm",
    "linear",
    "merge",
    "pixel_shuffle",
    "prelu",
    "swin_layer",
    "within",
]


def within(tensors, prefix):
    """The tensors whose names begin with the prefix, without it."""
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def linear(x, p):
    y = x @ p["weight"].reshape(len(p["weight"]), -1).T
    return y + p["bias"] if "bias" in p else y


def layer_norm(x, p):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * p["weight"] + p["bias"]


def batch_norm(x, p):
    return (x - p["running_mean"]) / np.sqrt(p["running_var"] + 1e-5) * p["weight"] + p["bias"]


def gelu(x):
    return x * (1 + erf(x / math.sqrt(2))) / 2


def prelu(x, p):
    return np.where(x >= 0, x, p["weight"] * x)


def convolve(x, p, stride=1, pad=1):
    """Every output pixel is a sum over the kernel's places; beyond the edge is nothing."""
    weight, (height, width, _) = p["weight"], x.shape
    kernel = weight.shape[-1]
    rows, columns = ((n + 2 * pad - kernel) // stride + 1 for n in (height, width))
    y = np.zeros((rows, columns, len(weight)))
    for i, j, a, b in product(range(rows), range(columns), range(kernel), range(kernel)):
        r, c = i * stride + a - pad, j * stride + b - pad
        if 0 <= r < height and 0 <= c < width:
            y[i, j] += weight[:, :, a, b] @ x[r, c]
    return y + p["bias"] if "bias" in p else y


def window_of(height, width, largest):
    """Windows tile a map where its side has a divisor from half the largest to the largest."""

    def of(side):
        divisors = [w for w in range(1, largest + 1) if side % w == 0 and 2 * w >= largest]
        return side if side <= largest else max(divisors, default=largest)

    return min(of(height), of(width))


def attention(x, p, heads, largest, shifted, scale):
    """Each token looks at those in its window, each head by itself.

    Shifted, the grid of windows begins half a window further down and right. What lies before it is a
    window of its own, cut off by the edge.
    """
    height, width, dim = x.shape
    window = window_of(height, width, largest)
    shift = window // 2 if shifted and max(height, width) > window else 0
    head = dim // heads
    scale = scale or 1 / math.sqrt(head)
    qkv = linear(x, within(p, "qkv.")).reshape(height, width, 3, heads, head)
    y = np.zeros((height, width, heads, head))
    windows = {}
    for r, c in product(range(height), range(width)):
        windows.setdefault(((r - shift) // window, (c - shift) // window), []).append((r, c))
    for tokens in windows.values():
        for r, c in tokens:
            for h in range(heads):
                scores = np.array(
                    [
                        scale * qkv[r, c, 0, h] @ qkv[s, d, 1, h]
                        + p["bias"][h, r - s + largest - 1, c - d + largest - 1]
                        for s, d in tokens
                    ]
                )
                weights = np.exp(scores - scores.max())
                weights /= weights.sum()
                y[r, c, h] = sum(w * qkv[s, d, 2, h] for w, (s, d) in zip(weights, tokens, strict=True))
    return linear(y.reshape(height, width, dim), within(p, "out."))


def swin_layer(x, p, heads, largest, shifted, scale=None):
    normed = layer_norm(x, within(p, "norm1."))
    x = x + attention(normed, within(p, "attention."), heads, largest, shifted, scale)
    hidden = gelu(linear(layer_norm(x, within(p, "norm2.")), within(p, "mlp.0.")))
    return x + linear(hidden, within(p, "mlp.2."))


def merge(x, p):
    """Four neighbours side by side, left column first; what lacks at the edge is nothing."""
    height, width, dim = x.shape
    y = np.zeros((-(-height // 2), -(-width // 2), 4 * dim))
    for r, c in product(range(height), range(width)):
        place = 2 * (c % 2) + r % 2
        y[r // 2, c // 2, place * dim : (place + 1) * dim] = x[r, c]
    return linear(layer_norm(y, within(p, "norm.")), within(p, "reduce."))


def pixel_shuffle(x, factor):
    height, width, dim = x.shape
    y = np.zeros((height * factor, width * factor, dim // factor**2))
    for r, c in product(range(y.shape[0]), range(y.shape[1])):
        y[r, c] = x[r // factor, c // factor, (r % factor) * factor + c % factor :: factor**2]
    return y


def bilinear(x, factor):
    """Pixels are areas; beyond the middles of the outer ones nothing changes any more."""

    def along(x, axis):
        places = np.clip((np.arange(x.shape[axis] * factor) + 0.5) / factor - 0.5, 0, x.shape[axis] - 1)
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, x.shape[axis] - 1)
        part = (places - low).reshape([-1 if a == axis else 1 for a in range(3)])
        return np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part

    return along(along(x, 0), 1)
