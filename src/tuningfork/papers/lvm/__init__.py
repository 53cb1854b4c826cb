"""Tables of the large vision model that is shipped here: what makes its features good, where they carry."""
