"""How well a model tells pictures that are unlike all it learnt: made ones, and other collections.

Three measures are compared: `tuningfork.tasks.morphology.familiarity` (what `predict` writes), the distance
to the fifth nearest galaxy that was learnt from in the same features (with ``--learnt``), and the probability
of the likeliest class, which networks of votes do not have. Of each kind of picture the area under the
receiver's curve against the model's own galaxies is told with its 95 % interval, and how many fall below a
familiarity of 0.01. Does accuracy fall with unfamiliarity? With ``--label`` the galaxies are judged in fifths
from the most familiar on.

Galaxies must not be those that were learnt from. Without ``--galaxies`` pieces of the Hubble Deep Field are
taken, which only shows that it runs. Models of two stages are refused.

Example: python benchmarks/unfamiliar.py --galaxies gz5 --where "split = 'val'" --learnt "split = 'train'"
    --label label --others gz1:label --others decals_rings
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from _measuring import machine, pieces, tell

from tuningfork.collection import Collection, create_collection, rows_where
from tuningfork.evaluation import Judged, wilson
from tuningfork.evaluation.classified import area_under_roc
from tuningfork.evaluation.intervals import Interval
from tuningfork.tasks.morphology.familiarising import Features, features_of
from tuningfork.tasks.morphology.model import Model
from tuningfork.tasks.morphology.shelf import load_predictor

SIDE, LIMIT, NEIGHBOUR = 264, 0.01, 5
Make = Callable[[np.ndarray, np.random.Generator], np.ndarray]
Y, X = np.mgrid[:SIDE, :SIDE].astype(float)


def sky(rng: np.random.Generator) -> np.ndarray:
    """Noise about a dark level, as an empty field is drawn."""
    return rng.normal(rng.uniform(3, 15), rng.uniform(2, 8), (SIDE, SIDE, 3))


def across(rng: np.random.Generator) -> np.ndarray:
    """How far each pixel is from a line through about the middle."""
    turn = rng.uniform(0, np.pi)
    return np.abs(np.cos(turn) * (X - SIDE / 2) + np.sin(turn) * (Y - SIDE / 2) + rng.normal(0, 15))


def streak(rng: np.random.Generator) -> np.ndarray:
    """A satellite's."""
    light = rng.uniform(120, 300) * np.exp(-(across(rng) ** 2) / 2 / rng.uniform(1, 4) ** 2)
    return light[..., None] * rng.uniform(0.7, 1, 3)


def dots(rng: np.random.Generator, number: int, width: tuple[float, float], light: float) -> np.ndarray:
    """Points of light at random places; a single one in the middle."""
    found = np.zeros((SIDE, SIDE, 3))
    for _ in range(number):
        at = rng.uniform(0, SIDE, 2) if number > 1 else np.full(2, SIDE / 2)
        away, size = np.hypot(X - at[0], Y - at[1]), rng.uniform(*width)
        shape = (1 + (away / size / 2) ** 2) ** -2.5
        found += rng.uniform(0.3, 1) * light * shape[..., None] * rng.uniform(0.6, 1, 3)
    return found


def saturated(rng: np.random.Generator) -> np.ndarray:
    """A star with a full core and spikes."""
    found = dots(rng, 1, (6, 25), 5000)
    for off, along in ((np.abs(X - SIDE / 2), Y), (np.abs(Y - SIDE / 2), X)):
        spike = 1500 * np.exp(-(off**2) / 4) * np.exp(-np.abs(along - SIDE / 2) / rng.uniform(25, 70))
        found += spike[..., None]
    return found


