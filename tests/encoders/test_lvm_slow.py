"""The network against the slow one of `tests.encoders.slow`, with random numbers in every tensor."""

import numpy as np
import pytest
import torch

from tests.encoders.slow import (
    batch_norm,
    bilinear,
    convolve,
    gelu,
    layer_norm,
    linear,
    merge,
    pixel_shuffle,
    prelu,
    swin_layer,
    within,
)
from tuningfork.encoders.lvm.family import LVM
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.encoders.lvm.swin import SwinLayer, _attend

THREE = {"width": 16, "depths": (2, 1, 1), "heads": (2, 4, 2)}
PAPER = {"stem": "paper", "local": False, "taps": "inputs", "upsampling": "paper"}


def randomised(module, seed=0):
    """The module in evaluation mode with no tensor left as it is born; its tensors as double arrays."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2.0)
            elif tensor.is_floating_point():
                fan_in = tensor[0].numel() if tensor.ndim > 1 and "attention.bias" not in name else 4
                tensor.normal_(std=fan_in**-0.5).add_(1.0 if "norm" in name and "weight" in name else 0.0)
    return module.eval(), {k: v.double().numpy() for k, v in module.state_dict().items()}


def local(x, p):
    y = gelu(batch_norm(convolve(x, within(p, "first.")), within(p, "norm1.")))
    return x + batch_norm(convolve(y, within(p, "second.")), within(p, "norm2."))


def overlapping_stem(x, p):
    x = gelu(batch_norm(convolve(x, within(p, "first."), stride=2), within(p, "norm1.")))
    x = convolve(local(x, within(p, "local.")), within(p, "second."), stride=2)
    return gelu(batch_norm(x, within(p, "norm2.")))


def paper_stem(x, p):
    rows, columns = -(-x.shape[0] // 4) * 4, -(-x.shape[1] // 4) * 4
    full = np.zeros((rows, columns, x.shape[2]))
    full[: x.shape[0], : x.shape[1]] = x
    x = convolve(full, within(p, "first."))
    return layer_norm(convolve(x, within(p, "patches."), stride=4, pad=0), within(p, "norm."))


def stage(x, p, shape, i):
    for k in range(shape.depths[i]):
        x = swin_layer(x, within(p, f"{k}."), shape.heads[i], shape.window, k % 2 == 1, shape.scale)
    return x


def encode(x, p, shape):
    x = (paper_stem if shape.stem == "paper" else overlapping_stem)(x, within(p, "stem."))
    maps, last = [], len(shape.depths) - 1
    for i in range(last + 1):
        entered = x
        if shape.local and i < last:
            x = local(x, within(p, f"local.{i}."))
        x = stage(x, within(p, f"stages.{i}."), shape, i)
        maps.append(entered if shape.taps == "inputs" and i < last else x)
        if i < last:
            x = merge(x, within(p, f"merges.{i}."))
    maps[-1] = layer_norm(x, within(p, "norm."))
    return maps


def finer(x, p, factor):
    """Both ways up; the paper's has more tensors."""
    if "join.weight" not in p:
        return pixel_shuffle(linear(x, within(p, "shuffle.")), 2) + bilinear(
            linear(x, within(p, "smooth.")), 2
        )
    crisp = pixel_shuffle(prelu(linear(x, within(p, "crisp.")), within(p, "crisp_bend.")), factor)
    soft = bilinear(prelu(linear(x, within(p, "soft.")), within(p, "soft_bend.")), factor)
    both = [linear(crisp, within(p, "crisp_out.")), linear(soft, within(p, "soft_out."))]
    return linear(np.concatenate(both, -1), within(p, "join."))


def fuse(x, skip, p, skips):
    if skips == "none":
        return x
    if skips == "gated":
        wish = linear(np.concatenate([x, skip], -1), within(p, "gate.")) + 2
        skip, p = skip / (1 + np.exp(-wish)), within(p, "join.")
    return linear(np.concatenate([x, skip], -1), p)


