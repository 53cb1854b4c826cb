"""How strongly dust dims which band: a table by the names that bands have."""

from collections.abc import Sequence

__all__ = ["EXTINCTION", "extinction_of"]

# A(band) / E(B - V), on the scale of Schlegel et al. 1998 with R(V) = 3.1. Of u to y and of WISE those of the
# Legacy Surveys' description of DR9, for DECam; SDSS's g and r, 3.303 and 2.285, are hardly others. The rest
# from Schlafly & Finkbeiner 2011 (ApJ 737, 103), table 6: Landolt, UKIRT, and the cameras of HST.
EXTINCTION = {
    **{"u": 3.995, "g": 3.214, "r": 2.165, "i": 1.592, "z": 1.211, "y": 1.064},
    **{"w1": 0.184, "w2": 0.113, "w3": 0.0241, "w4": 0.0091},
    **{"b": 3.626, "v": 2.742, "j": 0.709, "h": 0.449, "k": 0.302, "ks": 0.302},
    **{"f435w": 3.610, "f475w": 3.268, "f606w": 2.471, "f775w": 1.629, "f814w": 1.526, "f850lp": 1.243},
    **{"f105w": 0.969, "f110w": 0.881, "f125w": 0.726, "f140w": 0.613, "f160w": 0.512},
    # a colour picture of a survey is made of g, r and z, or of bands near them
    **{"blue": 3.214, "green": 2.165, "red": 1.211},
}


def extinction_of(bands: Sequence[str]) -> tuple[float, ...] | None:
    """A / E(B - V) of each band by its name, in any case; None where one of the names is not known.

    Examples
    --------
    >>> extinction_of(["g", "Y"])
    (3.214, 1.064)
    >>> extinction_of(["g", "band2"]) is None
    True
    """
    names = [name.lower() for name in bands]
    return tuple(EXTINCTION[name] for name in names) if set(names) <= EXTINCTION.keys() else None
