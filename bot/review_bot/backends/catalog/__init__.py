"""Model folders on this machine: kept, checked, packed into one file, fetched from a hub."""
