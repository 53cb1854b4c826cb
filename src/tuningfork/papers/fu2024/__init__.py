"""Fu et al. 2024, "Large vision model": the tables that can be made again."""
