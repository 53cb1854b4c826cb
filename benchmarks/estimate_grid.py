"""Coverage of the estimates over prevalences, sizes of the audit and rankings, and of the stopping hint.

20,000 galaxies; the 300 highest of the ranking have been answered, then an audit of 50, 200 or 800 is drawn
from the rest by the strata and shares of a session. The ranking is random (d' = 0), good (d' = 2) or perfect.
The interval of completeness is that of prevalence and of the number left, seen from another side, so one
coverage stands for the three; ``top`` is that inside the top 1,000, where it is that of precision too. With
``eye`` the person misses 15 % of the positives, wherever they stand, and 40 planted known ones tell so.

``--stop`` simulates the hint to stop: 100,000 galaxies, audits one after the other, each a fifth of the
answers, among a hunt by a good ranking (d' = 3), a look at the hint after each; how often it says that one
may stop while the completeness inside the top 5,000 is below the 90 % that it asks for.

``--stop --closing`` does so with closing audits, which are drawn when finds run dry (``dry``) or by somebody
who begins one whenever none runs (``eager``), beside the same rankings without (``never``); for d' = 3 and 2,
a person who misses none, one who misses 15 %, and one of whom 300 known positives tell that they miss none.

    python benchmarks/estimate_grid.py --repeats 1000
    python benchmarks/estimate_grid.py --stop --repeats 200
    python benchmarks/estimate_grid.py --stop --closing --repeats 200
"""

import argparse
import json
from itertools import product

import numpy as np
from _closing import Loop, end_of

from tuningfork.labelling.estimates.audit import AuditCount, completeness, total_positives
from tuningfork.labelling.estimates.bounds import clopper_pearson
from tuningfork.labelling.estimates.people import EyeRate, seen_total
from tuningfork.labelling.estimates.weighted import Estimate
from tuningfork.labelling.streams.drawing import allocate, stratum_ends

GALAXIES, REVIEWED, PARTS = 20_000, 300, 20
MISSED, GOLD = 0.15, 40
MANY, TOP, WANTED = 100_000, 5_000, 0.9
PREVALENCES_OF_STOP, WELL_KNOWN = (0.005, 0.02), 300
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


def hint(repeats: int, seed: int, *, strengths: tuple[float, ...], closing: bool) -> None:
    """Without closing audits and, if asked, with them: when finds run dry, and whenever none runs."""
    people = [(0.0, 0), (MISSED, GOLD), *([(0.0, WELL_KNOWN)] if closing else [])]
    ways = ("never", "dry", "eager") if closing else ("never",)
    sizes = (100,) if closing else (100, 400)
    for strength, size, prevalence, (missed, gold), way in product(
        strengths, sizes, PREVALENCES_OF_STOP, people, ways
    ):
        chances = [
            [seed, size, int(1000 * prevalence), int(100 * missed), int(strength), r] for r in range(repeats)
        ]
        about = {"strength": strength, "missed": missed, "gold": gold, "size": size, "way": way}
        runs = [stopped(np.random.default_rng(chance), prevalence, **about) for chance in chances]
        stops = [end for end in runs if end is not None]
        early = sum(share < WANTED for share, *_ in stops)
        low, high = clopper_pearson(early, len(stops)) if stops else (0.0, 1.0)
        row = {"closing": way, "d'": strength, "audit": size, "prevalence": prevalence}
        row |= {"missed": missed, "known_positives": gold}
        row |= {"stopped": len(stops), "of": repeats, "too_early": early}
        row |= {"low": round(low, 3), "high": round(high, 3)}
        if stops:
            middle = np.median(np.array(stops), 0).round(3).tolist()
            row |= dict(zip(("completeness", "answers", "closings"), middle, strict=True))
            row |= {"most_answers": int(max(answers for _, answers, _ in stops))}
        print(json.dumps(row), flush=True)


def stopped(
    rng: np.random.Generator,
    prevalence: float,
    *,
    strength: float,
    missed: float,
    gold: int,
    size: int,
    way: str,
) -> tuple[float, int, int] | None:
    """Completeness, answers and closing audits when the hint first says that one may stop; None if it never
    does.
    """
    truth = in_order(rng, MANY, round(prevalence * MANY), strength)
    called = truth & (rng.random(MANY) >= missed)
    eye = EyeRate(int(rng.binomial(gold, 1 - missed)), gold) if gold else None
    ends = stratum_ends(MANY, TOP)
    near = int(np.searchsorted(ends, TOP)) + 1
    loop = Loop(called, TOP, WANTED, eye, eager=way == "eager")
    while not loop.answered[:TOP].all():
        for _ in range(4):  # an audit takes a fifth of the answers
            loop.hunt(size)
            sized = None if way == "never" else loop.offered()
            if sized is not None and loop.close(rng, sized):
                return end_of(loop, truth)
        _, top, rows = audit(rng, called, loop.answered, size, ends, near)
        loop.answered[rows] = True
        total = with_eye(top, loop.found, eye, TOP) if eye else total_positives([top], loop.found)
        assert total is not None
        if completeness(total, loop.found).low >= WANTED:
            return end_of(loop, truth)
    return None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stop", action="store_true", help="the hint to stop instead of the grid")
    parser.add_argument(
        "--closing", action="store_true", help="the same with closing audits, beside it without"
    )
    given = parser.parse_args()
    if not given.stop:
        grid(given.repeats, given.seed)
    else:
        hint(
            given.repeats,
            given.seed,
            strengths=(3.0, 2.0) if given.closing else (3.0,),
            closing=given.closing,
        )


if __name__ == "__main__":
    main()
