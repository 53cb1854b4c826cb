"""Tables with a column of images: Parquet and Arrow, as Hugging Face writes them."""
