"""Tables, rows and places to and from TOPCAT, Aladin and others by SAMP."""

from tuningfork.collection.samp.link import SampLink
from tuningfork.collection.samp.sending import send_table

__all__ = ["SampLink", "send_table"]
