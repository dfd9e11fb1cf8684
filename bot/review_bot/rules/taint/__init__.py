"""Rules that follow a value from where it comes in to where it does harm, within a function and its file."""
