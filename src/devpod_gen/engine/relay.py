"""A command whose output passes through our hands, piece by piece, as it comes."""

import os
import selectors
import subprocess
from collections.abc import Callable, Mapping

_PIECE = 64 * 1024

Take = Callable[[bytes], None]
"""Takes a piece of output; an empty one is the end."""


def relay(argv: list[str], out: Take, errors: Take, *, env: Mapping[str, str]) -> int:
    """Run a command to its end, which may be never, and hand on what it says; its exit code.

    Where nobody reads any more, it is ended.
    """
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as process:
        try:
            _hand_on(process, out, errors)
        except BrokenPipeError:
            process.terminate()
        except BaseException:
            process.terminate()
            raise
        return process.wait()


def _hand_on(process: subprocess.Popen[bytes], out: Take, errors: Take) -> None:
    with selectors.DefaultSelector() as selector:
        for pipe, take in ((process.stdout, out), (process.stderr, errors)):
            if pipe:
                selector.register(pipe, selectors.EVENT_READ, take)
        while selector.get_map():
            for key, _ in selector.select():
                piece = os.read(key.fd, _PIECE)
                key.data(piece)
                if not piece:
                    selector.unregister(key.fileobj)
