"""What kind of galaxy each one is: models that tell classes, at rest and in use."""
