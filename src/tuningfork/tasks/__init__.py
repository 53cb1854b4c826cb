"""What people ask of galaxies, composed from the floors below."""