def decode(maps, p, shape):
    x = maps[-1]
    for k, i in enumerate(reversed(range(len(maps) - 1))):
        x = finer(x, within(p, f"ups.{k}."), 2)[: maps[i].shape[0], : maps[i].shape[1]]
        x = fuse(x, maps[i], within(p, f"fuse.{k}."), shape.skips)
        x = stage(x, within(p, f"stages.{k}."), shape, i)
    if shape.upsampling == "paper":
        x = finer(layer_norm(x, within(p, "up4.0.")), within(p, "up4.1."), 4)
        return linear(x, within(p, "paint."))
    x = finer(finer(x, within(p, "up4.0."), 2), within(p, "up4.1."), 2)
    return convolve(x, within(p, "paint."))


def alike(ours, slow, tolerance=1e-5):
    difference = np.abs(ours.numpy() - slow).max() / np.abs(slow).max()
    assert difference < tolerance, difference


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("sides", [(4, 4), (8, 8), (16, 16), (24, 8), (11, 11), (10, 13), (9, 3)])
def test_a_layer_of_any_size(sides, shifted):
    layer, p = randomised(SwinLayer(8, 2, 8, shifted=shifted))
    x = torch.randn(1, *sides, 8)
    with torch.no_grad():
        alike(layer(x)[0], swin_layer(x[0].double().numpy(), p, 2, 8, shifted))


@pytest.mark.parametrize(
    ("shape", "sides"),
    [
        (LVMShape(**THREE, channels=3), (32, 32)),
        (LVMShape(**THREE, channels=1, skips="gated"), (64, 64)),
        (LVMShape(**THREE, channels=5, skips="none", window=4), (45, 30)),
        (LVMShape(**THREE, channels=3, **PAPER), (64, 32)),
        (LVMShape(**THREE, channels=5, **PAPER, skips="gated", scale=0.7), (42, 51)),
        (LVMShape(**THREE, channels=1, **PAPER, skips="none", apart=-100.0), (43, 43)),
    ],
    ids=lambda value: None if isinstance(value, LVMShape) else "x".join(map(str, value)),
)
def test_the_whole_network_of_any_size_and_number_of_bands(shape, sides):
    network, p = randomised(LVM(shape))
    x = torch.rand(1, shape.channels, *sides)
    picture = x[0].permute(1, 2, 0).double().numpy()
    slow = encode(picture, within(p, "encoder."), shape)
    with torch.no_grad():
        for ours, theirs in zip(network.maps(x), slow, strict=True):
            alike(ours[0], theirs)
        embedding = slow[-1].mean((0, 1))
        alike(network(x)[0], linear(embedding, within(p, "encoder.out.")))
        painted = decode(slow, within(p, "decoder."), shape)[: sides[0], : sides[1]]
        alike(network.reconstruct(x)[0].permute(1, 2, 0), painted)
        assert network.reconstruct(x).shape == x.shape


@pytest.mark.parametrize("shifted", [False, True])
def test_sixteen_bits_on_a_processor_stay_close(shifted):
    layer, _ = randomised(SwinLayer(16, 2, 8, shifted=shifted))
    x = torch.randn(3, 24, 16, 16)
    with torch.no_grad():
        exact = layer.attend(x)
        with torch.autocast("cpu", torch.bfloat16):
            rough = layer.attend(x)
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - exact).abs().max() < 0.02 * exact.abs().max()


@pytest.mark.parametrize("scale", [None, 8.0])
def test_heads_widened_for_a_card_attend_as_before(scale):
    q, k, v = torch.randn(3, 4, 2, 16, 12)
    bias = torch.randn(2, 16, 16)
    exact = (q @ k.transpose(-2, -1) * (scale or 12**-0.5) + bias).softmax(-1) @ v
    torch.testing.assert_close(_attend(q, k, v, bias, scale, to=8), exact)
    torch.testing.assert_close(_attend(q, k, v, bias, scale, to=1), exact)
