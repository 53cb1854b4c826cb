import numpy as np
import pytest
import torch

from tuningfork.config import from_table
from tuningfork.encoders import load_encoder
from tuningfork.encoders.lvm.decoder import GatedFusion, LVMDecoder
from tuningfork.encoders.lvm.family import LVM, SHAPES
from tuningfork.encoders.lvm.network import LVMEncoder, public_pooling
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.encoders.lvm.swin import SwinLayer, WindowAttention, window_size_for
from tuningfork.errors import UsageError

PAPER = {"stem": "paper", "local": False, "taps": "inputs", "upsampling": "paper"}
SMALL = LVMShape(width=16, depths=(2, 2, 2, 2), heads=(1, 2, 2, 4))


def test_number_of_parameters_of_lvm_tiny():
    assert sum(p.numel() for p in LVMEncoder(LVMShape()).parameters()) == 6_164_628
    assert sum(p.numel() for p in LVMDecoder(LVMShape()).parameters()) == pytest.approx(1_764_723, abs=20)


@pytest.mark.parametrize(
    ("name", "encoder", "decoder"),
    [("lvm-small", 14_104_060, 6_294_447), ("lvm-base", 77_706_144, 22_565_867)],
)
def test_number_of_parameters_of_the_larger_ones(name, encoder, decoder):
    with torch.device("meta"):
        parts = LVMEncoder(SHAPES[name]), LVMDecoder(SHAPES[name])
    assert [sum(p.numel() for p in part.parameters()) for part in parts] == [encoder, decoder]


def test_lvm_base_is_the_papers_network():
    shape = SHAPES["lvm-base"]
    assert (shape.width, shape.dim, shape.window, shape.channels) == (96, 768, 8, 3)
    assert (shape.depths, shape.heads) == ((8, 8, 8, 8), (8, 8, 8, 8))
    with torch.device("meta"):
        stem = LVMEncoder(shape).stem
    assert [(c.kernel_size, c.stride) for c in (stem.first, stem.patches)] == [
        ((3, 3), (1, 1)),
        ((4, 4), (4, 4)),
    ]


def test_the_key_of_lvm_tiny_outlives_new_switches():
    assert load_encoder("lvm-tiny").spec.key == "lvm-tiny-be299ca0"
    assert load_encoder("lvm-tiny:untrained").spec.key == "lvm-tiny-untrained-d357deac"
    changed = LVMShape(skips="gated", pooling="public")
    assert from_table(LVMShape, changed.to_table()) == changed
    assert changed.to_table().keys() - LVMShape().to_table().keys() == {"pooling"}


@pytest.mark.parametrize(
    "bad",
    [
        {"stem": "other"},
        {"pooling": "corner"},
        {"taps": ""},
        {"channels": 0},
        {"width": 10**9},
        {"width": 18, "heads": (1, 1, 1, 1)},
        {"heads": (5, 4, 8, 16)},
        {"heads": (2, 4)},
        {"depths": (), "heads": ()},
        {"depths": (10**9, 2, 2, 2)},
        {"depths": ("2", 2, 2, 2)},
        {"drop_path": 1.0},
        {"apart": 1.0},
    ],
    ids=str,
)
def test_shapes_that_make_no_network_are_refused(bad):
    with pytest.raises(UsageError, match=r"network|heads|width"):
        LVMShape(**bad)


def test_the_public_pooling_is_row_means_of_the_first_quarter_of_the_channels():
    coarsest = torch.randn(2, 4, 4, 768)
    rows = coarsest.mean(2)  # (2, rows, channels)
    torch.testing.assert_close(public_pooling(coarsest), rows[..., :192].transpose(1, 2).reshape(2, 768))
    torch.testing.assert_close(public_pooling(coarsest[:, :1, :1]), coarsest[:, 0, 0])


