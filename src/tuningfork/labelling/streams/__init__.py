"""Beside the hunt: audits with known chances, planted known galaxies, and second looks. To the page all look
alike.
"""
