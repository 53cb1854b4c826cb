"""Names and keys: which stored vectors an encoder's name means."""

from pathlib import Path
from typing import Any

from tuningfork.errors import EmbeddingError

__all__ = ["as_encoder", "base_name", "loadable_name", "resolve_key", "vector_key"]


def as_encoder(encoder: Any) -> Any:
    """The encoder itself, or the one of that name."""
    if isinstance(encoder, str):
        from tuningfork.encoders import load_encoder

        return load_encoder(encoder)
    return encoder


def loadable_name(encoder: Any) -> str:
    """The name by which `load_encoder` finds an encoder again, from any folder: file paths are absolute."""
    name = encoder if isinstance(encoder, str) else encoder.spec.name
    kind, colon, path = name.partition(":")
    return f"file:{Path(path).resolve()}" if colon and kind == "file" else name


def vector_key(encoder: Any, views: int = 1) -> str:
    """The key vectors are stored under: the encoder's own, with the number of views when more than one."""
    return encoder.spec.key if views == 1 else f"{encoder.spec.key}+views{views}"


def resolve_key(collection: Any, encoder: Any = None) -> str:
    """The stored key that a name, a key or an encoder means.

    Parameters
    ----------
    collection : Collection
        Where to look.
    encoder : str or Encoder, optional
        A key, or a name, which means the newest vectors made by an encoder of that name;
        ``NAME+views8`` asks for the averaged ones. None means the newest of all.

    Raises
    ------
    EmbeddingError
        When there are no such vectors; the remedy is the command that makes them.
    """
    keys = list(collection.vector_keys())
    if encoder is not None and not isinstance(encoder, str):
        encoder = encoder.spec.key
    if encoder in keys:
        return encoder
    told = {key: collection.vector_table(key).metadata for key in keys}
    named = [key for key in keys if encoder is None or _is_named(key, told[key], encoder)]
    if not named:
        raise EmbeddingError(
            "no embeddings yet" if encoder is None else f"no embeddings of encoder '{encoder}'",
            where=str(collection.path),
            remedy=_remedy(collection, encoder, keys),
        )
    return max(named, key=lambda key: (told[key].get("created", ""), key))


def base_name(name: str) -> tuple[str, int]:
    """``NAME+views8`` as (NAME, 8)."""
    base, mark, views = name.partition("+views")
    return (base, int(views)) if mark and views.isdigit() else (name, 1)


def _is_named(key: str, metadata: dict, name: str) -> bool:
    base, views = base_name(name)
    return base_name(key)[1] == views and loadable_name(base) in (
        metadata.get("encoder"),
        metadata.get("name"),
    )


def _remedy(collection: Any, encoder: str | None, keys: list[str]) -> str:
    base, views = base_name(encoder or "lvm-tiny")
    command = f"tuningfork embed {collection.path} --encoder {base}" + (
        f" --views {views}" if views > 1 else ""
    )
    here = f" (embedded so far: {', '.join(keys)})" if keys else ""
    return f"Make them: {command}{here}"
