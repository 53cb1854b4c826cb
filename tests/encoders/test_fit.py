"""The contract: what fits, what is converted exactly, what is refused and with which mend."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuningfork.encoders import EncoderSpec, Preprocessing, load_encoder, weights_info
from tuningfork.encoders.facts import PixelFacts
from tuningfork.encoders.fit import fit
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.learning import facts_to_learn
from tuningfork.errors import EmbeddingError, ImageError, UnknownNameError, UsageError
from tuningfork.images import stretch_from_table

LINEAR = {"kind": "linear", "low": 0.0, "high": 10.0}
ASINH = {"kind": "asinh", "low": 0.0, "high": 5.0, "softening": 0.1}
COLOUR = PixelFacts(("blue", "green", "red"))


def spec(bands=3, learnt=None, window="galaxy"):
    return EncoderSpec("net", "net-1", 8, (), Preprocessing(size=32, window=window, bands=bands), learnt)


def flux(bands="griz", zero=25.0, **more):
    return PixelFacts(tuple(bands), "flux", more.pop("stretch", LINEAR), zero_point=zero, **more)


def stamp(bands, kind=np.float32):
    whole = np.arange(4 * 4 * bands).reshape(4, 4, bands).astype(kind)
    return whole / kind(5) if kind == np.float32 else whole


def test_as_many_bands_pass_untouched():
    picture = stamp(3, np.uint8)
    assert fit(spec(), COLOUR)([picture])[0] is picture
    assert fit(spec(), COLOUR).remarks == ()
    assert fit(spec(), COLOUR).choice.suffix == ""


def test_one_band_is_repeated_and_that_is_said():
    found = fit(spec(), PixelFacts(("grey",)))
    assert found([stamp(1, np.uint16)])[0].shape == (4, 4, 3)
    assert "repeated 3 times" in found.remarks[0]


@pytest.mark.parametrize(("bands", "example"), [("griz", "g,i,z"), ("gr", "g,g,r"), ("ugriz", "u,r,z")])
def test_what_neither_name_nor_number_tells_is_refused_with_the_command(bands, example):
    with pytest.raises(EmbeddingError, match=rf"embed sky --encoder net --bands {example}$"):
        fit(spec(), flux(bands), where="sky")


def test_chosen_bands_are_taken_in_their_order_and_named_in_the_key():
    found = fit(spec(), flux(), ("i", "g", "g"))
    made = found([stamp(4)])[0]
    np.testing.assert_array_equal(made, stretch_from_table(LINEAR)(stamp(4))[:, :, [2, 0, 0]])
    assert found.choice.suffix == "+bands-i.g.g"
    assert found.record()["bands"] == ["i", "g", "g"]
    odd = PixelFacts(("F814W/ACS", "b.1", "c", "d"), "flux", LINEAR)
    assert fit(spec(), odd, ("c", "d", "b.1")).choice.suffix == "+bands-3.4.2"


def test_choosing_what_is_taken_anyway_is_no_choice():
    assert fit(spec(), COLOUR, ("blue", "green", "red")) == fit(spec(), COLOUR)
    assert fit(spec(), COLOUR, ("red", "green", "blue")).choice.suffix == "+bands-red.green.blue"


def test_bands_that_are_not_there_or_too_few_are_refused():
    with pytest.raises(UnknownNameError, match="unknown band 'y'"):
        fit(spec(), flux(), ("g", "r", "y"))
    with pytest.raises(UsageError, match="takes 3 bands, not 2"):
        fit(spec(), flux(), ("g", "r"))


def test_one_band_that_is_named_is_repeated():
    assert fit(spec(), flux(), ("r",)) == fit(spec(), flux(), ("r", "r", "r"))


def test_an_encoder_that_names_its_bands_gets_them_by_name():
    learnt = PixelFacts(("g", "r", "z"))
    found = fit(spec(learnt=learnt), flux("griz"))
    assert (found.choice.picks, found.choice.suffix) == ((0, 1, 3), "")
    assert fit(spec(learnt=learnt), flux("zrg")).choice.picks == (2, 1, 0)
    assert "in place of g, r, z" in fit(spec(learnt=learnt), flux("gri")).remarks[0]
    numbered = PixelFacts(("band1", "band2", "band3"))
    assert fit(spec(learnt=numbered), flux("gri")).remarks == ()
    with pytest.raises(EmbeddingError, match=r"3 bands \(g, r, z\), but the collection has 4"):
        fit(spec(learnt=learnt), flux("ugri"))


@given(st.permutations("griz"), st.integers(0, 3))
def test_reordering_by_name_is_exact(order, leave):
    names = tuple(b for k, b in enumerate("griz") if k != leave)
    made = fit(spec(learnt=PixelFacts(names)), flux(order))([stamp(4)])[0]
    unit = stretch_from_table(LINEAR)(stamp(4))
    for place, name in enumerate(names):
        np.testing.assert_array_equal(made[:, :, place], unit[:, :, order.index(name)])


def test_flux_goes_through_the_encoders_stretch_at_its_zero_point():
    learnt = flux("grz", 22.5, stretch=ASINH)
    found = fit(spec(learnt=learnt), flux("grz", 25.0))
    assert found.factor == pytest.approx(0.1)
    np.testing.assert_array_equal(
        found([stamp(3)])[0], stretch_from_table(ASINH)(stamp(3) * np.float32(found.factor))
    )
    assert any("zero point" in line for line in found.remarks)
    assert fit(spec(learnt=learnt), flux("grz", 22.5)).factor == 1


def test_flux_of_a_scale_that_cannot_be_told_is_refused():
    for ours, theirs in ((None, 22.5), (25.0, None), (None, None)):
        with pytest.raises(EmbeddingError, match=r"zero_point = N .* sky/collection\.toml"):
            fit(spec(learnt=flux("grz", theirs, stretch=ASINH)), flux("grz", ours), where="sky")
    same = flux("grz", None)
    assert fit(spec(learnt=same), same).factor == 1
    counts = flux("grz", None, unit="adu", stretch=ASINH)
    assert fit(spec(learnt=counts), flux("grz", None, unit="adu")).factor == 1
    nanomaggies = flux("grz", None, stretch={"kind": "legacy"})
    assert fit(spec(learnt=nanomaggies), flux("grz", 25.0)).factor == pytest.approx(0.1)


def test_an_encoder_of_flux_refuses_pictures():
    with pytest.raises(EmbeddingError, match="--encoder lvm-tiny"):
        fit(spec(learnt=flux("grz")), COLOUR)
    with pytest.raises(ImageError, match="wants linear flux"):
        fit(spec(learnt=flux("grz")), flux("grz"))([stamp(3, np.uint8)])


def test_only_an_encoder_of_frames_cares_for_the_pixel_scale():
    learnt, here = PixelFacts(pixel_scale=0.262), PixelFacts(("a", "b", "c"), pixel_scale=0.396)
    assert fit(spec(learnt=learnt), here).remarks == ()
    assert "0.262 arcsec" in fit(spec(learnt=learnt, window="frame"), here).remarks[0]


def test_a_stamp_of_other_bands_is_named_trouble_not_a_guess():
    with pytest.raises(ImageError, match="5 bands"):
        fit(spec(), flux("grz"))([stamp(5)])
    grey = fit(spec(), PixelFacts(("grey",)))
    assert grey([stamp(3, np.uint8)])[0].shape == (4, 4, 3)  # a colour picture among grey ones
    with pytest.raises(ImageError, match="4 bands"):
        grey([stamp(4, np.uint8)])


def test_flux_is_learnt_as_flux_only_where_one_stretch_can_serve_all():
    def learnt(*every, bands=None):
        return facts_to_learn([fit(spec(), facts, bands) for facts in every])

    one = learnt(flux("griz", stretch={**ASINH, "weights": [1.0, 2.0, 3.0, 4.0]}), bands=("g", "i", "z"))
    assert (one.pixels, one.bands, one.stretch["weights"]) == ("flux", ("g", "i", "z"), [1.0, 3.0, 4.0])
    assert learnt(flux("grz"), flux("grz", 22.5, stretch=ASINH)).stretch == LINEAR
    for mixed in ((flux("grz"), COLOUR), (flux("grz"), flux("grz", None)), (COLOUR, COLOUR)):
        assert learnt(*mixed).pixels == "encoded"
    lupton = flux("griz", stretch={"kind": "lupton"})
    assert learnt(lupton, bands=("g", "r", "i")).pixels == "encoded"  # it mixes bands


def test_nonsense_facts_are_refused():
    with pytest.raises(UsageError, match="encoded or flux"):
        PixelFacts(pixels="magnitudes")
    with pytest.raises(UsageError, match="text"):
        PixelFacts(bands=(1, 2))


def test_weights_without_a_contract_keep_their_key_and_work():
    assert load_encoder("lvm-tiny").spec.key == "lvm-tiny-be299ca0"  # stored vectors bear it
    assert load_encoder("lvm-tiny").spec.learnt_from is None
    preprocessing = Preprocessing(size=32)
    assert encoder_key("a", "w", preprocessing) == encoder_key("a", "w", preprocessing, None, None)
    assert encoder_key("a", "w", preprocessing) != encoder_key("a", "w", preprocessing, None, COLOUR)
    manifest = SimpleNamespace(
        bands=("blue", "green", "red"),
        pixels="encoded",
        stretch=LINEAR,
        unit="",
        zero_point=None,
        pixel_scale=None,
    )
    assert fit(load_encoder("lvm-tiny").spec, PixelFacts.of(manifest)).record() == {
        "bands": ["blue", "green", "red"]
    }
    assert "learnt_from" not in weights_info("lvm-tiny")
