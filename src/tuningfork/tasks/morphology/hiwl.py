"""Classes that are confused, merged and then parted. Ma et al. 2023, sections 3.1.2 and 4.3.1 (HIWL)."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from tuningfork.errors import UnknownNameError, UsageError

__all__ = [
    "best_together",
    "checked_groups",
    "merged",
    "named_groups",
    "propose_groups",
    "sequential",
    "together",
]

Groups = Mapping[str, tuple[str, ...]]


def named_groups(text: str) -> dict[str, tuple[str, ...]]:
    """``A+B,C+D`` as merged groups by name; a group is called by its classes."""
    found = {}
    for part in text.split(","):
        names = tuple(name.strip() for name in part.split("+"))
        found["+".join(names)] = names
    return found


def checked_groups(groups: Groups, classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The groups, or `UsageError`: one class alone, a class in two groups, nothing left to tell apart."""
    every = [name for names in groups.values() for name in names]
    for name in every:
        if name not in classes:
            raise UnknownNameError("class", name, classes, where="--hiwl")
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise UsageError(f"'{twice[0]}' is named twice", where="--hiwl")
    alone = [names[0] for names in groups.values() if len(names) < 2]
    if alone:
        raise UsageError(
            f"'{alone[0]}' alone is no group", where="--hiwl", remedy="Join classes by +, as A+B"
        )
    if len(classes) - len(every) + len(groups) < 2:
        raise UsageError("all classes are merged: the first stage has nothing to tell apart", where="--hiwl")
    return dict(groups)


def merged(labels: np.ndarray, groups: Groups) -> np.ndarray:
    """(n,) labels with the classes of a group under its name."""
    found = labels.astype(object).copy()
    for group, names in groups.items():
        found[np.isin(labels, names)] = group
    return found


def propose_groups(truth: np.ndarray, said: np.ndarray, classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The two classes that a first model confuses most, as a group.

    By the larger of two shares: of the galaxies of one class that were called the other. So a small class
    that vanishes in a large one is found, as the 39 cigars among the edge-on discs.

    Parameters
    ----------
    truth, said : ndarray
        (n,) classes as text.
    classes : sequence of str

    Returns
    -------
    dict
        One group; none where nothing was confused, or there are fewer than three classes.
    """
    if len(classes) < 3:
        return {}
    place = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)))
    for is_one, called in zip(truth, said, strict=True):
        if called in place:
            counts[place[is_one], place[called]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    both = np.triu(np.maximum(shares, shares.T) + (shares + shares.T) * 1e-3, 1)  # ties by the sum
    first, second = np.unravel_index(int(both.argmax()), both.shape)
    if not both[first, second]:
        return {}
    names = (classes[int(first)], classes[int(second)])
    return {"+".join(names): names}


def together(
    classes: Sequence[str],
    first: tuple[Sequence[str], np.ndarray],
    second: Mapping[str, tuple[Sequence[str], np.ndarray]],
) -> np.ndarray:
    """Probabilities of the classes from those of the stages.

    Parameters
    ----------
    classes : sequence of str
    first : (sequence of str, ndarray)
        Answers of the first stage, classes and groups, and (n, answers) probabilities.
    second : mapping
        Group -> its classes and (n, classes) probabilities.

    Returns
    -------
    ndarray
        (n, K): p(class), or p(group) p(class | group).
    """
    answers, shares = first
    column = {name: shares[:, number] for number, name in enumerate(answers)}
    for group, (names, parted) in second.items():
        whole = column.pop(group)
        column |= {name: whole * parted[:, number] for number, name in enumerate(names)}
    return np.stack([column[name] for name in classes], 1)


def sequential(
    classes: Sequence[str],
    first: tuple[Sequence[str], np.ndarray],
    second: Mapping[str, tuple[Sequence[str], np.ndarray]],
) -> np.ndarray:
    """(n,) number of the class as the paper decides: the first stage's best answer, parted where merged.

    It may differ from the largest of `together`, where a class beats all parts of the likeliest group.
    """
    answers, shares = first
    best = np.nan_to_num(shares).argmax(axis=1)
    place = {name: number for number, name in enumerate(classes)}
    found = np.array([place.get(name, -1) for name in answers])[best]
    for group, (names, parted) in second.items():
        mine = best == list(answers).index(group)
        found[mine] = np.array([place[name] for name in names])[np.nan_to_num(parted[mine]).argmax(axis=1)]
    return found


def best_together(
    classes: Sequence[str],
    first: tuple[Sequence[str], Sequence[np.ndarray]],
    second: Mapping[str, tuple[Sequence[str], Sequence[np.ndarray]]],
    truth: np.ndarray,
    score: str = "accuracy",
) -> tuple[tuple[int, ...], list[dict[str, object]]]:
    """Try the best passes of the stages together and take the best combination on held-out galaxies.

    Parameters
    ----------
    classes : sequence of str
    first : (sequence of str, sequence of ndarray)
        Answers, and the probabilities (n, answers) of each candidate.
    second : mapping
        Group -> its classes, and the probabilities of each candidate.
    truth : ndarray
        (n,) number of the true class.
    score : str
        As of `tuningfork.tasks.classification.targets.ClassTarget.scores`.

    Returns
    -------
    chosen : tuple of int
        The candidate of the first stage, and of each group; of equal combinations the earliest.
    table : list of dict
        Every combination with its scores, by the product of probabilities, and ``sequential_accuracy``, by
        the paper's decision.
    """
    from tuningfork.tasks.classification.targets import ClassTarget

    target = ClassTarget(tuple(classes), by=score)
    table: list[dict[str, object]] = []
    best, chosen = -np.inf, (0,) * (1 + len(second))
    for picks in product(range(len(first[1])), *(range(len(parted)) for _, parted in second.values())):
        one = (first[0], first[1][picks[0]])
        two = {g: (names, p[pick]) for (g, (names, p)), pick in zip(second.items(), picks[1:], strict=True)}
        shares = together(classes, one, two)
        scores = target.scores(np.log(np.maximum(shares, 1e-12)), truth)
        steps = float((sequential(classes, one, two) == truth).mean())
        table.append({"candidates": list(picks), **scores, "sequential_accuracy": steps})
        value = scores[score] if target.rising else -scores[score]
        if value > best:
            best, chosen = value, picks
    return chosen, table
