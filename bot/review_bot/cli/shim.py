"""What an installed git hook runs: `PYTHON shim.py NAME [ARG...]`.

A file by its path instead of `python -m review_bot`: `-m` puts the current folder, which is the repository under
review, in front of the import path, so that a `re.py` lying there would run.
"""

import sys


def run() -> None:
    """Run the hook named on the command line and exit with its code."""
    here = __file__.rpartition("/")[0]
    root = here.rpartition("/")[0].rpartition("/")[0]
    sys.path[:] = [entry for entry in sys.path if entry not in {here, ""}]
    if root not in sys.path:
        sys.path.append(root)
    from review_bot.cli.main import leave, main

    leave(main(["hook", *sys.argv[1:]]))


if __name__ == "__main__":
    run()
