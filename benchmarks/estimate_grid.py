"""Coverage of the estimates over prevalences, sizes of the audit and rankings, and of the stopping hint.

20,000 galaxies; the 300 highest of the ranking have been answered, then an audit of 50, 200 or 800 is drawn
from the rest by the strata and shares of a session. The ranking is random (d' = 0), good (d' = 2) or perfect.
The interval of completeness is that of prevalence and of the number left, seen from another side, so one
coverage stands for the three; ``top`` is that inside the top 1,000, where it is that of precision too. With
``eye`` the person misses 15 % of the positives, wherever they stand, and 40 planted known ones tell so.

``--stop`` simulates the hint to stop: 100,000 galaxies, audits one after the other, each a fifth of the
answers, among a hunt by a good ranking (d' = 3), a look at the hint after each; how often it says that one
may stop while the completeness inside the top 5,000 is below the 90 % that it asks for.

    python benchmarks/estimate_grid.py --repeats 1000
    python benchmarks/estimate_grid.py --stop --repeats 200
"""

import argparse
import json

import numpy as np

from tuningfork.labelling.estimates.audit import AuditCount, completeness, total_positives
from tuningfork.labelling.estimates.bounds import clopper_pearson
from tuningfork.labelling.estimates.people import EyeRate, seen_total
from tuningfork.labelling.estimates.weighted import Estimate
from tuningfork.labelling.streams.drawing import allocate, stratum_ends

GALAXIES, REVIEWED, PARTS = 20_000, 300, 20
MISSED, GOLD = 0.15, 40
MANY, TOP, WANTED = 100_000, 5_000, 0.9
PREVALENCES, SIZES, RANKINGS = (
    (0.005, 0.03, 0.2),
    (50, 200, 800),
    {"random": 0.0, "good": 2.0, "perfect": 99.0},
)


def in_order(rng: np.random.Generator, n: int, positives: int, strength: float) -> np.ndarray:
    """Which of the galaxies in rank order are positive: bool [n]."""
    truth = np.zeros(n, bool)
    truth[:positives] = True
    return truth[np.argsort(-(rng.normal(size=n) + strength * truth), kind="stable")]


def audit(
    rng: np.random.Generator, called: np.ndarray, answered: np.ndarray, size: int, ends: np.ndarray, near: int
) -> tuple[AuditCount, AuditCount, np.ndarray]:
    """An audit of those that were not answered: of all, of the candidate pool, and the rows it drew."""
    edges = np.concatenate([[0], ends])
    parts = [lo + np.flatnonzero(~answered[lo:hi]) for lo, hi in zip(edges, ends, strict=False)]
    frame = np.array([len(part) for part in parts])
    asked = allocate(frame, size, near)
    drawn = [rng.choice(part, n, replace=False) for part, n in zip(parts, asked, strict=True)]
    hits = np.array([int(called[rows].sum()) for rows in drawn])
    counts = [
        AuditCount(int((called & answered)[: ends[h - 1]].sum()), frame[:h], asked[:h], hits[:h])
        for h in (len(ends), near)
    ]
    return *counts, np.concatenate(drawn)


def with_eye(count: AuditCount, found: int, gold: EyeRate, pool: int) -> Estimate:
    """The number of positives, with the misses of the eye folded in."""
    return seen_total(lambda at: total_positives([count], found, level=at), found, gold, pool=pool)


