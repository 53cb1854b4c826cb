"""Small files in the layouts of Galaxy10, the Legacy Surveys stamps and the Multimodal Universe."""

from pathlib import Path

import h5py
import numpy as np


def flux(count: int, *, seed: int = 0, bands: int = 3, side: int = 24) -> np.ndarray:
    """Galaxies in noise of 0.01, float32 ``[count, bands, side, side]``."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] - side / 2
    peaks = rng.uniform(0.3, 2, (count, bands, 1, 1))
    noise = rng.normal(0, 0.01, (count, bands, side, side))
    return (noise + peaks * np.exp(-np.hypot(y, x) / 3)).astype(np.float32)


def write_legacy(path: Path, count: int = 20, *, start: int = 0, side: int = 24, **how) -> np.ndarray:
    """As in georgestein/ssl-legacysurvey; ``how`` goes to the array of images. Returns the images."""
    rng = np.random.default_rng(start)
    images = flux(count, seed=start, side=side)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=images, **how)
        file["inds"] = np.arange(start, start + count)
        file["ra"], file["dec"] = rng.uniform(0, 360, count), rng.uniform(-30, 30, count)
        file["source_type"] = np.array([b"SER", b"EXP"] * count, "S3")[:count]
        file["flux"] = rng.uniform(1, 9, (count, 3)).astype(np.float32)
        file["objid"] = np.arange(count, dtype=np.int32) % 7
        file["z_spec"] = np.full(count, -99.0, np.float32)
        file["maskbits"] = np.arange(count, dtype=np.int16)
    return images


def write_galaxy10(path: Path, count: int = 12, *, side: int = 69) -> np.ndarray:
    """As in astroNN's documentation: red-first uint8 pictures; positions and scale with 256 pixels only."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (count, side, side, 3), dtype=np.uint8)
    with h5py.File(path, "w") as file:
        file["images"], file["ans"] = images, (np.arange(count) % 10).astype(np.uint8)
        if side == 256:
            file["ra"], file["dec"] = rng.uniform(0, 360, count), rng.uniform(-30, 30, count)
            file["redshift"] = rng.uniform(0, 0.2, count)
            file["pxscale"] = np.full(count, 0.262)
    return images


def write_multimodal(folder: Path, pixels: list[int], count: int = 5) -> np.ndarray:
    """As scripts/legacysurvey of MultimodalUniverse writes it; returns the images of the last file."""
    for number in pixels:
        images = flux(count, seed=number, bands=4, side=20)
        path = folder / f"healpix={number}" / "001-of-001.hdf5"
        path.parent.mkdir(parents=True)
        with h5py.File(path, "w") as file:
            file.create_dataset("image_array", data=images, compression="gzip", chunks=True)
            file["image_ivar"], file["image_mask"] = np.ones_like(images), np.ones((count, 20, 20), bool)
            file["image_band"] = np.array([[b"des-g", b"des-r", b"des-i", b"des-z"]] * count, "S5")
            file["image_scale"] = np.full((count, 4), 0.262, np.float32)
            file["object_id"] = np.array([f"{number}m005-{k}" for k in range(count)], "S16")
            file["ra"], file["dec"] = np.full(count, 10.0 + number), np.linspace(-5, 5, count)
            for name in ("EBV", "FLUX_G", "FLUX_R", "FLUX_Z"):
                file[name] = np.linspace(1, 2, count).astype(np.float32)
    return images
