"""What the paper prints: tables 3 to 11. Shares where its tables have per cent."""

__all__ = [
    "ABLATIONS",
    "BACKBONES",
    "CLASSES",
    "CONFUSION",
    "OVERALL",
    "PAIR",
    "PASSES",
    "PER_CLASS",
    "WORKS",
    "WORKS_PER_CLASS",
]

CLASSES: tuple[str, ...] = ("CRS", "IBS", "CSS", "EO", "SPI")
PAIR = ("CSS", "EO")  # merged in the first stage, parted in the second (section 3.1.2)

# table 3: HIWL on the 2,881 test galaxies; rows are the true class, columns what was said
CONFUSION = (
    (813, 26, 0, 0, 5),
    (25, 777, 0, 0, 5),
    (0, 6, 41, 11, 0),
    (0, 1, 11, 376, 3),
    (2, 8, 0, 3, 768),
)

# table 4: recall, precision, F1 of HIWL on the test galaxies. Its "EPI" is SPI. Table 3 gives CSS a precision
# of 41/52 = 0.7885 and an F1 of 0.7455, where table 4 has 0.7855 and 0.7455
PER_CLASS: dict[str, tuple[float, float, float]] = {
    "CRS": (0.9633, 0.9679, 0.9656),
    "IBS": (0.9628, 0.9499, 0.9563),
    "CSS": (0.7069, 0.7855, 0.7455),
    "EO": (0.9616, 0.9641, 0.9629),
    "SPI": (0.9834, 0.9834, 0.9834),
    "Avg": (0.9156, 0.9302, 0.9227),
}

# tables 5 and 6: recall of each class and overall accuracy, on the test galaxies
ABLATIONS = {
    "HIWL": {"CRS": 0.9633, "IBS": 0.9628, "CSS": 0.7069, "EO": 0.9616, "SPI": 0.9834, "accuracy": 0.9632},
    "SLWSLM": {"CRS": 0.9763, "IBS": 0.9579, "CSS": 0.6207, "EO": 0.9335, "SPI": 0.9795, "accuracy": 0.9590},
    "HMWS": {"CRS": 0.9668, "IBS": 0.9616, "CSS": 0.6724, "EO": 0.9437, "SPI": 0.9821, "accuracy": 0.9604},
}

# table 7: mean accuracy of 10 runs, alone and with HIWL, and the difference that it prints
BACKBONES = {
    "dieleman": (0.9337, 0.9400, 0.0063),
    "resnet26": (0.9074, 0.9147, 0.0073),
    "vgg16": (0.9431, 0.9469, 0.0038),
    "googlenet": (0.9480, 0.9507, 0.0027),
    "resnet34": (0.9507, 0.9597, 0.0090),
    "resnet50": (0.9469, 0.9497, 0.0028),
    "efficientnet-b0": (0.9521, 0.9577, 0.0056),
    "efficientnet-b1": (0.9542, 0.9612, 0.0070),
    "efficientnet-b2": (0.9503, 0.9580, 0.0077),
    "vit": (0.9264, 0.9451, 0.0187),
}

OVERALL = {"choosing": 0.9722, "judged": 0.9632}  # HIWL in table 8: validation, test

# section 4.3.1: validation accuracy of the three best passes of each stage
PASSES = {"first": (0.9802, 0.9791, 0.9784), "second": (0.9530, 0.9508, 0.9508)}

# table 8: other people's accuracies as quoted there: (validation, test, number of classes)
WORKS: dict[str, tuple[float | None, float | None, int]] = {
    "ANN (Reza 2021)": (None, 0.982, 4),
    "ResNet26 (Zhu 2019)": (0.9521, None, 5),
    "SC-Net (Zhang 2022)": (0.9470, None, 5),
    "NODE-ACA (Gupta 2022)": (0.9500, None, 5),
    "Silva and Ventura 2019": (0.9401, None, 6),
    "layered CNN (Goyal 2020)": (0.8833, None, 3),
    "Jimenez 2020": (0.9643, None, 2),
    "ViT (Lin 2021)": (None, 0.8121, 8),
    "EfficientNet-B5 (Kalvankar 2020)": (0.9370, None, 7),
}

# tables 9, 10, 11: per class on the validation galaxies, in the order of CLASSES
WORKS_PER_CLASS = {
    "recall": {
        "ResNet26 (Zhu 2019)": (0.9634, 0.9431, 0.5862, 0.9485, 0.9782),
        "SC-Net (Zhang 2022)": (0.9785, 0.9785, 0.7833, 0.8259, 0.9850),
        "NODE-ACA (Gupta 2022)": (0.9592, 0.9425, 0.4894, 0.9426, 0.9268),
        "HIWL": (0.9715, 0.9727, 0.7414, 0.9718, 0.9897),
    },
    "precision": {
        "ResNet26 (Zhu 2019)": (0.9611, 0.9561, 0.7234, 0.9412, 0.9573),
        "NODE-ACA (Gupta 2022)": (0.9621, 0.9001, 0.6053, 0.9048, 0.9565),
        "HIWL": (0.9808, 0.9632, 0.7963, 0.9668, 0.9872),
    },
    "F1": {
        "ResNet26 (Zhu 2019)": (0.9622, 0.9495, 0.6476, 0.9448, 0.9677),
        "NODE-ACA (Gupta 2022)": (0.9607, 0.9208, 0.5412, 0.9233, 0.9414),
        "HIWL": (0.9762, 0.9679, 0.7679, 0.9693, 0.9885),
    },
}
