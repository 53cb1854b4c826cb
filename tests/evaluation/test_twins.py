"""Fingerprints find a picture however it is turned; the pixels decide; a million need no square of work."""

import cv2
import numpy as np
import pytest
from skimage.data import hubble_deep_field

from tuningfork.evaluation.proof import SAME_DETAIL, same_detail
from tuningfork.evaluation.twins import agreement, candidate_pairs, descriptors, polar_print, unit


@pytest.fixture(scope="module")
def stamps() -> list[np.ndarray]:
    from tuningfork.images import cut_out, find_sources

    field = np.ascontiguousarray(hubble_deep_field()[..., ::-1])
    return [cut_out(field, source, least=96) for source in find_sources(field, min_pixels=80)[:60]]


def _turned(picture, angle):
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    return cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)


def _jpeg(picture, quality=75):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


AGAIN = {
    "compressed": _jpeg,
    "half": lambda p: _jpeg(cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)),
    "cropped": lambda p: p[len(p) // 8 : -len(p) // 8, len(p) // 8 : -len(p) // 8],
    "mirrored": lambda p: p[:, ::-1],
    "turned": lambda p: _turned(p, 37),
}


@pytest.mark.parametrize("kind", AGAIN)
def test_the_same_picture_again(stamps, kind):
    scores = np.array([same_detail(stamp, AGAIN[kind](stamp)) for stamp in stamps[:12]])
    assert (scores > SAME_DETAIL).mean() > 0.8


def test_other_galaxies_are_others(stamps):
    scores = [same_detail(one, two) for one, two in zip(stamps[:30], stamps[30:], strict=True)]
    assert max(scores) < SAME_DETAIL


def test_flat_and_broken_pictures_are_like_nothing():
    flat = np.full((40, 40, 3), 7, np.uint8)
    assert same_detail(flat, flat) == 0.0
    assert not polar_print(flat).any()
    assert agreement(polar_print(flat)[None], polar_print(flat)[None])[0] == 0


def test_a_turn_by_a_right_angle_keeps_the_fingerprint(stamps):
    one = np.array([polar_print(stamp) for stamp in stamps])
    two = np.array([polar_print(np.rot90(stamp)[:, ::-1]) for stamp in stamps])
    assert np.median(agreement(one, two)) > 0.9
    both = descriptors(np.concatenate([one, two]))
    found = {(int(i), int(j)) for i, j, _ in zip(*_joined(candidate_pairs(both)), strict=True)}
    assert np.mean([(k, k + len(one)) in found for k in range(len(one))]) > 0.9


def test_candidates_among_many_are_found_in_cells(monkeypatch):
    from tuningfork.evaluation import twins

    rng = np.random.default_rng(0)
    vectors = unit(
        rng.normal(size=(3000, 24)).astype(np.float32) + 2 * np.repeat(rng.normal(size=(30, 24)), 100, 0)
    )
    vectors = np.concatenate([vectors, unit(vectors[:200] + 0.02 * rng.normal(size=(200, 24)))]).astype(
        np.float32
    )
    monkeypatch.setattr(twins, "_EXACT", 1000)
    compared = 0
    pairs = set()
    for i, j, _ in candidate_pairs(vectors):
        compared += len(i)
        pairs |= set(zip(i.tolist(), j.tolist(), strict=True))
    assert np.mean([(k, 3000 + k) in pairs for k in range(200)]) > 0.95
    blocks = sum(len(rows) * len(others) for rows, others in twins._blocks(vectors, vectors, len(vectors), 0))
    assert blocks < 0.3 * len(vectors) ** 2


def _joined(parts):
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
