"""Images in tar and ZIP archives, read where they lie."""
