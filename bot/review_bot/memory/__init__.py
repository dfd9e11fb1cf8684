"""What people did with findings, and what that means for the next ones: no I/O, only values."""
