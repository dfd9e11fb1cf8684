"""From the bytes of a diff to files, hunks and lines."""
