"""Doherty 2024: yes-or-no labels of Galaxy Zoo 2 by networks and transformers."""