def one(rng: np.random.Generator, prevalence: float, size: int, strength: float) -> dict[str, tuple]:
    """Whether each interval held, and how wide it was."""
    truth = in_order(rng, GALAXIES, round(prevalence * GALAXIES), strength)
    ends, near = stratum_ends(GALAXIES, GALAXIES // PARTS), 0
    near = int(np.searchsorted(ends, GALAXIES // PARTS)) + 1
    done = np.arange(GALAXIES) < REVIEWED
    told = {}
    called = truth & (rng.random(GALAXIES) >= MISSED)
    for name, said in (("all", truth), ("eye", called)):
        whole, top, rows = audit(rng, said, done, size, ends, near)
        seen = done.copy()
        seen[rows] = True
        for where, count, limit in ((name, whole, GALAXIES), (f"{name}, top", top, GALAXIES // PARTS)):
            found = int((said & seen)[:limit].sum())
            real = found / max(1, int(truth[:limit].sum()))
            if name == "eye":
                gold = EyeRate(int(rng.binomial(GOLD, 1 - MISSED)), GOLD)
                share = completeness(with_eye(count, found, gold, limit), found)
            else:
                total = total_positives([count], found)
                share = completeness(total, found)
            if truth[:limit].any():
                told[where] = share.low <= real <= share.high, share.high - share.low, share.value is None
    return told


def grid(repeats: int, seed: int) -> None:
    for strength_name, strength in RANKINGS.items():
        for prevalence in PREVALENCES:
            for size in SIZES:
                rng = np.random.default_rng([seed, int(strength), int(1000 * prevalence), size])
                runs = [one(rng, prevalence, size, strength) for _ in range(repeats)]
                for what in ("all", "all, top", "eye", "eye, top"):
                    kept = [run[what] for run in runs if what in run]
                    held = sum(k[0] for k in kept)
                    low, high = clopper_pearson(held, len(kept))
                    row = {"ranking": strength_name, "prevalence": prevalence, "audit": size, "of": what}
                    row |= {
                        "coverage": round(held / len(kept), 4),
                        "low": round(low, 4),
                        "high": round(high, 4),
                    }
                    row |= {"width": round(float(np.median([k[1] for k in kept])), 3)}
                    row |= {
                        "bound_only": round(float(np.mean([k[2] for k in kept])), 3),
                        "repeats": len(kept),
                    }
                    print(json.dumps(row), flush=True)


def hint(repeats: int, seed: int) -> None:
    for size in (100, 400):
        for prevalence in (0.005, 0.02):
            for missed in (0.0, MISSED):
                rng = np.random.default_rng([seed, size, int(1000 * prevalence), int(100 * missed)])
                ends = [stopped(rng, prevalence, missed, size) for _ in range(repeats)]
                stops = [end for end in ends if end is not None]
                early = sum(share < WANTED for share, *_ in stops)
                low, high = clopper_pearson(early, len(stops)) if stops else (0.0, 1.0)
                row = {"audit": size, "prevalence": prevalence, "missed": missed}
                row |= {"stopped": len(stops), "of": repeats, "too_early": early}
                row |= {"low": round(low, 3), "high": round(high, 3)}
                if stops:
                    names = ("completeness", "answers", "looks")
                    row |= dict(zip(names, np.median(np.array(stops), 0).round(3).tolist(), strict=True))
                print(json.dumps(row), flush=True)


def stopped(
    rng: np.random.Generator, prevalence: float, missed: float, size: int
) -> tuple[float, int, int] | None:
    """Completeness, answers and looks when the hint first says that one may stop; None if it never does."""
    truth = in_order(rng, MANY, round(prevalence * MANY), 3.0)
    called = truth & (rng.random(MANY) >= missed)
    gold = EyeRate(int(rng.binomial(GOLD, 1 - missed)), GOLD)
    ends = stratum_ends(MANY, TOP)
    near = int(np.searchsorted(ends, TOP)) + 1
    answered, looks = np.zeros(MANY, bool), 0
    while not answered[:TOP].all():
        answered[np.flatnonzero(~answered)[: 4 * size]] = True  # an audit takes a fifth of the answers
        _, top, rows = audit(rng, called, answered, size, ends, near)
        answered[rows] = True
        looks, found = looks + 1, int((called & answered)[:TOP].sum())
        total = with_eye(top, found, gold, TOP) if missed else total_positives([top], found)
        assert total is not None
        if completeness(total, found).low >= WANTED:
            return found / int(truth[:TOP].sum()), int(answered.sum()), looks
    return None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stop", action="store_true", help="the hint to stop instead of the grid")
    given = parser.parse_args()
    (hint if given.stop else grid)(given.repeats, given.seed)


if __name__ == "__main__":
    main()