def test_a_gate_chooses_for_each_channel_and_position():
    fusion = GatedFusion(4)
    for layer in (fusion.gate, fusion.join):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    fusion.join.weight.data[:, 4:] = torch.eye(4)  # what comes out is what passed the gate
    fusion.gate.bias.data = torch.tensor([-50.0, 50.0, 50.0, 50.0])
    fusion.gate.weight.data[1, 0] = -100.0  # where the decoder's first channel is 1
    x = torch.zeros(1, 2, 2, 4)
    x[0, 0, 0, 0] = 1.0
    passed = fusion(x, torch.ones(1, 2, 2, 4))[0]
    torch.testing.assert_close(passed[0, 0], torch.tensor([0.0, 0, 1, 1]))
    torch.testing.assert_close(passed[1, 1], torch.tensor([0.0, 1, 1, 1]))


@pytest.mark.parametrize("side", [32, 64, 96, 100, 128])
def test_any_size_gives_maps_of_the_declared_strides(side):
    maps = LVMEncoder(SMALL).maps(torch.rand(2, 3, side, side))
    assert [m.shape[-1] for m in maps] == [16, 32, 64, 128]
    assert [m.shape[1] for m in maps] == [-(-side // s) for s in SMALL.strides]


@pytest.mark.parametrize("skips", ["full", "gated", "none"])
def test_the_decoder_paints_a_picture_of_the_input_size(skips):
    shape = LVMShape(width=16, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), skips=skips)
    x = torch.rand(2, 3, 64, 64)
    assert LVMDecoder(shape)(LVMEncoder(shape).maps(x)).shape == x.shape


def test_window_attention_is_attention():
    torch.manual_seed(0)
    layer = WindowAttention(dim=8, heads=2, window=3)
    x = torch.randn(4, 9, 8)
    q, k, v = layer.qkv(x).reshape(4, 9, 3, 2, 4).permute(2, 0, 3, 1, 4)
    bias = torch.zeros(2, 9, 9)
    for i in range(9):
        for j in range(9):
            bias[:, i, j] = layer.bias[:, i // 3 - j // 3 + 2, i % 3 - j % 3 + 2]
    slow = ((q @ k.transpose(-1, -2) / 2 + bias).softmax(-1) @ v).transpose(1, 2).reshape(4, 9, 8)
    torch.testing.assert_close(layer(x, 3, None), layer.out(slow))


def test_shifted_windows_do_not_join_opposite_edges():
    torch.manual_seed(0)
    layer = SwinLayer(8, 2, 4, shifted=True)
    x = torch.randn(1, 16, 16, 8)
    moved = x.clone()
    moved[0, 15, 15] += 5.0
    change = (layer.attend(moved) - layer.attend(x)).abs().sum(-1)[0]
    assert change[15, 15] > 0
    assert change[0, 0] == 0
    assert change[:8].max() == 0


def test_padding_changes_nothing_inside():
    torch.manual_seed(0)
    layer = SwinLayer(8, 2, 8, shifted=False)
    x = torch.randn(1, 11, 11, 8)  # 11 has no divisor from 4 to 8: padded to 16
    changed = x.clone()
    changed[0, :8, :8] += 1.0
    assert (layer.attend(changed) - layer.attend(x))[0, 8:].abs().max() == 0
    assert window_size_for(11, 8) == 8


def test_embedding_hardly_depends_on_the_batch():
    encoder = LVMEncoder(SMALL).eval()
    x = torch.rand(5, 3, 64, 64)
    np.testing.assert_allclose(encoder(x)[3:4].detach(), encoder(x[3:4]).detach(), atol=1e-5)


@pytest.mark.parametrize("skips", ["full", "gated", "none"])
@pytest.mark.parametrize("way", [{}, PAPER], ids=["ours", "paper"])
def test_every_parameter_learns(way, skips):
    network = LVM(LVMShape(width=16, depths=(2, 1, 1), heads=(1, 2, 2), skips=skips, **way))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(module.weight)  # local convolutions are born closed
    x = torch.rand(2, 3, 64, 64)
    maps = network.maps(x)
    ((network.decoder(maps) - x).square().mean() + network.pool(maps).square().mean()).backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []
