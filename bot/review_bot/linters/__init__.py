"""Findings of other tools: from a file, or from a command that is run with a deadline and never by a shell."""
