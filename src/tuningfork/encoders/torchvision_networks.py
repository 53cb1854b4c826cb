"""Networks that timm does not have, from torchvision, without their classifier."""

from torch import nn

from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.weights_file import tensors_hash
from tuningfork.errors import UnknownNameError, WeightsError
from tuningfork.vision_ops import ensure_vision_ops

__all__ = ["TORCHVISION", "bare_torchvision", "torchvision_network"]

TORCHVISION = (
    "alexnet",  # Krizhevsky 2014, as torchvision has it: one column, no local normalisation
    "googlenet",  # Szegedy 2015, as torchvision has it: with batch norms, here without the side classifiers
)


class _Bare(nn.Module):
    """What stands before the last layer."""

    def __init__(self, name: str, net: nn.Module, dim: int):
        super().__init__()
        self.name, self.net, self.dim = name, net, dim

    def forward(self, x):
        return self.net(x)


def bare_torchvision(name: str) -> _Bare:
    """A network of torchvision by its name there; raises `UnknownNameError` with the known names."""
    if name not in TORCHVISION:
        raise UnknownNameError("network of torchvision", name, TORCHVISION)
    ensure_vision_ops()
    import torchvision

    if name == "googlenet":
        net = torchvision.models.get_model(name, weights=None, aux_logits=False, init_weights=False)
        features, net.fc = net.fc.in_features, nn.Identity()
        return _Bare(name, net, features)
    net = torchvision.models.get_model(name, weights=None)
    features = net.classifier[-1].in_features
    net.classifier[-1] = nn.Identity()
    return _Bare(name, net, features)


def torchvision_network(name: str) -> Encoder:
    """A network of torchvision with its ImageNet weights, from torch's cache or fetched once.

    Raises
    ------
    UnknownNameError
        It is none of those known here.
    WeightsError
        Its weights are neither in the cache nor to be had now.
    """
    bare = bare_torchvision(name)
    import torchvision

    try:
        weights = torchvision.models.get_model_weights(name).DEFAULT.get_state_dict(check_hash=True)  # pyright: ignore[reportAttributeAccessIssue]
    except Exception as error:  # urllib and torch raise whatever the transport raises
        raise WeightsError(
            f"its weights cannot be had ({type(error).__name__})",
            where=f"torchvision:{name}",
            remedy="Connect once to fill torch's cache, or begin from scratch: --start none",
        ) from error
    own = bare.net.state_dict()
    bare.net.load_state_dict({key: tensor for key, tensor in weights.items() if key in own})
    # GoogLeNet's weights come from another library, whose pixels were -1 to 1
    mean, std = ((0.5,), (0.5,)) if name == "googlenet" else ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    preprocessing = Preprocessing(224, "galaxy", red_first=True, mean=mean, std=std)
    key = encoder_key(f"torchvision:{name}", tensors_hash(bare.state_dict()), preprocessing)
    return Encoder(EncoderSpec(f"torchvision:{name}", key, bare.dim, (), preprocessing), bare)
