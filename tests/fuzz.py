"""Coverage-guided fuzzing, by atheris: `make fuzz`, for as long as `SECONDS` says.

Whatever the bytes are, the loader says what is wrong or gives a profile; what it takes as an
image is a reference by the grammar; and an ssh_config is one host, or refused.
"""

import contextlib
import os
import re
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["devpod_gen.profile", "devpod_gen.plan.lock", "tomllib"]):
    from devpod_gen.emit.sshconfig import SshFiles, ssh_config
    from devpod_gen.errors import HostError, ProfileError
    from devpod_gen.plan import lock
    from devpod_gen.plan.resolve import resolve
    from devpod_gen.profile import stacks
    from devpod_gen.profile.load import parse

sys.path.insert(0, str(Path(__file__).parent))
from attack import cases

KNOWN = stacks.known()
REFERENCE = re.compile(
    r"[a-z0-9][a-z0-9._:/-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


def profile(data: bytes) -> None:
    try:
        found = parse(data, "devpod.toml")
        resolve(found, KNOWN, folder_name="shop")
    except ProfileError:
        return
    for image in (found.image.ref, *(service.image for service in found.services)):
        assert image is None or REFERENCE.fullmatch(image)


def reference(data: bytes) -> None:
    text = data.decode("utf-8", "replace").replace("\\", "\\\\").replace('"', '\\"')
    profile(f'[image]\nref = "{text}"\n'.encode())


def locked(data: bytes) -> None:
    with contextlib.suppress(ProfileError):
        lock.parse(data, file="devpod.lock")


def ssh(data: bytes) -> None:
    plan = resolve(parse(b'name = "shop"', "f"), (), folder_name="shop")
    words = [f"/{word}" for word in os.fsdecode(data).split("|")]
    try:
        text = ssh_config(plan, SshFiles("shop.devpod-gen", words[0], words[-1], tuple(words)))
    except HostError:
        return
    assert sum(line.startswith("Host ") for line in text.splitlines()) == 1
    assert not re.search(r"^\s*(Match|Include)\b", text, re.MULTILINE)


TARGETS = (profile, reference, locked, ssh)


def one(data: bytes) -> None:
    TARGETS[data[0] % len(TARGETS)](data[1:]) if data else None


def main() -> None:
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(cases()):
        if len(case.content) < 4096:
            (corpus / f"hostile-{number}").write_bytes(b"\0" + case.content)
    atheris.Setup([sys.argv[0], *sys.argv[2:], str(corpus)], one)
    atheris.Fuzz()


main()
