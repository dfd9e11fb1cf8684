"""The model's review: what it may read, what of its answers is kept."""
