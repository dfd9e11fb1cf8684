"""Deterministic rules: loading, matching, suppressing, fixing."""
