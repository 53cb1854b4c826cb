"""Names and keys: which stored vectors an encoder's name means.

A key is ``ENCODER-HASH``, then ``+bands-g.r.i`` where a person chose the bands, then ``+views8`` where the
vectors of several views were averaged. A name may bear the same endings.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tuningfork.errors import EmbeddingError

__all__ = [
    "as_encoder",
    "bands_of_suffix",
    "base_name",
    "loadable_name",
    "made_by",
    "resolve_key",
    "split_name",
    "stored_bands",
    "usual_key",
    "vector_key",
]

_FILES = ("file", "onnx")
_FIRST, _LAST = "lvm-tiny", "measured"
"""Whose vectors are taken before all others, and whose after them, where nobody says which."""


def as_encoder(encoder: Any) -> Any:
    """The encoder itself, or the one of that name."""
    if isinstance(encoder, str):
        from tuningfork.encoders import load_encoder

        return load_encoder(encoder)
    return encoder


def made_by(metadata: dict[str, str]) -> str:
    """The name that loads the encoder of stored vectors; of the hub, the very revision that made them."""
    name, full = metadata.get("encoder", "NAME"), metadata.get("name", "")
    return full if name.startswith("hf-hub:") and full else name


def loadable_name(encoder: Any) -> str:
    """The name by which `load_encoder` finds an encoder again, from any folder: file paths are absolute."""
    name = encoder if isinstance(encoder, str) else encoder.spec.name
    kind, colon, path = name.partition(":")
    if colon and (kind in _FILES or (kind == "hf-hub" and path.startswith((".", "/", "~")))):
        return f"{kind}:{Path(path).expanduser().resolve()}"
    return name


def vector_key(encoder: Any, views: int = 1, suffix: str = "") -> str:
    """The key vectors are stored under: the encoder's own, the ending of chosen bands, the number of views
    when more than one."""
    return f"{encoder.spec.key}{suffix}" + ("" if views == 1 else f"+views{views}")


def resolve_key(collection: Any, encoder: Any = None) -> str:
    """The stored key that a name, a key or an encoder means.

    Parameters
    ----------
    collection : Collection
        Where to look.
    encoder : str or Encoder, optional
        A key, or a name, which means the newest vectors made by an encoder of that name, whatever bands were
        chosen; ``NAME+views8`` asks for the averaged ones, ``NAME+bands-g.r.i`` for those of these bands.
        None means the usual ones, see `usual_key`.

    Raises
    ------
    EmbeddingError
        When there are no such vectors; the remedy is the command that makes them.
    """
    keys = list(collection.vector_keys())
    called = encoder
    if encoder is not None and not isinstance(encoder, str):
        called, encoder = encoder.spec.name, encoder.spec.key
    if encoder in keys:
        return encoder
    told = {key: collection.vector_table(key).metadata for key in keys}
    named = {key: facts for key, facts in told.items() if encoder is None or _is_named(key, facts, encoder)}
    if not named:
        raise EmbeddingError(
            "no embeddings yet" if encoder is None else f"no embeddings of encoder '{encoder}'",
            where=str(collection.path),
            remedy=_remedy(collection, called, keys),  # a key is no name that embed knows
        )
    return usual_key(named)


def usual_key(told: Mapping[str, Mapping[str, str]]) -> str:
    """Which vectors are taken where several would do, the one place that says so.

    Those of ``lvm-tiny``, which comes with the package; else of another encoder; those of measurements by
    hand (``measured``) where there is nothing else. Among equals the newest.

    Parameters
    ----------
    told : mapping
        Key -> what is written beside the vectors; not empty.
    """

    def liking(key: str) -> tuple[int, str, str]:
        name = told[key].get("encoder", "")
        return (1 + (name == _FIRST) - (name == _LAST), told[key].get("created", ""), key)

    return max(told, key=liking)


def stored_bands(collection: Any, encoder_key: str) -> tuple[str, ...] | None:
    """The bands that were chosen for the newest vectors of this encoder; None where nobody chose."""
    told = [collection.vector_table(key).metadata for key in collection.vector_keys()]
    chosen = [t for t in told if t.get("encoder_key") == encoder_key and t.get("bands")]
    return tuple(max(chosen, key=lambda t: t.get("created", ""))["bands"].split(",")) if chosen else None


def base_name(name: str) -> tuple[str, int]:
    """``NAME+views8`` as (NAME, 8)."""
    base, mark, views = name.rpartition("+views")
    return (base, int(views)) if mark and views.isdigit() else (name, 1)


def split_name(name: str) -> tuple[str, str, int]:
    """``NAME+bands-g.r.i+views8`` as (NAME, "+bands-g.r.i", 8)."""
    rest, views = base_name(name)
    base, mark, chosen = rest.rpartition("+bands-")
    return (base, mark + chosen, views) if mark else (rest, "", views)


def bands_of_suffix(suffix: str, bands: Sequence[str]) -> tuple[str, ...] | None:
    """``+bands-g.r.i`` as names of the collection's bands (places counted from 1 are names too); None for
    no suffix."""
    if not suffix:
        return None
    places = {str(place): band for place, band in enumerate(bands, start=1)}
    return tuple(
        part if part in bands else places.get(part, part)
        for part in suffix.removeprefix("+bands-").split(".")
    )


def _is_named(key: str, metadata: dict, name: str) -> bool:
    base, chosen, views = split_name(name)
    _, of_key, views_of_key = split_name(key)
    known = (metadata.get("encoder"), metadata.get("name"), metadata.get("encoder_key"))
    return views_of_key == views and chosen in ("", of_key) and loadable_name(base) in known


def _remedy(collection: Any, encoder: str | None, keys: list[str]) -> str:
    base, chosen, views = split_name(encoder or "lvm-tiny")
    command = f"tuningfork embed {collection.path} --encoder {base}"
    command += f" --bands {','.join(bands_of_suffix(chosen, collection.bands) or ())}" if chosen else ""
    command += f" --views {views}" if views > 1 else ""
    here = f" (embedded so far: {', '.join(keys)})" if keys else ""
    return f"Make them: {command}{here}"
