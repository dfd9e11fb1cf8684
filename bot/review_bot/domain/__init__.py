"""The values that every layer speaks of; no I/O and no other layer."""
