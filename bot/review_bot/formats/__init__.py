"""How a review is written down, one file a format."""
