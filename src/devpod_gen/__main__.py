"""`python -m devpod_gen`."""

import sys

# Python puts the current folder first: a `typing.py` that lies in a repo is no module of ours.
if not sys.flags.safe_path:
    del sys.path[0]

from devpod_gen.cli.app import main

if __name__ == "__main__":
    main()
