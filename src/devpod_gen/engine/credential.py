"""git's credentials of the host, for one request at a time. Format: git-credential(1).

Asked by code inside a container, so a request is a stranger's: of it are taken a host, a
path and a name, for https and for nothing else. git is asked outside of any repo, and is not
let ask its user by a terminal that it does not have.
"""

import os
import shutil

from devpod_gen.engine.command import run
from devpod_gen.regex import late

_PATIENCE = 110.0  # a helper may open a window and ask
_LINE = late(r"(protocol|host|path|username)=([!-~]{1,1024})")
_ANSWER = ("protocol", "host", "username", "password", "password_expiry_utc")
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_CONFIG")


def fill(request: str) -> str:
    """The answer for git inside; empty: none."""
    program = shutil.which("git")
    found = (_LINE.fullmatch(line) for line in request.splitlines())
    asked = {match[1]: match[2] for match in found if match}
    if not program or asked.get("protocol") != "https" or "host" not in asked:
        return ""
    lines = "".join(f"{key}={value}\n" for key, value in asked.items())
    argv = [program, "-c", "credential.interactive=false", "credential", "fill"]
    done = run(argv, timeout=_PATIENCE, stdin=f"{lines}\n".encode(), env=_environment(), folder="/")
    said = [line for line in done.output.splitlines() if line.partition("=")[0] in _ANSWER]
    known = {line.partition("=")[0] for line in said}
    whole = done.ok and {"username", "password"} <= known
    return "".join(f"{line}\n" for line in said) if whole else ""


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in _ELSEWHERE}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": ""}
