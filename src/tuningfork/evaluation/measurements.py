"""The hand measurements that learnt features have to beat; see `tuningfork.images.measurements`."""

from tuningfork.images.measurements import MEASUREMENTS, measure

__all__ = ["MEASUREMENTS", "measure"]
