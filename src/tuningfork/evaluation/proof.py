"""Are two stamps the same picture? Lay one on the other and compare the detail."""

from functools import cache

import numpy as np

from tuningfork.evaluation.twins import ANGLES

__all__ = ["SAME_DETAIL", "same_detail"]

_SIDE = 64  # pixels
_SMOOTHING = 2.5  # pixels: what is broader is the glow that galaxies share
_COARSE = 3  # pixels between those that are compared first
_HOPE = 0.53  # coarse correlation under which no refining helps
_LEAST = 0.3  # of the area that has to be common
_ZOOMS = (1.0, 0.8, 1.25, 0.64, 1.5625)
SAME_DETAIL = 0.66  # correlation, set on half of the galaxies of benchmarks/fault_rates.py


def same_detail(first: np.ndarray, second: np.ndarray) -> float:
    """The correlation of the detail of two stamps at the best turn, mirroring, zoom and shift.

    The best of some 600 coarse positions (a tree of angles and zooms) is refined to an affine map by the
    enhanced correlation of Evangelidis & Psarakis (2008, IEEE TPAMI 30, 1858).

    Parameters
    ----------
    first, second : ndarray
        ``[H, W, C]`` encoded, or flux after a stretch.

    Returns
    -------
    float
        -1..1, 0 when nothing can be compared. See `SAME_DETAIL`.
    """
    a, b = _prepared(first), _prepared(second)
    if a is None or b is None:
        return 0.0
    broad_a, broad_b = (_detail(image, 5.0, soften=1.5)[::_COARSE, ::_COARSE].ravel() for image in (a, b))
    places, common = _coarse_places()
    moved = np.where(common, broad_b[places], 0)
    still = np.where(common, broad_a, 0)
    lengths = np.sqrt((moved * moved).sum(axis=1) * (still * still).sum(axis=1))
    scores = (moved * still).sum(axis=1) / np.maximum(lengths, 1e-9)
    order = np.argsort(scores)[::-1]
    if scores[order[0]] < _HOPE:
        return 0.0
    best = 0.0
    for turn in (_turns()[k] for k in order[:2]):
        best = max(best, _refined(a, b, turn))
        if best >= SAME_DETAIL:
            break
    return best


def _prepared(pixels: np.ndarray) -> np.ndarray | None:
    """The logarithm of the grey level in 64 x 64 pixels, None for a flat stamp."""
    import cv2

    from tuningfork.images.glance import small_picture

    picture = small_picture(pixels, 2 * _SIDE)
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    grey = picture.mean(axis=2)[top : top + side, left : left + side]
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    logarithm = np.log1p(np.clip(small, 0, None)).astype(np.float32)
    return logarithm if float(logarithm.std()) > 1e-3 else None


@cache
def _turns() -> list[np.ndarray]:
    """Affine maps ``[2, 3]`` about the middle: every angle of a fingerprint, mirrored or not, some zooms."""
    middle = (_SIDE - 1) / 2
    out = []
    for zoom in _ZOOMS:
        for mirror in (1, -1):
            for step in range(ANGLES):
                angle = 2 * np.pi * step / ANGLES
                turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
                turn = turn @ np.diag([1, mirror])
                out.append(np.column_stack([turn, middle - turn @ [middle, middle]]).astype(np.float32))
    return out


@cache
def _coarse_places() -> tuple[np.ndarray, np.ndarray]:
    """For every turn and coarse pixel the coarse pixel that comes to lie on it, and whether there is one."""
    along = np.arange(0, _SIDE, _COARSE, dtype=np.float32)
    y, x = (axis.ravel() for axis in np.meshgrid(along, along, indexing="ij"))
    from_x, from_y = np.moveaxis(np.array(_turns()) @ np.stack([x, y, np.ones_like(x)]), 1, 0)
    column, row = np.rint(from_x / _COARSE).astype(int), np.rint(from_y / _COARSE).astype(int)
    common = (column >= 0) & (column < len(along)) & (row >= 0) & (row < len(along))
    return np.where(common, row * len(along) + column, 0), common


def _detail(image: np.ndarray, smoothing: float, *, soften: float = 0.0) -> np.ndarray:
    """An image less its smooth part, in units of the contrast about each pixel."""
    import cv2

    fine = cv2.GaussianBlur(image, (0, 0), soften) if soften else image
    rest = fine - cv2.GaussianBlur(image, (0, 0), smoothing)
    contrast = np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), smoothing)) + 0.1 * float(rest.std()) + 1e-6
    return rest / contrast


def _laid(image: np.ndarray, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An image mapped by ``turn``, and where it is (bool)."""
    import cv2

    size = image.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mapped = cv2.warpAffine(image, turn, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=1e6)
    return mapped, mapped < 100


def _correlation(a: np.ndarray, b: np.ndarray, common: np.ndarray) -> float:
    """Of two images where both are; 0 when that is too little."""
    if common.mean() < _LEAST:
        return 0.0
    x, y = a[common] - a[common].mean(), b[common] - b[common].mean()
    return float((x @ y) / max(np.sqrt((x @ x) * (y @ y)), 1e-9))


def _refined(a: np.ndarray, b: np.ndarray, turn: np.ndarray) -> float:
    """Correlation of the fine detail after the map was refined."""
    import cv2

    broad_a, broad_b = (_detail(image, 5.0, soften=1.0) for image in (a, b))
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-3)
    try:
        _, turn = cv2.findTransformECC(broad_a, broad_b, turn.copy(), cv2.MOTION_AFFINE, stop, None, 3)
    except cv2.error:  # it found no way uphill: nothing in common
        return 0.0
    size = np.linalg.svd(turn[:, :2], compute_uv=False)
    if size.max() > 2 or size.min() < 0.5 or size.max() / size.min() > 1.15:  # no longer a zoom and a turn
        return 0.0
    scale = float(np.sqrt(size.prod()))
    # the finer of the two is smoothed to the other's grain before the detail is compared
    moved, common = _laid(cv2.GaussianBlur(b, (0, 0), 0.6 * max(scale, 1.0)), turn)
    still = cv2.GaussianBlur(a, (0, 0), 0.6 * max(1 / scale, 1.0))
    common = cv2.erode(common.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    filled = np.where(common, moved, still)
    return _correlation(_detail(still, _SMOOTHING), _detail(filled.astype(np.float32), _SMOOTHING), common)
