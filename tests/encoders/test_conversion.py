import pickle
import zipfile

import numpy as np
import pytest
import torch

from tests.encoders.slow_public import public_features, public_forward, public_state
from tuningfork.encoders import load_encoder, verify_weights, weights_info
from tuningfork.encoders.conversion import convert_checkpoint, convert_public
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.fit import fit
from tuningfork.encoders.lvm.public_layout import public_shape
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.errors import TuningforkError, UnknownNameError, UsageError, WeightsError

SHAPE = LVMShape(width=24, depths=(2, 2, 2, 2), heads=(2, 2, 2, 2))


@pytest.fixture(scope="module")
def state():
    return public_state(24, 2, 2)


@pytest.fixture
def checkpoint(tmp_path, state):
    """As the public training script leaves it."""
    path = tmp_path / "best.pth"
    torch.save({"epoch": 7, "model": dict(state), "optimizer": {"param_groups": [{"lr": 1e-3}]}}, path)
    return path


def refusal(path, tmp_path, **settings):
    """What is said of a checkpoint that is not converted; nothing may be left behind."""
    out = tmp_path / "refused.safetensors"
    with pytest.raises(TuningforkError) as caught:
        convert_public(path, out, SHAPE, **settings)
    assert not out.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def slow(state):
    torch.manual_seed(1)
    x = torch.rand(1, 3, 128, 128) * 2 - 0.5
    return x, public_forward(x[0].permute(1, 2, 0).double().numpy(), state, 2, 2)


@pytest.mark.parametrize("pooling", ["mean", "public"])
def test_the_converted_network_computes_what_the_public_one_does(checkpoint, tmp_path, slow, pooling):
    out = tmp_path / "lvm.safetensors"
    done = convert_public(checkpoint, out, SHAPE, pooling)
    assert (done["used"], done["constants"], done["idle"]) == (241, 18, 6)
    encoder = load_encoder(f"file:{out}")
    x, (painted, tokens) = slow
    with torch.no_grad():
        ours = encoder.reconstruct(x)[0].permute(1, 2, 0).numpy()
        features = encoder.feature_maps(x)[0][0].flatten(1).T.numpy()
        embedding = encoder.embed(x)[0].numpy()
    np.testing.assert_allclose(ours, painted, atol=1e-4)
    np.testing.assert_allclose(features, tokens, atol=1e-4)
    expected = public_features(tokens) if pooling == "public" else tokens.mean(0)
    np.testing.assert_allclose(embedding, expected, atol=1e-4)
    assert verify_weights(f"file:{out}")["problem"] is None


def test_other_sides_work_and_its_certificate_says_where_it_comes_from(checkpoint, tmp_path):
    out = tmp_path / "lvm.safetensors"
    convert_public(checkpoint, out, SHAPE)
    encoder, info = load_encoder(f"file:{out}"), weights_info(f"file:{out}")
    assert encoder.reconstruct(torch.rand(1, 3, 150, 90)).shape == (1, 3, 150, 90)
    assert info["converted"]["from"] == "best.pth"
    assert len(info["converted"]["sha256"]) == 64
    assert "none is stated" in info["licence"]
    assert "g, r, z" in info["takes"]


def test_the_network_sees_nanomaggies(checkpoint, tmp_path):
    out = tmp_path / "lvm.safetensors"
    convert_public(checkpoint, out, SHAPE)
    spec = load_encoder(f"file:{out}").spec
    facts = PixelFacts(("g", "r", "z"), "flux", {"kind": "legacy"}, zero_point=25.0)
    flux = np.full((128, 128, 3), (-0.5, 3.0, 700.0), np.float32)
    x = spec.preprocessing(fit(spec, facts)([flux]))
    np.testing.assert_allclose(x[0, :, 5, 5], 0.1 * flux[0, 0], atol=1e-4)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("under", [None, "state_dict"])
def test_all_forms_of_one_checkpoint_are_one(tmp_path, state, checkpoint, prefix, under):
    tensors = {prefix + name: tensor.half() if "mlp" in name else tensor for name, tensor in state.items()}
    path = tmp_path / "other.pth"
    torch.save({under: tensors} if under else tensors, path)
    convert_public(path, tmp_path / "one.safetensors", SHAPE)
    convert_public(checkpoint, tmp_path / "two.safetensors", SHAPE)
    x = torch.rand(1, 3, 64, 64)
    one, two = (load_encoder(f"file:{tmp_path / n}.safetensors").embed(x) for n in ("one", "two"))
    torch.testing.assert_close(one, two, atol=5e-2, rtol=0)


