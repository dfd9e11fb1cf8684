"""Model engines, each a `ports.Backend` in the module named for it."""
