"""Positions on the sky: separations, what lies near, who belongs together. Degrees in, arcsec out.

Everything goes through unit vectors and a tree of them, so the poles and RA = 0 are places like any other. A
position that is not on the sky (NaN, declination beyond a pole) takes no part: it matches nothing and belongs
to no group. A separation comes from the chord, exact to about 1e-9 arcsec.
"""

import numpy as np

from tuningfork.errors import UsageError

__all__ = [
    "cone",
    "groups",
    "nearest",
    "on_sky",
    "pairs_between",
    "pairs_within",
    "parse_position",
    "separation",
    "unit_vectors",
]

_MOST_PAIRS = 200_000_000  # 5 GB of them; who asks for more has the radius wrong


def on_sky(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Which positions in degrees exist: RA from -180 to 360, declination from -90 to 90; bool ``[n]``."""
    ra, dec = np.asarray(ra, float), np.asarray(dec, float)
    return (ra >= -180) & (ra <= 360) & (np.abs(dec) <= 90)  # comparisons with NaN are false


def unit_vectors(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Unit vectors ``[n, 3]`` of positions in degrees; NaN where a position is not on the sky."""
    ra, dec = np.atleast_1d(np.asarray(ra, float)), np.atleast_1d(np.asarray(dec, float))
    known = on_sky(ra, dec)
    ra, dec = np.radians(np.where(known, ra, np.nan)), np.radians(np.where(known, dec, np.nan))
    return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def separation(ra: np.ndarray, dec: np.ndarray, other_ra: np.ndarray, other_dec: np.ndarray) -> np.ndarray:
    """Arcsec between positions, one by one: ``[n]``; NaN where one of the two is not on the sky."""
    return _arcsec(np.linalg.norm(unit_vectors(ra, dec) - unit_vectors(other_ra, other_dec), axis=1))


def cone(
    ra: np.ndarray, dec: np.ndarray, centre_ra: float, centre_dec: float, arcsec: float
) -> tuple[np.ndarray, np.ndarray]:
    """Positions within a radius of a centre.

    Returns
    -------
    indices : ndarray
        int64, nearest first.
    separations : ndarray
        Arcsec.
    """
    away = _arcsec(np.linalg.norm(unit_vectors(ra, dec) - _centre(centre_ra, centre_dec), axis=1))
    inside = np.flatnonzero(away <= _radius(arcsec))
    inside = inside[np.argsort(away[inside], kind="stable")]
    return inside, away[inside]


def pairs_within(ra: np.ndarray, dec: np.ndarray, arcsec: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of positions at most ``arcsec`` apart.

    Returns
    -------
    i, j : ndarray
        int64 with ``i < j``, in the order of ``i``, then ``j``.
    separations : ndarray
        Arcsec.

    Raises
    ------
    UsageError
        When there would be more than 200 million pairs.
    """
    vectors, rows = _known(ra, dec)
    tree, chord = _tree(vectors), _chord(arcsec)
    _check_number((tree.count_neighbors(tree, chord) - len(rows)) // 2, arcsec)
    pairs = np.sort(rows[tree.query_pairs(chord, output_type="ndarray")].reshape(-1, 2), axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    place = np.searchsorted(rows, pairs)
    away = _arcsec(np.linalg.norm(vectors[place[:, 0]] - vectors[place[:, 1]], axis=1))
    return pairs[:, 0], pairs[:, 1], away


def pairs_between(
    ra: np.ndarray, dec: np.ndarray, other_ra: np.ndarray, other_dec: np.ndarray, arcsec: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of one position here and one there, at most ``arcsec`` apart.

    Returns
    -------
    i, j : ndarray
        int64, by ``i``, then nearest first.
    separations : ndarray
        Arcsec.

    Raises
    ------
    UsageError
        When there would be more than 200 million pairs.
    """
    (vectors, rows), (others, other_rows) = _known(ra, dec), _known(other_ra, other_dec)
    tree, other_tree, chord = _tree(vectors), _tree(others), _chord(arcsec)
    _check_number(tree.count_neighbors(other_tree, chord), arcsec)
    found = tree.sparse_distance_matrix(other_tree, chord, output_type="ndarray")
    found = found[np.lexsort((found["j"], found["v"], found["i"]))]
    return rows[found["i"]], other_rows[found["j"]], _arcsec(found["v"])


def nearest(
    ra: np.ndarray,
    dec: np.ndarray,
    other_ra: np.ndarray,
    other_dec: np.ndarray,
    arcsec: float = 180 * 3600.0,
    k: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` nearest of other positions within a radius, for each position.

    Returns
    -------
    indices : ndarray
        int64 ``[n]`` for ``k = 1``, else ``[n, k]``, nearest first; -1 where there is none.
    separations : ndarray
        Arcsec, of the same shape; NaN where there is none.
    """
    (vectors, rows), (others, other_rows) = _known(ra, dec), _known(other_ra, other_dec)
    count = len(np.atleast_1d(np.asarray(ra, float)))
    indices, away = np.full((count, k), -1, np.int64), np.full((count, k), np.nan)
    if len(rows) and len(other_rows):
        chords, places = _tree(others).query(
            vectors, k=np.arange(1, k + 1), distance_upper_bound=_chord(arcsec)
        )
        there = np.isfinite(chords)
        indices[rows] = np.where(there, other_rows[np.where(there, places, 0)], -1)
        away[rows] = np.where(there, _arcsec(np.where(there, chords, 0)), np.nan)
    return (indices[:, 0], away[:, 0]) if k == 1 else (indices, away)


def groups(ra: np.ndarray, dec: np.ndarray, arcsec: float) -> np.ndarray:
    """Friends of friends: positions that a chain of steps of at most ``arcsec`` connects share a number.

    Returns
    -------
    ndarray
        int64 ``[n]``: groups numbered from 0 in the order in which their first members come, those of one
        member as well; -1 for a position that is not on the sky.

    Raises
    ------
    UsageError
        When more than 200 million pairs of different positions are as close as that.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ra, dec = np.atleast_1d(np.asarray(ra, float)), np.atleast_1d(np.asarray(dec, float))
    labels = np.full(len(ra), -1, np.int64)
    known = on_sky(ra, dec)
    if not known.any():
        return labels
    # a place that thousands share counts once: their pairs would be millions
    places, which = np.unique(np.column_stack([ra[known], dec[known]]), axis=0, return_inverse=True)
    i, j, _ = pairs_within(places[:, 0], places[:, 1], arcsec)
    graph = coo_matrix((np.ones(len(i), np.int8), (i, j)), shape=(len(places), len(places)))
    found = connected_components(graph, directed=False)[1][which.ravel()]
    _, first, number = np.unique(found, return_index=True, return_inverse=True)
    labels[known] = np.argsort(np.argsort(first))[number]
    return labels


def parse_position(ra: str | float, dec: str | float) -> tuple[float, float]:
    """Degrees of a position as people write it.

    Numbers are degrees. ``12:34:56.7`` and ``12h34m56.7s`` are hours in right ascension, ``-12:34:56`` and
    ``-12d34m56s`` degrees in declination.

    Raises
    ------
    UsageError
        What cannot be read, or is not on the sky.
    """
    from astropy.coordinates import Angle

    degrees = []
    for name, value, sexagesimal in (("right ascension", ra, "hourangle"), ("declination", dec, "deg")):
        text = str(value).strip()
        try:
            degrees.append(float(text))
            continue
        except ValueError:
            pass
        try:
            degrees.append(float(Angle(text, unit=sexagesimal).deg))
        except Exception:  # astropy's parser answers with several kinds of exception
            raise UsageError(
                f"'{text[:40]}' is no {name}", remedy="Write degrees, or 12:34:56.7 and -12:34:56"
            ) from None
    if not on_sky(*degrees):
        raise UsageError(
            f"the position {degrees[0]:g}, {degrees[1]:g} is not on the sky",
            remedy="Right ascension runs from 0 to 360 degrees, declination from -90 to 90",
        )
    return degrees[0] % 360, degrees[1]


def _centre(ra: float, dec: float) -> np.ndarray:
    if not on_sky(ra, dec):
        raise UsageError(f"the position {ra:g}, {dec:g} is not on the sky")
    return unit_vectors(ra, dec)[0]


def _known(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors ``[m, 3]`` of the positions that are on the sky, and their indices."""
    vectors = unit_vectors(ra, dec)
    rows = np.flatnonzero(np.isfinite(vectors[:, 0]))
    return vectors[rows], rows


def _tree(vectors: np.ndarray):
    from scipy.spatial import cKDTree

    return cKDTree(vectors, balanced_tree=False)  # balance costs medians and brings nothing here


def _radius(arcsec: float) -> float:
    if not arcsec >= 0:
        raise UsageError(f"a radius is 0 arcsec or more, not {arcsec:g}")
    return min(float(arcsec), 180 * 3600.0)


def _chord(arcsec: float) -> float:
    """The straight line under an angle; a hair more, so that a pair at the very radius is in."""
    return 2 * np.sin(np.radians(_radius(arcsec) / 3600) / 2) * (1 + 1e-12)


def _arcsec(chord: np.ndarray) -> np.ndarray:
    return np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1))) * 3600


def _check_number(pairs: int, arcsec: float) -> None:
    if pairs > _MOST_PAIRS:
        raise UsageError(
            f"{pairs:,} pairs are within {arcsec:g} arcsec of each other", remedy="Give a smaller radius"
        )
