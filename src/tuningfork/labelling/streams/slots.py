"""Which of the places on a page go to which stream: the right share in every block, in an order nobody can
tell.
"""

import numpy as np

from tuningfork.labelling.streams.settings import Streams

__all__ = ["slot_streams"]

_BLOCK = 20


def slot_streams(streams: Streams, first: int, n: int, *, seed: int, person: str = "") -> list[str]:
    """The streams of places ``first`` to ``first + n`` of one person: "hunt", "audit", "gold" or "repeat".

    Every block of 20 places holds the shares, to within one place that moves on to the next block; the order
    within a block is drawn. The same arguments give the same list.
    """
    whose = int.from_bytes(person.encode()[:64], "big")
    told: list[str] = []
    for block in range(first // _BLOCK, (first + n - 1) // _BLOCK + 1 if n else 0):
        names: list[str] = []
        for name in ("audit", "gold", "repeat"):
            share = getattr(streams, name) * _BLOCK
            count = int(np.floor(share * (block + 1) + 1e-9)) - int(np.floor(share * block + 1e-9))
            names += [name] * count
        names = (names + ["hunt"] * _BLOCK)[:_BLOCK]
        rng = np.random.default_rng([seed, 5, block, whose])
        told += [names[i] for i in rng.permutation(_BLOCK)]
    skipped = first % _BLOCK
    return told[skipped : skipped + n]
