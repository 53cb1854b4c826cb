"""Five hand measurements of a galaxy: what learnt features have to beat."""

import numpy as np

__all__ = ["MEASUREMENTS", "central_object", "centroid", "colour_of", "measure", "sky_of"]

MEASUREMENTS = ("size", "axis ratio", "concentration", "asymmetry", "colour")

DETECTION_SIGMA = 2.0
SMALLEST_OBJECT = 12  # pixels; below this the centre of the stamp is measured instead


def measure(stamp: np.ndarray) -> np.ndarray:
    """Measure the central galaxy of a stamp.

    Parameters
    ----------
    stamp : ndarray
        (H, W, C) float32 in 0..1, bands from blue to red, row 0 the top.

    Returns
    -------
    ndarray
        (5,) float64:

        - size: radius with half the light, over half the stamp's shorter side;
        - axis ratio: minor over major axis of the second moments, 0..1;
        - concentration: 5 log10(r80 / r20) (Bershady, Jangren & Conselice 2000, AJ 119, 2645);
        - asymmetry: share of light that a half turn about the centroid moves (Conselice 2003, ApJS 147, 1);
        - colour: 2.5 log10 of reddest over bluest band, of the stretched light; 0 with one band.
    """
    bands = np.asarray(stamp, dtype=np.float32)
    grey = bands.mean(axis=2)
    sky, noise = sky_of(grey)
    galaxy = central_object(grey - sky > DETECTION_SIGMA * noise)
    light = _trimmed(np.where(galaxy, np.clip(grey - sky, 0, None), 0)).astype(np.float64)
    if light.sum() <= 0:
        return np.zeros(len(MEASUREMENTS))
    y, x = centroid(light)
    r20, r50, r80 = _radii(light, y, x, (0.2, 0.5, 0.8))
    return np.array(
        [
            r50 / (min(grey.shape) / 2),
            _axis_ratio(light, y, x),
            5 * np.log10(r80 / r20),
            _asymmetry(light, y, x),
            colour_of(bands, galaxy),
        ]
    )


def sky_of(grey: np.ndarray) -> tuple[float, float]:
    """Median and scatter of the stamp's border, a tenth of its side wide."""
    width = max(1, min(grey.shape) // 10)
    border = np.concatenate(
        [grey[:width].ravel(), grey[-width:].ravel(), grey[:, :width].ravel(), grey[:, -width:].ravel()]
    )
    level = float(np.median(border))
    return level, max(1.4826 * float(np.median(np.abs(border - level))), 1 / 255)


def central_object(mask: np.ndarray) -> np.ndarray:
    """The connected part of a mask nearest to the centre; a central disc when there is none to speak of."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    distance = _distance(mask.shape, (mask.shape[0] - 1) / 2, (mask.shape[1] - 1) / 2)
    large = stats[:, cv2.CC_STAT_AREA] >= SMALLEST_OBJECT
    large[0] = False  # the background
    if not large.any():
        return distance <= min(mask.shape) / 8
    return labels == labels.flat[np.where(large[labels], distance, np.inf).argmin()]


def _trimmed(light: np.ndarray) -> np.ndarray:
    """The part of an image that is not zero, so that nothing is computed on empty sky."""
    rows, columns = np.flatnonzero(light.any(axis=1)), np.flatnonzero(light.any(axis=0))
    return light[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else light


def _distance(shape: tuple[int, int], y: float, x: float) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(rows - y, columns - x)


def centroid(light: np.ndarray) -> tuple[float, float]:
    rows, columns = np.ogrid[: light.shape[0], : light.shape[1]]
    return float((light * rows).sum() / light.sum()), float((light * columns).sum() / light.sum())


def _radii(light: np.ndarray, y: float, x: float, shares: tuple[float, ...]) -> list[float]:
    """Radii about (y, x) that hold these shares of the light, at least half a pixel."""
    distance = _distance(light.shape, y, x).ravel()
    order = np.argsort(distance, kind="stable")
    grown = np.cumsum(light.ravel()[order]) / light.sum()
    return [max(0.5, float(np.interp(share, grown, distance[order]))) for share in shares]


def _axis_ratio(light: np.ndarray, y: float, x: float) -> float:
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    weights = light.ravel() / light.sum()
    offsets = np.stack([rows.ravel() - y, columns.ravel() - x])
    small, large = np.linalg.eigvalsh((offsets * weights) @ offsets.T)
    return float(np.sqrt(max(small, 0) / large)) if large > 0 else 1.0


def _asymmetry(light: np.ndarray, y: float, x: float) -> float:
    """Half the summed difference from the stamp turned by 180 degrees about (y, x), over the light."""
    import cv2

    half_turn = np.array([[-1.0, 0.0, 2 * x], [0.0, -1.0, 2 * y]])
    turned = cv2.warpAffine(light, half_turn, light.shape[::-1], flags=cv2.INTER_LINEAR)
    turned_away = max(0.0, light.sum() - turned.sum())  # light that meets empty sky after the turn
    return float((np.abs(light - turned).sum() + turned_away) / (2 * light.sum()))


def colour_of(bands: np.ndarray, galaxy: np.ndarray) -> float:
    if bands.shape[2] == 1:
        return 0.0
    light = [
        np.clip(band[galaxy] - sky_of(band)[0], 0, None).sum() + 1 / 255
        for band in (bands[..., 0], bands[..., -1])
    ]
    return float(2.5 * np.log10(light[1] / light[0]))
