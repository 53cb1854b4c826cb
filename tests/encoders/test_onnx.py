"""Networks as ONNX: the same numbers as torch, one line for everything that is wrong with a file."""

import json

import numpy as np
import pytest
import torch

from tuningfork.encoders import load_encoder
from tuningfork.encoders.export import export_onnx
from tuningfork.encoders.onnx_files import METADATA
from tuningfork.errors import UsageError, WeightsError

onnx = pytest.importorskip("onnx", reason="extra: onnx")
pytest.importorskip("onnxruntime", reason="extra: onnx")
TOLD = {"size": 16, "window": "frame", "zoom": 1.0, "bands": 3}


def write_model(path, batch="n", metadata=TOLD, bands=3, out=None, kind=None):
    """``[n, bands, 16, 16]`` -> mean over pixels, times a matrix: ``[n, 5]``."""
    helper, number = onnx.helper, onnx.TensorProto
    matrix = np.random.default_rng(0).normal(size=(bands, 5)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["stamps"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["mean", "matrix"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes[: len(nodes) if out is None else 1],
        "net",
        [helper.make_tensor_value_info("stamps", kind or number.FLOAT, [batch, bands, 16, 16])],
        [helper.make_tensor_value_info(out or "embedding", kind or number.FLOAT, None)],
        [onnx.numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if metadata is not None:
        helper.set_model_props(model, {METADATA: json.dumps(metadata)})
    onnx.save(model, path)
    return matrix


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_free_and_fixed_batches_give_the_same_numbers(tmp_path, batch):
    matrix = write_model(tmp_path / "net.onnx", batch)
    encoder = load_encoder(f"onnx:{tmp_path}/net.onnx")
    x = torch.rand(7, 3, 16, 16)
    assert (encoder.spec.dim, encoder.spec.size, encoder.spec.preprocessing.window) == (5, 16, "frame")
    torch.testing.assert_close(encoder.embed(x), x.mean((2, 3)) @ torch.from_numpy(matrix))
    assert load_encoder(encoder.spec.name).spec.key == encoder.spec.key


def test_an_exported_encoder_is_the_encoder(tmp_path):
    told = export_onnx("lvm-tiny:untrained", tmp_path / "lvm.onnx")
    assert told["largest_difference"] < 1e-4
    ours, theirs = load_encoder("lvm-tiny:untrained"), load_encoder(f"onnx:{tmp_path}/lvm.onnx")
    assert theirs.spec.preprocessing == ours.spec.preprocessing
    stamp = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    torch.testing.assert_close(
        theirs.embed(theirs.preprocess([stamp])), ours.embed(ours.preprocess([stamp])), atol=1e-4, rtol=1e-4
    )
    with pytest.raises(UsageError, match=r"lvm\.onnx"):
        export_onnx("lvm-tiny:untrained", tmp_path / "lvm.pt")


def test_an_export_with_other_numbers_is_refused_and_the_file_before_it_stays(tmp_path, monkeypatch):
    out = tmp_path / "encoder.onnx"
    assert export_onnx("timm:test_resnet:untrained", out)["largest_difference"] <= 1e-4
    before = out.read_bytes()
    monkeypatch.setattr("tuningfork.encoders.export._TOLERANCE", -1.0)
    with pytest.raises(WeightsError, match="other numbers"):
        export_onnx("timm:test_resnet:untrained", out)
    assert out.read_bytes() == before


def test_a_file_beside_it_says_how_the_input_is_made(tmp_path):
    write_model(tmp_path / "net.onnx", metadata=None)
    with pytest.raises(WeightsError, match=r"Write net\.toml, .*: size = "):
        load_encoder(f"onnx:{tmp_path}/net.onnx")
    beside = tmp_path / "net.toml"
    beside.write_text('size = 16\nmean = [0.5]\n[learnt_from]\nbands = ["g", "r", "z"]\n')
    encoder = load_encoder(f"onnx:{tmp_path}/net.onnx")
    assert (encoder.spec.preprocessing.mean, encoder.spec.learnt_from.bands) == ((0.5,), ("g", "r", "z"))
    for text in ('size = "large"', "sise = 16", "size = 16\nbands = 0", "size = ["):
        beside.write_text(text)
        with pytest.raises(WeightsError, match="cannot be read"):
            load_encoder(f"onnx:{tmp_path}/net.onnx")


def test_numbers_outside_the_folder_are_refused(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "net.onnx"
    matrix = write_model(path)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="net.data", size_threshold=0)
    x = torch.rand(2, 3, 16, 16)
    key = load_encoder(f"onnx:{path}").spec.key
    torch.testing.assert_close(
        load_encoder(f"onnx:{path}").embed(x), x.mean((2, 3)) @ torch.from_numpy(matrix)
    )
    data = path.with_name("net.data")
    data.write_bytes(data.read_bytes()[::-1])
    assert load_encoder(f"onnx:{path}").spec.key != key
    (tmp_path / "secret").write_bytes(data.read_bytes())
    model = onnx.load(path, load_external_data=False)
    for location in ("../secret", str(tmp_path / "secret"), "link", "nowhere", ""):
        if location == "link":
            path.with_name("link").symlink_to(tmp_path / "secret")
        entry = next(e for e in model.graph.initializer[0].external_data if e.key == "location")
        entry.value = location
        path.write_bytes(model.SerializeToString())
        with pytest.raises(WeightsError, match="no file of its folder"):
            load_encoder(f"onnx:{path}")


def test_every_fault_of_a_file_is_one_line(tmp_path):
    path = tmp_path / "net.onnx"

    def refused(words):
        with pytest.raises(WeightsError, match=words) as caught:
            load_encoder(f"onnx:{path}")
        assert "\n" not in str(caught.value)

    refused("no such file")
    for content in (b"", b"\x80\x04pickle", b"\xff" * 100):
        path.write_bytes(content)
        refused("not an ONNX file")
    write_model(path, bands=4)
    refused(r"its input is tensor\(float\) \['n', 4, 16, 16\], but the preprocessing makes")
    write_model(path, out="mean", metadata={**TOLD, "bands": 3})
    assert load_encoder(f"onnx:{path}").spec.dim == 3
    write_model(path, kind=onnx.TensorProto.DOUBLE)
    refused("cannot be used|its input is")
    write_model(path)
    model = onnx.load(path)
    model.graph.node[1].op_type = "NoSuchOperator"
    path.write_bytes(model.SerializeToString())
    refused("cannot be used")
