"""What the paper prints: tables 5 to 26, and which of these numbers are those of a constant answer."""

from functools import cache

__all__ = [
    "GENERAL",
    "LABELS",
    "MAJORITY",
    "SCORES",
    "TABLES",
    "is_constant",
    "majority_of",
    "network_of",
    "printed",
    "schemes_of",
]

GENERAL = ("Loss", "Accuracy", "Mean absolute error", "RMS error", "Binary accuracy")  # tables of odd numbers
SCORES = ("AUC", "Precision", "Recall", "F1", "TP", "TN", "FP", "FN")  # of even ones; counts over all outputs

# scheme -> outputs: every answer of a question that stands alone, those in use of several (table 1)
LABELS = {
    **dict.fromkeys(("q0", "q1", "q2", "q3", "q5", "q7", "q10"), 2),
    **dict.fromkeys(("q4", "q6", "q8"), 3),
    "q9": 6,
    "hubble": 4,
    "reduced": 8,
    "all": 21,
}

# The share of the commonest answer where a table shows a constant answer, whose accuracy it is: of most
# questions that of the ViT (table 21), of q0 that of "smooth" alone in the reduced set (tables 21 and 22:
# TP + FP is one for each galaxy). Of q2 no constant is printed.
MAJORITY = {
    "q0": 0.7438,
    "q1": 0.8594,
    "q3": 0.8653,
    "q4": 0.4369,
    "q5": 0.9120,
    "q6": 0.5127,
    "q7": 0.6810,
    "q8": 0.4014,
    "q9": 0.3417,
    "q10": 0.6691,
}
# The best constants among the tables: VGG16 of the reduced set (13), VGG19 of all features (15)
_OF_SETS = {
    "reduced": {"Accuracy": 0.7478, "Binary accuracy": 0.7243},
    "all": {"Accuracy": 0.7473, "Binary accuracy": 0.7352},
}