def test_everything_that_is_missing_unknown_or_misshapen_is_named_at_once(tmp_path, state):
    lacking = [
        "norm.weight",
        "layers.2.blocks.1.attn.qkv.bias",
        "output_re.weight",
        "layers.0.blocks.1.attn_mask",
    ]
    bad = {k: v for k, v in state.items() if k.removeprefix("swin_unet.") not in lacking}
    bad["swin_unet.extra.weight"] = torch.zeros(3)
    bad["head\x1b[31m"] = torch.zeros(3)
    bad["swin_unet.norm_up.bias"] = torch.zeros(25)
    bad["swin_unet.low_conv.bias"] = torch.tensor([1.0, float("nan"), 0.0])
    bad["swin_unet.layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(64, 64, dtype=torch.int64)
    torch.save({"model": bad}, tmp_path / "bad.pth")
    said = refusal(tmp_path / "bad.pth", tmp_path)
    assert all(f"swin_unet.{name}" in said for name in lacking)
    assert "unknown swin_unet.extra.weight, 'head\\x1b[31m'" in said
    assert "swin_unet.norm_up.bias (25,) instead of (24,)" in said
    assert "not finite numbers swin_unet.low_conv.bias" in said
    assert "not what the sizes make it swin_unet.layers.0.blocks.0.attn.relative_position_index" in said


def test_one_wrong_number_in_a_mask_is_noticed(tmp_path, state):
    name = "swin_unet.layers.1.blocks.1.attn_mask"
    bad = {**state, name: state[name].clone()}
    bad[name][3, 0, 63] = 0.0
    torch.save(bad, tmp_path / "bad.pth")
    assert name in refusal(tmp_path / "bad.pth", tmp_path)


def test_another_depth_is_refused(checkpoint, tmp_path):
    with pytest.raises(WeightsError, match=r"lacks .*layers\.0\.blocks\.7\.norm1"):
        convert_checkpoint(checkpoint, out=tmp_path / "x.safetensors")


class Code:
    def __reduce__(self):
        return (print, ("run!",))


def test_code_is_not_run(tmp_path, capsys):
    torch.save({"model": {"swin_unet.norm.weight": Code()}}, tmp_path / "code.pth")
    said = refusal(tmp_path / "code.pth", tmp_path)
    assert "more than tensors" in said
    assert "print" in said
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Code()))
    assert "Bare pickles are not read" in refusal(tmp_path / "bare.pth", tmp_path)
    assert capsys.readouterr().out == ""


def test_what_is_no_checkpoint_is_refused(tmp_path, checkpoint):
    whole = checkpoint.read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pth").write_bytes(b"")
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"model": {"epoch": 3, "a": torch.zeros(1)}}, tmp_path / "numbers.pth")
    torch.save({"a": torch.zeros(2).to_sparse()}, tmp_path / "sparse.pth")
    with zipfile.ZipFile(tmp_path / "other.pth", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert "no such file" in refusal(tmp_path / "nowhere.pth", tmp_path)
    for name in ("cut", "empty"):
        assert "zip form" in refusal(tmp_path / f"{name}.pth", tmp_path)
    assert "no named tensors" in refusal(tmp_path / "list.pth", tmp_path)
    assert "no plain tensors: epoch" in refusal(tmp_path / "numbers.pth", tmp_path)
    assert "no plain tensors: a" in refusal(tmp_path / "sparse.pth", tmp_path)
    assert "torch.save" in refusal(tmp_path / "other.pth", tmp_path)


def test_a_packed_archive_is_refused_before_it_is_unpacked(checkpoint, tmp_path):
    with zipfile.ZipFile(checkpoint) as plain, zipfile.ZipFile(tmp_path / "bomb.pth", "w", 8) as packed:
        for entry in plain.infolist():
            packed.writestr(entry.filename, plain.read(entry))
    assert "packed" in refusal(tmp_path / "bomb.pth", tmp_path)


def test_damage_inside_is_told_in_one_line(checkpoint, tmp_path):
    with zipfile.ZipFile(checkpoint) as plain, zipfile.ZipFile(tmp_path / "bad.pth", "w") as out:
        for entry in plain.infolist():
            data = plain.read(entry)
            out.writestr(
                entry.filename, data[: len(data) // 2] if entry.filename.endswith("data.pkl") else data
            )
    assert refusal(tmp_path / "bad.pth", tmp_path)


def test_names_and_places(checkpoint, tmp_path):
    with pytest.raises(UnknownNameError, match="lvm-base"):
        convert_checkpoint(checkpoint, "lvm-tiny")
    with pytest.raises(UnknownNameError, match="public"):
        convert_checkpoint(checkpoint, pooling="corner")
    with pytest.raises(UsageError, match="safetensors"):
        convert_checkpoint(checkpoint, out=tmp_path / "x.pth")
    (tmp_path / "best.safetensors").write_bytes(b"mine")
    with pytest.raises(UsageError, match="already"):
        convert_checkpoint(checkpoint)
    assert public_shape(SHAPE).scale == 8.0


def test_offsets_that_a_small_map_lacks_get_the_bias_of_the_nearest(checkpoint, tmp_path, state):
    out = tmp_path / "lvm.safetensors"
    convert_public(checkpoint, out, SHAPE)
    bias = load_encoder(f"file:{out}").network.encoder.stages[3][0].attention.bias[1]  # of 4 x 4 tokens
    table = state["swin_unet.layers.3.blocks.0.attn.relative_position_bias_table"][:, 1].reshape(7, 7)
    torch.testing.assert_close(bias[4:11, 4:11], table)
    assert bias[0, 0] == table[0, 0]
    assert bias[14, 7] == table[6, 3]
