"""A review in a pull request: what is said where, decided from values and tested without a network."""
