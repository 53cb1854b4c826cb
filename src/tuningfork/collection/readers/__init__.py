"""What a source holds, before any pixel is read: one module per kind of source."""
