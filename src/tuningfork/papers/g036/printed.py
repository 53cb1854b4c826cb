"""What the paper prints: tables 7 and 8. Where its text says otherwise, the tables are taken."""

__all__ = ["PER_CLASS", "printed"]

PER_CLASS = (3, 30, 300, 0)  # 0 is all there are

# survey -> method -> macro-F1 and accuracy for each of PER_CLASS
_TABLES = {
    "sdss": {  # table 7, Galaxy10 SDSS, 10 classes
        "from scratch": ((0.129, 0.198, 0.422, 0.637), (0.192, 0.255, 0.517, 0.801)),
        "simclr": ((0.189, 0.262, 0.530, 0.812), (0.211, 0.372, 0.676, 0.891)),
        "autoencoder": ((0.066, 0.285, 0.546, 0.779), (0.129, 0.402, 0.638, 0.877)),
    },
    "decals": {  # table 8, Galaxy10 DECaLS, 10 classes
        "from scratch": ((0.160, 0.384, 0.632, 0.748), (0.183, 0.386, 0.659, 0.778)),
        "simclr": ((0.055, 0.350, 0.657, 0.855), (0.169, 0.401, 0.681, 0.875)),
        "autoencoder": ((0.126, 0.166, 0.611, 0.845), (0.169, 0.233, 0.632, 0.856)),
    },
}
_SCORES = ("macro-F1", "accuracy")


def printed(survey: str, method: str, per_class: int, score: str) -> float | None:
    """The paper's number; None where it has none."""
    of_method = _TABLES.get(survey, {}).get(method)
    return of_method and of_method[_SCORES.index(score)][PER_CLASS.index(per_class)]
