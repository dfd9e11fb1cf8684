"""Where a change comes from: git, a patch, a whole tree."""
