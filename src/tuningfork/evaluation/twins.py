"""Near-duplicates among many pictures, whichever way they are turned: fingerprints, candidates, proof.

A fingerprint is the detail of a stamp on rings about its brightest point: the logarithm of the radius on one
axis, the angle on the other. Turning a stamp shifts the angles, mirroring it reverses them, a crop or another
zoom shifts the rings; the strengths of the first waves along each ring change by none of the first two, and
make the candidates.
"""

from collections.abc import Iterator

import numpy as np

__all__ = ["ANGLES", "RINGS", "agreement", "candidate_pairs", "descriptors", "polar_print", "unit", "zoomed"]

RINGS, ANGLES = 20, 32
_INNER, _OUTER = 0.045, 0.47  # shorter sides
_SIDE = 96  # pixels; what is finer does not survive another compression
_WAVES = 9  # along a ring
_SHIFTS = 5  # rings to either side: zooms up to 1.8
_NEAREST = 5  # candidates a galaxy
_EXACT = 20_000  # galaxies up to which all are compared with all
_PROBES = 4  # cells that are searched for each galaxy when there are more
_OF_A_CELL = 2  # candidates from each of these


def polar_print(pixels: np.ndarray) -> np.ndarray:
    """The fingerprint of a stamp ``[H, W, C]`` (encoded, or flux after a stretch).

    Returns
    -------
    ndarray
        ``[RINGS, ANGLES]`` int8: detail, 32 for the contrast about it; zeros for a flat stamp.
    """
    import cv2

    from tuningfork.images.framing import climb
    from tuningfork.images.glance import small_picture

    picture = small_picture(pixels, _SIDE)
    grey = picture.mean(axis=2)
    y, x = climb(cv2.GaussianBlur(grey, (0, 0), 2.0))
    if np.hypot(y - grey.shape[0] / 2, x - grey.shape[1] / 2) > 0.2 * min(grey.shape):
        y, x = grey.shape[0] // 2, grey.shape[1] // 2
    radii = np.geomspace(_INNER, _OUTER, RINGS) * min(grey.shape)
    angles = np.arange(ANGLES) * 2 * np.pi / ANGLES
    detail = np.log1p(np.clip(cv2.GaussianBlur(grey, (0, 0), 1.0), 0, None))  # faint neighbours count as well
    columns = (x + radii[:, None] * np.cos(angles)).astype(np.float32)
    rows = (y + radii[:, None] * np.sin(angles)).astype(np.float32)
    polar = cv2.remap(detail, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    polar -= polar.mean(axis=1, keepdims=True)  # the round glow that all galaxies share
    spread = float(polar.std())
    if spread < 1e-3:
        return np.zeros((RINGS, ANGLES), np.int8)
    wrapped = np.concatenate([polar, polar, polar], axis=1)
    local = np.sqrt(cv2.blur(wrapped * wrapped, (11, 5)))[:, ANGLES : 2 * ANGLES]
    return np.clip(32 * polar / (local + 0.25 * spread), -127, 127).astype(np.int8)


def descriptors(prints: np.ndarray) -> np.ndarray:
    """What of fingerprints ``[n, RINGS, ANGLES]`` does not change by turning or mirroring.

    Returns
    -------
    ndarray
        Unit float32 ``[n, d]``, ring by ring, less the mean of all; zeros for flat stamps.
    """
    out = np.zeros((len(prints), RINGS * (_WAVES - 1)), np.float32)
    for start in range(0, len(prints), 8192):
        part = np.asarray(prints[start : start + 8192], np.float32)
        waves = np.sqrt(np.abs(np.fft.rfft(part, axis=2)[:, :, 1:_WAVES]))
        out[start : start + 8192] = waves.reshape(len(part), -1)
    seen = out.any(axis=1)
    out[seen] -= out[seen].mean(axis=0) if seen.sum() > 100 else out[seen].mean() if seen.any() else 0
    return unit(out)


def zoomed(vectors: np.ndarray, rings: int) -> np.ndarray:
    """Descriptors as they would be of stamps cut tighter by so many rings (of 13 per cent each)."""
    moved = np.zeros_like(vectors)
    width = rings * (_WAVES - 1)
    moved[:, width:] = vectors[:, : vectors.shape[1] - width]
    return unit(moved)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows at length one; zeros stay."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def agreement(first: np.ndarray, second: np.ndarray, *, shifts: int = _SHIFTS) -> np.ndarray:
    """How alike pairs of fingerprints are, at the best turn, mirroring and zoom.

    Parameters
    ----------
    first, second : ndarray
        ``[n, RINGS, ANGLES]`` int8.

    Returns
    -------
    ndarray
        ``[n]`` float32: the largest correlation over the rings that both have, -1..1; 0 for flat stamps.
    """
    a, b = (np.fft.rfft(p.astype(np.float32), axis=2) for p in (first, second))
    power_a, power_b = ((p.astype(np.float32) ** 2).sum(axis=2) for p in (first, second))
    best = np.zeros(len(first), np.float32)
    for shift in range(-shifts, shifts + 1):
        mine, yours = (
            slice(max(shift, 0), RINGS + min(shift, 0)),
            slice(max(-shift, 0), RINGS + min(-shift, 0)),
        )
        length = np.sqrt(power_a[:, mine].sum(axis=1) * power_b[:, yours].sum(axis=1))
        weight = 1 / np.maximum(length, 1e-6)
        for other in (np.conj(b[:, yours]), b[:, yours]):  # as it is, mirrored
            product = np.fft.irfft((a[:, mine] * other).sum(axis=1), n=ANGLES, axis=1).max(axis=1)
            np.maximum(best, product * weight, out=best)
    return best


def candidate_pairs(
    vectors: np.ndarray,
    own: int | None = None,
    *,
    asking: np.ndarray | None = None,
    nearest: int = _NEAREST,
    seed: int = 0,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The nearest neighbours of unit vectors, without comparing all with all.

    Up to 20,000 vectors all are compared, in blocks. More are put in about the root of their number of cells
    (k-means on a sample), and each is compared with those in the four cells next to it: the work grows with
    ``n ** 1.5``.

    Parameters
    ----------
    vectors : ndarray
        ``[n, d]`` float32.
    own : int, optional
        Only the rows below this one ask for their neighbours; all rows without it.
    asking : ndarray, optional
        ``[n, d]``: what the rows ask with, if not with their own vectors.

    Yields
    ------
    i, j : ndarray
        int64, ``i < j``, the same pair perhaps twice.
    cosine : ndarray
        float32.
    """
    own = len(vectors) if own is None else own
    nearest = nearest if len(vectors) <= _EXACT else min(nearest, _OF_A_CELL)
    asking = vectors if asking is None else asking
    for rows, others in _blocks(vectors, asking, own, seed):
        if not len(rows) or len(others) < 2:
            continue
        products = asking[rows] @ vectors[others].T
        products[rows[:, None] == others[None, :]] = -2
        count = min(nearest, len(others) - 1)
        place = np.argpartition(-products, count - 1, axis=1)[:, :count]
        i, j = np.repeat(rows, count), others[place].ravel()
        yield np.minimum(i, j), np.maximum(i, j), np.take_along_axis(products, place, axis=1).ravel()


def _blocks(
    vectors: np.ndarray, asking: np.ndarray, own: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows, and the rows with which these are to be compared; both int64."""
    block = 2048
    if len(vectors) <= _EXACT:
        everyone = np.arange(len(vectors))
        for start in range(0, own, block):
            yield np.arange(start, min(start + block, own)), everyone
        return
    centres = _cells(vectors, seed)
    home = _nearest_cells(vectors, centres, 1)[:, 0]
    probes = _nearest_cells(asking[:own], centres, _PROBES)
    order = np.argsort(home, kind="stable")
    members = np.split(order, np.searchsorted(home[order], np.arange(1, len(centres))))
    by_cell = np.argsort(probes.ravel(), kind="stable")
    ends = np.searchsorted(probes.ravel()[by_cell], np.arange(len(centres) + 1))
    for cell, inside in enumerate(members):
        rows = by_cell[ends[cell] : ends[cell + 1]] // _PROBES
        for start in range(0, len(rows), block):
            for other in range(0, len(inside), 4 * block):  # a cell may hold thousands of equal stamps
                yield rows[start : start + block], inside[other : other + 4 * block]


def _nearest_cells(vectors: np.ndarray, centres: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` cells next to each vector, int32 ``[n, count]``, in no order."""
    near = np.empty((len(vectors), count), np.int32)
    for start in range(0, len(vectors), 16_384):
        products = vectors[start : start + 16_384] @ centres.T
        near[start : start + 16_384] = np.argpartition(-products, count - 1, axis=1)[:, :count]
    return near


def _cells(vectors: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.cluster import MiniBatchKMeans

    count = int(np.clip(np.sqrt(len(vectors)), 64, 4096))
    rng = np.random.default_rng(seed)
    sample = vectors[np.sort(rng.choice(len(vectors), min(len(vectors), 32 * count), replace=False))]
    means = MiniBatchKMeans(count, batch_size=4096, n_init=1, max_iter=20, random_state=seed).fit(sample)
    centres = means.cluster_centers_.astype(np.float32)
    return centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
