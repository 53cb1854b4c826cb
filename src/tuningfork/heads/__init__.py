"""Heads: small models that turn embeddings into answers. They know vectors and labels, nothing of galaxies
or pages.

``heads`` is the registry. A head has two methods and no others that callers may rely on::

    head.fit(X, y, weight=None, seed=0) -> head   # X float32 [n, D], y int [n] in 0..K-1, weight [n]
    head.scores(X) -> float32 [n, K]              # rows sum to one
"""

from tuningfork.heads.registry import Head, heads

__all__ = ["CalibratedHead", "Head", "LogisticHead", "MLPHead", "heads"]


def __getattr__(name: str):
    if name == "CalibratedHead":
        from tuningfork.heads.calibrated import CalibratedHead

        return CalibratedHead
    if name == "LogisticHead":
        from tuningfork.heads.logistic import LogisticHead

        return LogisticHead
    if name == "MLPHead":
        from tuningfork.heads.mlp import MLPHead

        return MLPHead
    raise AttributeError(f"module 'tuningfork.heads' has no attribute {name!r}")
