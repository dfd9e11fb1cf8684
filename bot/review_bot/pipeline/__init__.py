"""The way of a change through the review."""
