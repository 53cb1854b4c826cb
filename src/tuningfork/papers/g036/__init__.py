"""Self-Supervised Learning for Cross-Survey Galaxy Morphology Classification (G036, 2023)."""
