"""The large vision model of Fu et al. 2024, rebuilt from its words."""
