"""How often the intervals of the estimates hold, on made scores with a known truth.

Binormal scores: 200,000 galaxies of which 200 are positive, the positives' scores lie d' = 3 (a fair model)
or 4 (a good one) above the others'. The top 500 have been answered; an audit of 300, 1,000 or 3,000 galaxies
is drawn from the rest, at once or in three frozen draws between which the model finds more. For the
completeness in the whole collection and inside the top 10,000: the coverage of 95 % intervals (one-sided
ones below five hits), root mean square error and bias of the number (which is not shown below five hits),
and how often only a bound could be given. The same for a uniform draw of as many.

    python benchmarks/estimate_coverage.py --repeats 1000
"""

import argparse
import json

import numpy as np
from scipy.stats import norm

from tuningfork.labelling.estimates.audit import AuditCount, completeness, total_positives
from tuningfork.labelling.streams.drawing import allocate, stratum_ends

GALAXIES, POSITIVES, REVIEWED, INSIDE = 200_000, 200, 500, 10_000


def ranks(rng: np.random.Generator, strength: float) -> np.ndarray:
    """The ranks of the positives, rising, from 0."""
    scores = np.sort(rng.normal(strength, 1, POSITIVES))[::-1]
    above = rng.binomial(GALAXIES - POSITIVES, norm.sf(scores))
    return np.sort(above) + np.arange(POSITIVES)


def audit(
    rng: np.random.Generator, positives: np.ndarray, done: int, size: int, ends: np.ndarray, *, uniform: bool
) -> tuple[AuditCount, AuditCount]:
    """One audit after the ``done`` highest were answered: of the whole collection, and of the candidate
    pool.
    """
    edges = np.concatenate([[0], ends])
    frame = np.diff(np.maximum(edges, done))
    left = positives[positives >= done]
    there = np.histogram(left, bins=edges)[0] if len(left) else np.zeros(len(ends), np.int64)
    near = int(np.searchsorted(ends, INSIDE)) + 1
    asked = rng.multivariate_hypergeometric(frame, size) if uniform else allocate(frame, size, near)
    hits = rng.hypergeometric(there, frame - there, asked)
    known = int((positives < done).sum())
    if uniform:  # known only as one stratum: post-stratification would be another design
        whole = AuditCount(known, frame.sum(keepdims=True), asked.sum(keepdims=True), hits.sum(keepdims=True))
        inside = AuditCount(known, *(a[:near].sum(keepdims=True) for a in (frame, asked, hits)))
        return whole, inside
    return AuditCount(known, frame, asked, hits), AuditCount(known, frame[:near], asked[:near], hits[:near])


def simulate(strength: float, size: int, *, design: str, repeats: int, seed: int) -> list[dict]:
    """One row for the whole collection and one for the candidate pool."""
    rng = np.random.default_rng([seed, int(10 * strength), size, len(design)])
    ends = stratum_ends(GALAXIES, INSIDE)
    seen: dict[str, list[tuple]] = {"whole": [], "top 10,000": []}
    for _ in range(repeats):
        positives = ranks(rng, strength)
        steps = (200, 350, 500) if design == "three frozen" else (REVIEWED,)
        audits = [
            audit(rng, positives, done, size // len(steps), ends, uniform=design == "uniform")
            for done in steps
        ]
        for place, which in enumerate(seen):
            counts = [a[place] for a in audits]
            if place:
                counts = counts[-1:]  # the pool's ranking is another one in each draw: only the last counts
            limit = GALAXIES if not place else INSIDE
            truth = int((positives < limit).sum())
            # what the audit itself found is found as well
            found = int((positives < REVIEWED).sum()) + int(counts[-1].hits.sum())
            total = total_positives(counts, found)
            if total is None:
                seen[which].append((None,) * 4)
                continue
            share, real = completeness(total, found), found / truth
            point = found / max(found, _point(counts))
            seen[which].append((share.low <= real <= share.high, point - real, share, real))
    return [_row(strength, size, design, which, told) for which, told in seen.items()]


def _point(counts: list[AuditCount]) -> float:
    """The number that would be shown if none were held back."""
    counts = [c for c in counts if c.ready]
    sizes = np.array([c.size for c in counts], float)
    totals = [c.known + (c.hits * c.frame / np.maximum(c.asked, 1)).sum() for c in counts]
    return float((sizes / sizes.sum()) @ totals)


def _row(strength: float, size: int, design: str, which: str, told: list[tuple]) -> dict:
    kept = [t for t in told if t[0] is not None]
    errors = np.array([t[1] for t in kept])
    shown = np.array([t[1] for t in kept if t[2].value is not None])
    return {
        "model": strength,
        "audit": size,
        "design": design,
        "of": which,
        "truth": round(float(np.mean([t[3] for t in kept])), 3),
        "coverage": round(float(np.mean([t[0] for t in kept])), 4),
        "low": round(float(np.median([t[2].low for t in kept])), 3),
        "high": round(float(np.median([t[2].high for t in kept])), 3),
        "bound_only": round(1 - len(shown) / len(kept), 3),
        "rmse": round(float(np.sqrt((errors**2).mean())), 3),
        "bias": round(float(errors.mean()), 3),
        "rmse_shown": round(float(np.sqrt((shown**2).mean())), 3) if len(shown) else None,
        "repeats": len(kept),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for strength in (3.0, 4.0):
        for size in (300, 1000, 3000):
            for design in ("stratified", "three frozen", "uniform"):
                for row in simulate(strength, size, design=design, repeats=given.repeats, seed=given.seed):
                    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
