"""Splits that keep the shares of the classes, and keep together what belongs together."""

from collections.abc import Mapping, Sequence

import numpy as np

from tuningfork.errors import DataError, UsageError
from tuningfork.labels.split_file import SplitFile, read_split

__all__ = ["EIGHT_ONE_ONE", "SplitFile", "make_split", "quotas", "read_split", "torn_groups"]

EIGHT_ONE_ONE = {"train": 0.8, "val": 0.1, "test": 0.1}
"""The split of Ma et al. (2023), table 2."""


def make_split(
    codes: np.ndarray,
    *,
    parts: Mapping[str, float] | None = None,
    folds: int | None = None,
    groups: np.ndarray | None = None,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> np.ndarray:
    """Draw a stratified split: every part has the classes in the same shares, as far as groups allow.

    Groups of several galaxies are dealt first, the largest ones before, each to the part that lacks most of
    what it brings; single galaxies then fill up what every class still lacks in every part.

    Parameters
    ----------
    codes : ndarray
        (n,) int class of each galaxy; below 0: no label, and no part.
    parts : mapping, optional
        Name -> share; the shares add up to 1. `EIGHT_ONE_ONE` when neither this nor ``folds`` is given.
    folds : int, optional
        Of so many equal parts, instead: for k-fold cross-validation.
    groups : ndarray, optional
        (n,) int; galaxies of one number stay together, those below 0 are alone.
    seed : int
        The same seed gives the same split.
    names : sequence of str, optional
        What messages call the classes, instead of their numbers.

    Returns
    -------
    ndarray
        (n,) name of the part as text, "" without; with ``folds`` int64 from 0, -1 without.

    Raises
    ------
    DataError
        There are no labels, or a class has fewer galaxies, or groups, than there are parts.

    Examples
    --------
    >>> make_split(np.zeros(10, int), seed=1).tolist().count("train")
    8
    """
    called, shares = _shares(parts, folds)
    codes = np.asarray(codes, np.int64)
    labelled = np.flatnonzero(codes >= 0)
    if not len(labelled):
        raise DataError("there are no labels to split")
    alone, together = _gathered(labelled, groups)
    counts = np.bincount(codes[labelled])
    _check_classes(codes, alone, together, len(called), names)
    rng = np.random.default_rng(seed)
    left = np.array([quotas(int(count), shares) for count in counts], np.int64)  # (classes, parts)
    drawn = np.full(len(codes), -1, np.int64)
    for place in sorted(rng.permutation(len(together)), key=lambda p: -len(together[p])):
        rows = together[place]
        brings = np.bincount(codes[rows], minlength=len(counts))
        part = int(np.argmax(_lack(left, brings, shares)))
        drawn[rows] = part
        left[:, part] -= brings
    for number in range(len(counts)):
        rows = rng.permutation(alone[codes[alone] == number])
        drawn[rows] = np.repeat(np.arange(len(called)), _filled(left[number], len(rows)))
    if folds is not None:
        return drawn
    return np.where(drawn >= 0, np.array(called, dtype=object)[drawn], "")


def quotas(count: int, shares: Sequence[float]) -> list[int]:
    """How many of ``count`` galaxies each part gets: part after part its share of what is left, rounded.

    A half is rounded down. With 0.8, 0.1, 0.1 these are the numbers of Ma et al. (2023), table 2. No part
    is left empty as long as there are as many galaxies as parts.
    """
    left, rest, found = count, 1.0, []
    for share in shares:
        exact = left * (share / rest) if rest > 1e-9 else left
        found.append(min(left, int(np.ceil(exact - 0.5 - 1e-9))))
        left, rest = left - found[-1], rest - share
    while count >= len(found) and 0 in found:
        found[found.index(0)] += 1
        found[int(np.argmax(found))] -= 1
    return found


def torn_groups(parts: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Numbers of the groups whose members stand in two parts, int64; galaxies without a part do not count.

    Parameters
    ----------
    parts : ndarray
        (n,) part of each galaxy, "" where there is none.
    groups : ndarray
        (n,) int, below 0: alone.
    """
    both = (np.asarray(parts, object) != "") & (np.asarray(groups) >= 0)
    _, code = np.unique(np.asarray(parts, object)[both].astype(str), return_inverse=True)
    pairs = np.unique(np.column_stack([np.asarray(groups)[both], code]), axis=0)
    numbers, times = np.unique(pairs[:, 0], return_counts=True)
    return numbers[times > 1].astype(np.int64)


def _shares(parts: Mapping[str, float] | None, folds: int | None) -> tuple[list[str], list[float]]:
    if folds is not None:
        if parts is not None or folds < 2:
            raise UsageError("a split has parts, or two folds or more")
        return [str(number) for number in range(folds)], [1 / folds] * folds
    given = dict(EIGHT_ONE_ONE if parts is None else parts)
    values = list(given.values())
    if len(given) < 2 or min(values) <= 0 or abs(sum(values) - 1) > 1e-6:
        raise UsageError("a split has two parts or more, whose shares add up to 1", where=str(given))
    return list(given), values


def _gathered(labelled: np.ndarray, groups: np.ndarray | None) -> tuple[np.ndarray, list[np.ndarray]]:
    """Rows that are alone, and those that stay together, group by group in the order of their numbers."""
    if groups is None:
        return labelled, []
    number = np.asarray(groups, np.int64)[labelled]
    sizes = np.bincount(number[number >= 0], minlength=1)
    single = (number < 0) | (sizes[np.maximum(number, 0)] < 2)
    rows, number = labelled[~single], number[~single]
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order])) + 1
    return labelled[single], [part for part in np.split(rows[order], starts) if len(part)]


def _check_classes(
    codes: np.ndarray,
    alone: np.ndarray,
    together: list[np.ndarray],
    parts: int,
    names: Sequence[str] | None,
) -> None:
    """Every class must come in as many groups as there are parts."""
    holders = np.bincount(codes[alone], minlength=int(codes.max()) + 1)
    for rows in together:
        holders[np.unique(codes[rows])] += 1
    poorest = int(np.argmin(holders))
    if holders[poorest] < parts:
        here = f"{holders[poorest]} galax{'y' if holders[poorest] == 1 else 'ies'}"
        raise DataError(
            f"class {names[poorest] if names else poorest} has {here} apart; each of {parts} parts needs one",
            remedy="Leave small classes out, or merge them",
        )


def _lack(left: np.ndarray, brings: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """How much each part lacks of what a group brings, as a share of its size; (parts,)."""
    weights = brings / brings.sum()
    return (weights[:, None] * left / (np.array(shares) * np.maximum(left.sum(axis=1), 1)[:, None])).sum(
        axis=0
    )


def _filled(left: np.ndarray, count: int) -> np.ndarray:
    """What ``count`` single galaxies fill up; groups may have taken more than a part's share."""
    wanted = np.maximum(left, 0)
    while wanted.sum() > count:
        wanted[int(np.argmax(wanted))] -= 1
    return wanted
