"""Pictures for people: contact sheets and encoded thumbnails."""

from collections.abc import Sequence

import numpy as np

from tuningfork.errors import UnknownNameError
from tuningfork.images.crop import resize

__all__ = ["contact_sheet", "encode_picture"]

_GROUND, _INK, _MARK = 18, (225, 225, 225), (240, 184, 96)
_CAPTION = 16  # pixels of height


def contact_sheet(
    pictures: Sequence[np.ndarray],
    *,
    captions: Sequence[str] | None = None,
    columns: int = 8,
    tile: int = 128,
    framed: int = 0,
) -> np.ndarray:
    """Many pictures on one dark sheet, row by row.

    Parameters
    ----------
    pictures : sequence of ndarray
        uint8 ``[H, W, 3]``, red first, of any sizes; each is fitted into its tile without distortion.
    captions : sequence of str, optional
        One line under each, cut where the tile ends.
    columns : int
        Tiles in a row.
    tile : int
        Side of a tile in pixels.
    framed : int
        How many of the first pictures stand in a frame.

    Returns
    -------
    ndarray
        uint8 ``[H, W, 3]``, red first.
    """
    if captions is not None and len(captions) != len(pictures):
        raise ValueError(f"{len(captions)} captions for {len(pictures)} pictures")
    columns = max(1, min(columns, len(pictures)))
    rows = max(1, -(-len(pictures) // columns))
    step = tile + 2 + (_CAPTION if captions else 0)
    sheet = np.full((rows * step + 2, columns * (tile + 2) + 2, 3), _GROUND, np.uint8)
    corners = [(2 + (n // columns) * step, 2 + (n % columns) * (tile + 2)) for n in range(len(pictures))]
    for picture, (top, left) in zip(pictures, corners, strict=True):
        _place(sheet, picture, top, left, tile)
    for top, left in corners[:framed]:
        _frame(sheet, top, left, tile)
    return _captioned(sheet, captions, corners, tile) if captions else sheet


def encode_picture(rgb: np.ndarray, *, kind: str = "webp", quality: int = 90) -> bytes:
    """A uint8 ``[H, W, 3]`` picture, red first, as bytes; ``kind``: webp, jpeg or png (without loss)."""
    import cv2

    options = {
        "webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
        "jpeg": [  # a small galaxy keeps its colours: they are not halved
            cv2.IMWRITE_JPEG_QUALITY,
            quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ],
        "png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
    }
    if kind not in options:
        raise UnknownNameError("picture format", kind, options)
    done, data = cv2.imencode(f".{kind}", np.ascontiguousarray(rgb[:, :, ::-1]), options[kind])
    if not done:
        raise ValueError(f"a picture of shape {rgb.shape} cannot be encoded as {kind}")
    return data.tobytes()


def _place(sheet: np.ndarray, picture: np.ndarray, top: int, left: int, tile: int) -> None:
    height, width = picture.shape[:2]
    factor = tile / max(height, width)
    fitted = resize(picture, (max(1, round(height * factor)), max(1, round(width * factor))))
    top, left = top + (tile - fitted.shape[0]) // 2, left + (tile - fitted.shape[1]) // 2
    sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted


def _frame(sheet: np.ndarray, top: int, left: int, tile: int) -> None:
    for edge in (slice(0, 2), slice(tile - 2, tile)):
        sheet[top : top + tile, left : left + tile][edge] = _MARK
        sheet[top : top + tile, left : left + tile][:, edge] = _MARK


def _captioned(sheet: np.ndarray, captions: Sequence[str], corners, tile: int) -> np.ndarray:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(11)
    for caption, (top, left) in zip(captions, corners, strict=True):
        cut = str(caption)[: 4 * tile]  # fitting takes as long as its square
        line = "".join(letter if letter.isprintable() else " " for letter in cut).strip()
        while line and draw.textlength(line, font=font) > tile:
            line = line[:-1]
        draw.text((left, top + tile + 1), line, fill=_INK, font=font)
    return np.asarray(image)
