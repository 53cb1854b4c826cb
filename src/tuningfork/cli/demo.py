"""``tuningfork demo``: the whole path on a real image that comes with an ordinary dependency."""

from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer

from tuningfork.cli._console import note
from tuningfork.cli._options import Debug, NoBrowser, Port, Quiet, new_app

__all__ = ["app", "write_deep_field"]

app = new_app()


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the image and the collection go.")
    ] = Path("tuningfork-demo"),
    port: Port = None,
    no_browser: NoBrowser = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Open the page on the galaxies of the Hubble Deep Field.

    They are found, cut out and embedded first. A second start repeats no finished work; the answers are kept.

    Example: tuningfork demo --out tuningfork-demo
    """
    from tuningfork.cli._prepare import open_source, serve_page, with_embeddings
    from tuningfork.web.server import check_port

    if port:
        check_port("127.0.0.1", port)
    image = write_deep_field(out, quiet=quiet)
    collection = open_source(image, out / "galaxies", quiet=quiet, mosaic=True)
    with_embeddings(collection, "lvm-tiny", quiet=quiet)
    serve_page(collection, encoder="lvm-tiny", port=port, browser=not no_browser)


def write_deep_field(out: Path, *, quiet: bool = False) -> Path:
    """The Hubble Deep Field (NASA/ESA, in scikit-image) as ``out/hubble_deep_field.png``; written once."""
    from tuningfork.files import disk_errors, write_atomically

    path = out / "hubble_deep_field.png"
    if path.exists():
        return path
    from PIL import Image
    from skimage.data import hubble_deep_field

    raw = BytesIO()
    Image.fromarray(hubble_deep_field()).save(raw, "PNG")
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    write_atomically(path, raw.getvalue())
    note(f"the Hubble Deep Field (NASA/ESA): {path}", quiet=quiet)
    return path
