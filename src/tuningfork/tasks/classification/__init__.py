"""Networks that are trained to classify galaxies: labelled rows in, probabilities out."""

from tuningfork.tasks.classification.settings import ClassifierSettings

__all__ = ["Classifier", "ClassifierSettings", "train_classifier"]


def __getattr__(name: str):
    if name == "Classifier":
        from tuningfork.tasks.classification.classifier import Classifier

        return Classifier
    if name == "train_classifier":
        from tuningfork.tasks.classification.training import train_classifier

        return train_classifier
    raise AttributeError(f"module 'tuningfork.tasks.classification' has no attribute {name!r}")
