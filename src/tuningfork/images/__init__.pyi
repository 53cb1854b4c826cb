from .background import fill_bad_pixels as fill_bad_pixels
from .background import sky_level as sky_level
from .bands import decode_bands as decode_bands
from .bands import encode_bands as encode_bands
from .crop import (
    Box as Box,
)
from .crop import (
    adaptive_box as adaptive_box,
)
from .crop import (
    adaptive_crop as adaptive_crop,
)
from .crop import (
    central_crop as central_crop,
)
from .crop import (
    resize as resize,
)
from .decode import check_size as check_size
from .decode import decode as decode
from .decode import verify as verify
from .fits import FitsImage as FitsImage
from .fits import read_fits as read_fits
from .fits import read_fits_bands as read_fits_bands
from .headers import PictureHeader as PictureHeader
from .headers import read_header as read_header
from .headers import sniff as sniff
from .sheet import contact_sheet as contact_sheet
from .sheet import encode_picture as encode_picture
from .sources import Source as Source
from .sources import cut_out as cut_out
from .sources import find_sources as find_sources
from .stretch import (
    Asinh as Asinh,
)
from .stretch import (
    LegacyRGB as LegacyRGB,
)
from .stretch import (
    Linear as Linear,
)
from .stretch import (
    Log as Log,
)
from .stretch import (
    Lupton as Lupton,
)
from .stretch import (
    Stretch as Stretch,
)
from .stretch import (
    ZScale as ZScale,
)
from .stretch import (
    restretch_display as restretch_display,
)
from .stretch import (
    stretch_from_table as stretch_from_table,
)
from .stretch import (
    to_display as to_display,
)
from .stretch import (
    to_unit as to_unit,
)
from .stretch_fit import fit_stretch as fit_stretch
