"""devpod-gen: one profile in, every door of a development environment out, with proof."""

__version__ = "0.1.0"

VERSION = f"devpod-gen {__version__}"
"""What `--version` says."""
