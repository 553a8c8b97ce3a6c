"""Standard streams that whoever started us has closed (`>&-`): nobody wants to know. But what is
opened next would have their numbers, and a file of ours be what a child takes for its output."""

import os
import sys


def complete() -> None:
    """Have all three."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            _open(number)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _open(number: int) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    os.set_inheritable(number, True)