TABLES = {
    5: (
        "resnet50",
        """q0 0.1555 0.9304 0.0969 0.2208 0.9303
q1 0.2870 0.8942 0.1800 0.2880 0.8942
q2 0.4355 0.7899 0.2734 0.3749 0.7900
q3 0.3464 0.8515 0.2228 0.3255 0.8516
q4 0.4644 0.6459 0.3102 0.3933 0.7686
q5 0.2429 0.8904 0.1448 0.2757 0.8904
q6 0.2039 0.8645 0.1056 0.2517 0.9104
q7 0.5914 0.6528 0.4126 0.4532 0.6528
q8 0.6050 0.4054 0.4147 0.4579 0.6847
q9 0.4031 0.3394 0.2502 0.3513 0.8471
q10 0.6692 0.6773 0.4866 0.4879 0.6773
reduced 0.2351 0.5758 0.1441 0.4384 0.8982
all 0.3617 0.5557 0.2285 0.3403 0.8376""",
    ),
    6: (
        "resnet50",
        """q0 0.9851 0.9299 0.9307 0.9078 19510.2695 19490.4082 1445.5914 1425.7292
q1 0.9503 0.8939 0.8946 0.8172 18726.6113 18710.6289 2225.3696 2209.3884
q2 0.8803 0.7900 0.7899 0.7692 16536.2285 16537.1328 4398.8672 4399.7700
q3 0.9272 0.8515 0.8516 0.7346 17870.5215 17868.1973 3067.8015 3065.4766
q4 0.8237 0.7068 0.5223 0.5883 10953.0859 37331.5938 4540.4053 9982.9131
q5 0.9642 0.8904 0.8904 0.7560 18627.2969 18627.2969 2308.7017 2308.7017
q6 0.9736 0.8728 0.8557 0.8655 17917.2656 39272.4805 2599.5181 3018.7327
q7 0.7325 0.6528 0.6529 0.5761 13640.6270 13637.2627 7298.7363 7295.3726
q8 0.6143 0.6050 0.1562 0.3961 3255.4526 39729.5000 2142.4973 17680.5469
q9 0.6807 0.7016 0.1433 0.2442 2996.1726 103394.6172 1285.3809 17939.8262
q10 0.6773 0.6773 0.6773 0.4038 14147.7656 14147.7656 6788.2329 6788.2329
reduced 0.9594 0.8840 0.8075 0.4482 11004.5254 6081.2373 6081.2373 11004.5254
all 0.8838 0.8119 0.5716 0.1726 72872.3281 295411.1562 16866.7910 54505.7148""",
    ),
    7: (
        "resnet50v2",
        """reduced 1.2183 0.7331 0.3266 0.5358 0.6784
all 4.8712 0.7419 0.3039 0.5340 0.6972""",
    ),
    8: (
        "resnet50v2",
        """reduced 0.7073 0.5378 0.3949 0.1144 22546.9629 91102.9375 19325.3301 34512.7617
all 0.5863 0.4527 0.2069 0.0419 26411.3145 280147.6562 31942.4453 101154.5625""",
    ),
    9: (
        "inceptionv3",
        """reduced 18.9751 0.6169 0.1720 0.3041 0.8769
all 0.4118 0.6259 0.2545 0.3584 0.8185""",
    ),
    10: (
        "inceptionv3",
        """reduced 0.9203 0.8574 0.7664 0.4001 43663.4258 103142.1484 7283.1226 13399.2939
all 0.8597 0.8011 0.4974 0.1490 63380.2461 296580.6562 15646.6592 64048.4297""",
    ),
    11: (
        "xception",
        """reduced 0.2351 0.6690 0.1353 0.2695 0.8992
all 0.3559 0.6659 0.2285 0.3380 0.8392""",
    ),
    12: (
        "xception",
        """reduced 0.9602 0.9018 0.7910 0.4177 45268.6992 105384.7656 4929.7812 11904.7480
all 0.8873 0.8225 0.5677 0.1560 72405.5156 296626.7500 15634.1074 54989.6133""",
    ),
    13: (
        "vgg16",
        """reduced 0.5654 0.7478 0.3949 0.4372 0.7243""",
    ),
    14: (
        "vgg16",
        """reduced 0.7400 0.6296 0.4623 0.1070 26393.3965 94977.0000 15478.6016 30638.9941""",
    ),
    15: (
        "vgg19",
        """reduced 0.3232 0.7475 0.3232 0.5685 0.6768
all 0.5346 0.7473 0.3644 0.4233 0.7352""",
    ),
    16: (
        "vgg19",
        """reduced 0.6524 0.5234 0.5760 0.2508 32870.22 80460.30 29937.77 24219.70
all 0.7251 0.6294 0.2071 0.0407 26335.27 296719.03 15536.73 101064.95""",
    ),
    17: (
        "mobilenetv3-small",
        """q0 0.6761 0.6114 0.3700 0.4919 0.6112""",
    ),
    18: (
        "mobilenetv3-small",
        """q0 0.7373 0.6141 0.5985 0.6046 12548.40 13083.11 7852.89 8387.60""",
    ),
    19: (
        "mobilenetv3-large",
        """all 236.8960 0.0726 0.3716 0.5092 0.6519""",
    ),
    20: (
        "mobilenetv3-large",
        """all 0.5406 0.3640 0.2646 0.0723 33683.10 252831.31 59227.58 93913.98""",
    ),
    21: (
        "vit-64",
        """q0 0.2762 0.8890 0.2031 0.2918 0.8890
q1 0.6038 0.8594 0.4509 0.4534 0.8594
q2 0.4914 0.8079 0.3673 0.3960 0.8079
q3 0.5789 0.8653 0.4357 0.4398 0.8653
q4 0.6306 0.4369 0.4412 0.4686 0.6667
q5 0.5736 0.9120 0.4343 0.4367 0.9120
q6 0.6199 0.5127 0.4361 0.4635 0.6667
q7 0.6657 0.6810 0.4844 0.4861 0.6810
q8 0.6375 0.4014 0.4445 0.4718 0.6667
q9 0.4468 0.3417 0.2817 0.3712 0.8333
q10 0.6803 0.6691 0.4932 0.4935 0.6691
reduced 0.5687 0.7438 0.3994 0.4384 0.7194
all 0.5348 0.7475 0.3632 0.4234 0.7334""",
    ),
    22: (
        "vit-64",
        """q0 0.9618 0.8890 0.8890 0.8588 18609.7500 18610.1582 2321.8420 2322.2495
q1 0.8594 0.8594 0.8594 0.4622 18005.1016 18005.1016 2930.8975 2930.8975
q2 0.8879 0.8079 0.8079 0.7380 16927.0098 16927.0098 4008.9885 4008.9885
q3 0.8653 0.8653 0.8653 0.4639 18119.4512 18119.4512 2812.5493 2812.5493
q4 0.6721 0.0000 0.0000 0.2027 0.0000 41872.0000 0.0000 20936.0000
q5 0.9120 0.9120 0.9120 0.4770 19070.2676 19070.2676 1865.7317 1865.7317
q6 0.6779 0.0000 0.0000 0.2259 0.0000 41872.0000 0.0000 20936.0000
q7 0.6810 0.6810 0.6810 0.4051 14241.6895 14241.6895 6694.3091 6694.3091
q8 0.5190 0.0000 0.0000 0.1910 0.0000 41864.0000 0.0000 20932.0000
q9 0.6601 0.0000 0.0000 0.0849 0.0000 104660.0000 0.0000 20932.0000
q10 0.6691 0.6691 0.6691 0.4009 14058.6846 14058.6846 6873.3159 6873.3159
reduced 0.7389 0.7438 0.2722 0.1066 15586.8799 104965.7656 5345.1201 41558.2383
all 0.7259 0.7475 0.1227 0.0407 15667.0703 306839.5938 5264.9302 111800.4141""",
    ),
    23: (
        "cct",
        """reduced 0.5660 0.7462 0.3972 0.4372 0.7207""",
    ),
    24: (
        "cct",
        """reduced 0.7389 0.7462 0.2737 0.1068 15646.46 105085.14 5289.54 41466.85""",
    ),
    25: (
        "cvt",
        """reduced 0.5657 0.7458 0.3972 0.4372 0.7201""",
    ),
    26: (
        "cvt",
        """reduced 0.7401 0.7458 0.2731 0.1068 15625.00 105055.30 5311.00 41496.70""",
    ),
}


