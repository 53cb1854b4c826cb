"""Arrays of galaxies with columns beside them: HDF5, Zarr, NumPy, and the layouts that surveys publish."""
