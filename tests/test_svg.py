"""Marks of pictures."""

import re

from tuningfork.svg import mark


def test_marks_of_one_picture_are_all_different():
    """Colour and shape together; and the first eight by their shape alone."""
    assert len({mark(10, 10, number) for number in range(56)}) == 56
    shapes = {re.sub('fill="[^"]*"', "", mark(10, 10, number)) for number in range(8)}
    assert len(shapes) == 8
