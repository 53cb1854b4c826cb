"""ONNX files from outside: read for what they are before anything in them is run."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tuningfork.config import read_toml
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.encoders.weights_file import contract_of
from tuningfork.errors import UsageError, WeightsError
from tuningfork.extras import install_command

__all__ = ["METADATA", "checked_model", "model_hash", "told_preprocessing"]

METADATA = "tuningfork.preprocessing"
_LARGEST = 8_000_000_000
_EXAMPLE = (
    'a line each: size = 224, window = "galaxy", bands = 3, red_first = true, mean = [0.0], std = [1.0]'
)


def checked_model(path: Path) -> Any:
    """The model without the numbers that lie outside it, after checking that those lie beside it.

    Raises `WeightsError` when the file is absent, too large, no ONNX, or names a file outside its folder.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise _extra(path) from error
    if not path.is_file():
        raise WeightsError("there is no such file", where=str(path))
    if path.stat().st_size > _LARGEST:
        raise WeightsError(f"larger than {_LARGEST // 10**9} GB", where=str(path))
    try:
        model = onnx.load(str(path), format="protobuf", load_external_data=False)
    except (DecodeError, OSError, ValueError, RuntimeError) as error:
        raise WeightsError(f"not an ONNX file ({_short(error)})", where=str(path)) from error
    if not model.graph.node:
        raise WeightsError("not an ONNX file (it has no graph)", where=str(path))
    outside = list(_outside(model, path))
    if sum(file.stat().st_size for file in outside) > _LARGEST:
        raise WeightsError(f"larger than {_LARGEST // 10**9} GB with its files", where=str(path))
    return model


def model_hash(model: Any, path: Path) -> str:
    """SHA-256 of the file and of those its numbers lie in."""
    digest = hashlib.sha256()
    for file in [path, *sorted(set(_outside(model, path)))]:
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def told_preprocessing(model: Any, path: Path) -> tuple[Preprocessing, PixelFacts | None]:
    """How the input is made: from ``PATH.toml`` beside the file, or else from the model's own metadata.

    Raises `WeightsError` when neither says, with what to write.
    """
    sidecar = path.with_suffix(".toml")
    where = str(sidecar if sidecar.is_file() else path)
    try:
        if sidecar.is_file():
            table = read_toml(sidecar)
        else:
            table = next((json.loads(p.value) for p in model.metadata_props if p.key == METADATA), None)
        if table is None:
            raise WeightsError(
                "nothing says how its input is made", where=where, remedy=f"Write {sidecar.name}, {_EXAMPLE}"
            )
        learnt = {"learnt_from": table.pop("learnt_from")} if "learnt_from" in table else {}
        return contract_of({"preprocessing": table, **learnt}, where)
    except (UsageError, ValueError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"how its input is made cannot be read ({error})", where=where, remedy=f"Wanted is {_EXAMPLE}"
        ) from error


def _outside(model: Any, path: Path) -> Iterator[Path]:
    """The files in which the model's numbers lie, each of which must be in the model's own folder."""
    folder = path.resolve().parent
    for tensor in _tensors(model.graph):
        told = {entry.key: entry.value for entry in tensor.external_data}
        if not told and tensor.data_location != tensor.EXTERNAL:
            continue
        file = folder / told.get("location", "")
        if not file.resolve().is_relative_to(folder) or not file.is_file():
            raise WeightsError(
                f"its numbers should lie in '{told.get('location', '')}', which is no file of its folder",
                where=str(path),
            )
        yield file.resolve()


def _tensors(graph: Any) -> Iterator[Any]:
    """Every tensor of a graph, those in the attributes of its nodes and in graphs inside them too."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                if inner.node or inner.initializer:
                    yield from _tensors(inner)


def _extra(path: Path) -> WeightsError:
    return WeightsError(
        "ONNX files need two more packages", where=str(path), remedy=f"Run: {install_command('onnx')}"
    )


def _short(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:120]
