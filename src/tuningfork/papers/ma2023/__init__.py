"""Hierarchical learning with weighted sampling and label smoothing, HIWL (Ma et al. 2023)."""
