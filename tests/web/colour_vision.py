"""Pictures as people without red or green cones see them: ``python -m tests.web.colour_vision IN OUT``.

Machado, Oliveira & Fernandes (2009, IEEE TVCG 15, 1291), table 1, severity 1, applied to linear light.
"""

import sys

import numpy as np

__all__ = ["MATRICES", "contrast", "simulate"]

MATRICES = {
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def simulate(rgb, kind):
    """uint8 ``[..., 3]`` red first, as seen with this kind of colour vision."""
    light = np.clip(_linear(rgb) @ MATRICES[kind].T, 0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (coded * 255 + 0.5).astype(np.uint8)


def contrast(one, other):
    """WCAG 2 contrast of two colours, 1 to 21."""
    bright, dark = sorted((float(_linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _linear(rgb):
    value = np.asarray(rgb, float) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


if __name__ == "__main__":
    import cv2

    picture = cv2.imread(sys.argv[1])[:, :, ::-1]
    both = np.hstack([simulate(picture, kind) for kind in MATRICES])
    cv2.imwrite(sys.argv[2], both[:, :, ::-1])
