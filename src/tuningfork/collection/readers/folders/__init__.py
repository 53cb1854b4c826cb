"""Folders of images: one file for a galaxy, or one for each of its bands."""
