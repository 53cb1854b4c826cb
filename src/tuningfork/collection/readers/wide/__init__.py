"""The sky itself: wide images cut where a list says or where galaxies are found, and cut-out services."""
