"""How vectors are laid out in a plane: fitted on a sample, then any other vectors are placed into it."""

import warnings
from typing import Any, Protocol

import numpy as np

from tuningfork.errors import TuningforkError, UnknownNameError, UsageError
from tuningfork.extras import install_command

__all__ = ["LAYOUTS", "Layout", "new_layout"]

NEIGHBOURS = 15  # UMAP's own default, as is the next
MIN_DISTANCE = 0.1
FEWEST = 10


class Layout(Protocol):
    """A way to lay out vectors."""

    def fit(self, units: np.ndarray) -> np.ndarray:
        """Places (n, 2) of a sample of unit vectors (n, D), from which the layout is learnt."""
        ...

    def place(self, units: np.ndarray) -> np.ndarray:
        """Places (m, 2) of further unit vectors (m, D)."""
        ...


class _Umap:
    """Uniform manifold approximation (McInnes, Healy & Melville 2018, arXiv:1802.03426): neighbours stay
    neighbours, distances between groups mean little. Seeded, it runs on one core and comes out the same."""

    def __init__(self, seed: int):
        self._umap, self._seed = _umap_package(), seed
        self._model: Any = None

    def fit(self, units: np.ndarray) -> np.ndarray:
        if len(units) < FEWEST:
            raise UsageError(
                f"UMAP needs {FEWEST} galaxies, not {len(units)}", remedy="Take --method pca for so few"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a seed means one core; small graphs are solved densely
            self._model = self._umap.UMAP(
                n_neighbors=min(NEIGHBOURS, len(units) - 1),
                min_dist=MIN_DISTANCE,
                random_state=self._seed,
                n_jobs=1,
                low_memory=True,
            )
            return np.asarray(self._model.fit_transform(units), np.float32)

    def place(self, units: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(self._model.transform(units), np.float32)


class _Pca:
    """The two directions in which the vectors differ most; straight, quick, and it shows less than UMAP."""

    def __init__(self, seed: int):
        from sklearn.decomposition import PCA

        self._model = PCA(2, random_state=seed, svd_solver="covariance_eigh")

    def fit(self, units: np.ndarray) -> np.ndarray:
        if len(units) < 2:
            raise UsageError("a map needs at least 2 galaxies with a vector")
        return np.asarray(self._model.fit_transform(units), np.float32)

    def place(self, units: np.ndarray) -> np.ndarray:
        return np.asarray(self._model.transform(units), np.float32)


LAYOUTS = {"umap": _Umap, "pca": _Pca}


def new_layout(method: str, seed: int) -> Layout:
    """An unfitted layout: ``umap`` (needs the extra ``map``) or ``pca``."""
    if method not in LAYOUTS:
        raise UnknownNameError("method", method, LAYOUTS)
    return LAYOUTS[method](seed)


def _umap_package() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import umap
    except ImportError as error:
        raise TuningforkError(
            "UMAP is not installed",
            remedy=f"Run: {install_command('map')}; or take --method pca",
        ) from error
    return umap
