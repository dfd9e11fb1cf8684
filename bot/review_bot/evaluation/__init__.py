"""How well a backend reviews: seeded bugs, clean changes, and the scores."""
