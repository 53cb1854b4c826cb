"""Positions on the sky: time of each operation on a million. python benchmarks/sky.py [--rows 1000000]"""

import argparse
import time

import numpy as np

from tuningfork.images import sky


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    n = parser.parse_args().rows
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    twins = max(1, n // 1000)
    ra[:twins], dec[:twins] = ra[twins : 2 * twins], dec[twins : 2 * twins] + 1 / 3600
    other = rng.permutation(n)
    jobs = {
        "cone of 1 degree": lambda: sky.cone(ra, dec, 10, 20, 3600),
        "pairs within 3 arcsec": lambda: sky.pairs_within(ra, dec, 3),
        "groups of 3 arcsec": lambda: sky.groups(ra, dec, 3),
        "nearest of as many, within 3 arcsec": lambda: sky.nearest(ra, dec, ra[other], dec[other], 3),
        "all pairs with as many, within 3 arcsec": lambda: sky.pairs_between(
            ra, dec, ra[other], dec[other], 3
        ),
    }
    for name, job in jobs.items():
        times = []
        for _ in range(3):
            started = time.perf_counter()
            job()
            times.append(time.perf_counter() - started)
        print(f"{name}: {sorted(times)[1]:.2f} s for {n:,}")


if __name__ == "__main__":
    main()