@cache
def _numbers(table: int) -> dict[str, dict[str, float]]:
    names = GENERAL if table % 2 else SCORES
    found = {}
    for line in TABLES[table][1].splitlines():
        scheme, *numbers = line.split()
        found[scheme] = dict(zip(names, map(float, numbers), strict=True))
    return found


def network_of(table: int) -> str:
    """The network that a table is about, by its name in `tuningfork.tasks.morphology.backbones`."""
    return TABLES[table][0]


def schemes_of(table: int) -> tuple[str, ...]:
    """The schemes that a table has rows of."""
    return tuple(_numbers(table))


def printed(network: str, scheme: str, score: str) -> float | None:
    """The paper's number; None where it has none. TP, TN, FP and FN are given for one galaxy.

    Those of ResNet50 on the reduced set are left out: two numbers, each twice, which its own recall denies.
    """
    for number, (whose, _) in TABLES.items():
        found = _numbers(number).get(scheme, {}) if whose == network else {}
        if score not in found:
            continue
        if score not in ("TP", "TN", "FP", "FN"):
            return found[score]
        galaxies = sum(found[name] for name in ("TP", "TN", "FP", "FN")) / LABELS[scheme]
        return None if (network, scheme) == ("resnet50", "reduced") else round(found[score] / galaxies, 4)
    return None


def is_constant(network: str, scheme: str) -> bool:
    """Whether the printed F1 is that of one answer for every galaxy: with an accuracy a and K outputs it is
    2 a / ((1 + a) K), where K counts the answers, and the largest output alone is a yes."""
    accuracy, f1 = (printed(network, scheme, name) for name in ("Accuracy", "F1"))
    if accuracy is None or f1 is None:
        return False
    return abs(f1 - 2 * accuracy / (1 + accuracy) / LABELS[scheme]) < 2e-4


def majority_of(scheme: str, score: str) -> float | None:
    """What a constant answer scores on the paper's galaxies, where its tables tell."""
    share = MAJORITY.get(scheme)
    known = _OF_SETS.get(scheme) or ({} if share is None else {"Accuracy": share})
    labels = LABELS[scheme]
    if score == "F1" and "Accuracy" in known:
        return round(2 * known["Accuracy"] / (1 + known["Accuracy"]) / labels, 4)
    if score == "Binary accuracy" and share is not None:  # above a half the answer is said, else none is
        return round(max(labels - 1, labels - 2 + 2 * share) / labels, 4)
    return known.get(score)
