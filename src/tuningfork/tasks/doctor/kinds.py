"""Every kind of fault: what it is called, what it means, and what to do about it."""

from dataclasses import dataclass

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault in words; ``pairs`` when it is one galaxy beside another."""

    title: str
    meaning: str
    advice: str
    pairs: bool = False


KINDS: dict[str, Kind] = {
    "missing": Kind(
        "Missing stamp", "The galaxy has a row, but no picture.", "Fetch it again and import it anew."
    ),
    "undecodable": Kind(
        "Damaged stamp", "The stored picture is damaged.", "Fetch it again and import it anew."
    ),
    "half_black": Kind(
        "Half black",
        "One half is pure black: the picture of an error message, or a broken download.",
        "Leave it out, or fetch it again.",
    ),
    "blank": Kind("Blank", "Every pixel has the same value.", "Leave it out: the position has no image."),
    "tiny": Kind("Tiny", "A side is under 8 pixels.", "Cut it out again with a larger field."),
    "bad_pixels": Kind(
        "Bad pixels",
        "Over a tenth of the pixels were NaN and were filled in, or a band has no data there.",
        "Look whether the galaxy itself is hit; leave it out if it is.",
    ),
    "saturated": Kind(
        "Saturated",
        "Over one per cent of the picture is cut off at the highest value.",
        "Do not measure brightness on it; a softer stretch may help if it was made in the display.",
    ),
    "lines": Kind(
        "Crossed by a line",
        "A straight line runs across: a satellite's trail, the spike of a star, or a lost column.",
        "Leave it out of training sets; keep it when the line misses the galaxy.",
    ),
    "off_centre": Kind(
        "Off-centre",
        "The galaxy is not in the middle, or nothing stands out of the sky.",
        "Check the position it was cut at.",
    ),
    "star": Kind(
        "Bright neighbour",
        "The full core of a star, or of a galaxy that outshines this one, is in the frame.",
        "Do not trust colours and faint structure.",
    ),
    "duplicate": Kind(
        "The same file twice",
        "Two galaxies have the very same picture, byte for byte.",
        "Keep one of them.",
        True,
    ),
    "near_duplicate": Kind(
        "The same picture twice",
        "Two pictures show the same pixels: compressed anew, resized, cropped, turned or mirrored.",
        "Keep one, and never have one in training and one in testing.",
        True,
    ),
    "same_position": Kind(
        "The same place in the sky",
        "Two galaxies are within an arcsec of each other.",
        "They are one galaxy observed or listed twice: keep one.",
        True,
    ),
    "leak": Kind(
        "In two parts of the split",
        "The same galaxy stands in two parts, so a score on one is too good.",
        "Move both into one part.",
        True,
    ),
    "label": Kind(
        "Label in doubt",
        "A model that has never seen this galaxy is confident of another class.",
        "Look at it again; correct the label if you agree.",
    ),
}
