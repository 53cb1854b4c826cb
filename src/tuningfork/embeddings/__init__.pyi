from .approximate import IndexReport as IndexReport
from .approximate import index_embeddings as index_embeddings
from .index import SearchIndex as SearchIndex
from .map import (
    MapReport as MapReport,
)
from .map import (
    map_collection as map_collection,
)
from .map_picture import map_sheet as map_sheet
from .neighbours import (
    Neighbours as Neighbours,
)
from .neighbours import (
    neighbour_sheet as neighbour_sheet,
)
from .neighbours import (
    neighbour_table as neighbour_table,
)
from .neighbours import (
    search as search,
)
from .pictures import embed_pictures as embed_pictures
from .plan import Plan as Plan
from .plan import choose_plan as choose_plan
from .run import EmbedReport as EmbedReport
from .run import embed as embed
from .store import (
    Embeddings as Embeddings,
)
from .store import (
    export_embeddings as export_embeddings,
)
from .store import (
    load_embeddings as load_embeddings,
)
from .stored_map import GalaxyMap as GalaxyMap
from .stored_map import list_maps as list_maps
from .stored_map import load_map as load_map