def coarse(galaxy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The galaxy in blocks."""
    step = SIDE // 12
    return np.kron(galaxy[::step, ::step], np.ones((step, step, 1)))[:SIDE, :SIDE]


KINDS: dict[str, Make] = {
    "sky noise": lambda g, rng: sky(rng),
    "white noise": lambda g, rng: rng.uniform(0, 255, (SIDE, SIDE, 3)),
    "gradient": lambda g, rng: across(rng)[..., None] * np.ones(3) + rng.normal(0, 2, (SIDE, SIDE, 3)),
    "saturated star": lambda g, rng: sky(rng) + saturated(rng),
    "faint star": lambda g, rng: sky(rng) + dots(rng, 1, (1.5, 3.5), 600),
    "crowded field": lambda g, rng: sky(rng) + dots(rng, int(rng.integers(15, 60)), (1.5, 4), 250),
    "satellite trail": lambda g, rng: sky(rng) + streak(rng),
    "galaxy under a trail": lambda g, rng: g + streak(rng),
    "galaxy, lower half black": lambda g, rng: np.where((Y < SIDE / 2)[..., None], g, 0),
    "galaxy in negative": lambda g, rng: 255.0 - g,
    "galaxy, red for blue": lambda g, rng: g[..., ::-1],
    "galaxy under noise": lambda g, rng: g + rng.normal(0, 40, g.shape),
    "galaxy in blocks": coarse,
}


class Measures:
    """Three measures of one model, each larger for what is less alike.

    Parameters
    ----------
    model : Model or VoteModel
        Of one stage, with a measure of familiarity.
    learnt : ndarray or None
        (n, D) features of galaxies that it learnt from.
    """

    def __init__(self, model, learnt: np.ndarray | None):
        if any(member.group for member in model.members) or model.familiarity is None:
            raise SystemExit(f"'{model.name}' has two stages, or no measure of familiarity")
        self.model, self.dims, self.learnt = model, Features(model).dims, learnt

    def __call__(self, features: np.ndarray) -> dict[str, np.ndarray]:
        parts = torch.from_numpy(features).split(self.dims, 1)
        with torch.inference_mode():
            told = [known(own) for known, own in zip(self.model.familiarity.known, parts, strict=True)]
            found = {"unlikeness": torch.stack(told).mean(0).numpy()}
            if isinstance(self.model, Model):
                heads = [member.encoder.network[-1] for member in self.model.members]
                said = [head(own.to(head.weight.device)) for head, own in zip(heads, parts, strict=True)]
                p = sum(each.softmax(1).cpu() for each in said) / len(heads)
                found["1 - p"] = 1 - p.amax(1).numpy()
        if self.learnt is not None:
            found["neighbours"] = np.concatenate([self._fifth(rows) for rows in _blocks(features)])
        return found

    def _fifth(self, rows: np.ndarray) -> np.ndarray:
        away = torch.cdist(torch.from_numpy(rows), torch.from_numpy(self.learnt))
        return away.kthvalue(min(NEIGHBOUR, len(self.learnt)), 1).values.numpy()


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), 256):
        yield rows[start : start + 256]


def made(model, galaxies: list[np.ndarray], kind: str, count: int) -> np.ndarray:
    """Features of so many pictures of a kind."""
    rng, network = np.random.default_rng([len(kind), count]), Features(model)
    pictures = [KINDS[kind](galaxies[n % len(galaxies)].astype(float), rng) for n in range(count)]
    with torch.inference_mode():
        x = model.encoder.preprocess([np.clip(picture, 0, 255).astype(np.uint8) for picture in pictures])
        return network(x.to(model.encoder.device)).cpu().numpy()


def as_pictures(collection: Collection, rows: np.ndarray) -> list[np.ndarray]:
    """Galaxies of one size, blue first."""
    import cv2

    return [cv2.resize(pixels, (SIDE, SIDE)) for pixels in collection.pixels(rows)]


def told_apart(usual: np.ndarray, strange: np.ndarray) -> Interval:
    """The area under the receiver's curve of a measure."""
    from scipy.stats import rankdata

    share = rankdata(np.r_[usual, strange]) / (len(usual) + len(strange) + 1)
    truth = np.r_[np.zeros(len(usual), int), np.ones(len(strange), int)]
    return area_under_roc(Judged(("usual", "strange"), truth, np.stack([1 - share, share], 1), truth), 1)


def compared(measures: Measures, own: dict[str, np.ndarray], features: np.ndarray) -> dict[str, str]:
    """Each measure's area under the curve, and the share without an answer."""
    others, found = measures(features), {}
    for name, usual in own.items():
        area = told_apart(usual, others[name])
        found[name] = f"{area.value:.3f} [{area.low:.3f}, {area.high:.3f}]"
    flagged = int((measures.model.familiarity.p_values(others["unlikeness"]) < LIMIT).sum())
    share = wilson(flagged, len(features))
    found["share flagged"] = f"{share.value:.2f} [{share.low:.2f}, {share.high:.2f}] of {len(features)}"
    return found


def others_of(model, asked: str) -> Iterator[tuple[str, np.ndarray]]:
    """Features of another collection, and of each value of one of its columns."""
    path, _, column = asked.partition(":")
    collection = Collection.open(path)
    features, read = features_of(model, collection, np.arange(len(collection)))
    whole = np.concatenate(features, 1)
    yield collection.name, whole[read]
    if column:
        values = np.array([str(v) for v in collection.catalogue([column])[column].to_pylist()])
        for value in np.unique(values[read]):
            yield f"{collection.name}, {value}", whole[read & (values == value)]


def by_fifths(unlike: np.ndarray, right: np.ndarray) -> Iterator[str]:
    """Accuracy from the most familiar fifth on."""
    for rows in np.array_split(np.argsort(unlike, kind="stable"), 5):
        share = wilson(int(right[rows].sum()), len(rows))
        yield f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="gz5", help="of classes or of votes")
    parser.add_argument("--galaxies", type=Path, help="a collection of galaxies as the model's")
    parser.add_argument("--where", help="those of them that it did not learn from")
    parser.add_argument("--learnt", help="those of them that it learnt from")
    parser.add_argument("--label", help="their column of classes")
    parser.add_argument("--others", action="append", default=[], metavar="DIR[:COLUMN]")
    parser.add_argument("--count", type=int, default=100, help="made pictures of each kind")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_predictor(options.model)
    with tempfile.TemporaryDirectory() as work:
        if options.galaxies:
            collection = Collection.open(options.galaxies)
        else:
            folder = pieces(Path(work) / "pieces", 2 * options.count, 96)
            collection = create_collection(folder, Path(work) / "made", quiet=True).collection
        rows = rows_where(collection, options.where) if options.where else np.arange(len(collection))
        learnt = None
        if options.learnt:
            learnt = np.concatenate(
                features_of(model, collection, rows_where(collection, options.learnt))[0], 1
            )
        measures = Measures(model, learnt)
        parts, read = features_of(model, collection, rows)
        features = np.concatenate(parts, 1)[read]
        own = measures(features)
        tell(machine(), as_json=False)
        galaxies = as_pictures(collection, rows[read][: options.count])
        for kind in KINDS:
            print(f"{kind}: {compared(measures, own, made(model, galaxies, kind, options.count))}")
        for asked in options.others:
            for name, found in others_of(model, asked):
                print(f"{name}: {compared(measures, own, found)}")
        if options.label and isinstance(model, Model):
            said = model.probabilities(collection, rows[read], precision="fp32").argmax(1)
            truth = collection.catalogue([options.label], rows[read])[options.label].to_pylist()
            right = np.array(model.classes, object)[said] == np.array(truth, object)
            print("accuracy from the most familiar fifth on:", ", ".join(by_fifths(own["unlikeness"], right)))
    print("all kinds were asked about")


if __name__ == "__main__":
    main()
