"""Coverage-guided fuzzing, by atheris: `make fuzz`, for as long as `SECONDS` says.

Whatever the bytes are, the loader says what is wrong or gives a profile; what it takes as an
image is a reference by the grammar; an ssh_config is one host, or refused; and a template of a
repo's own makes a text of plain values, or is refused with its place.
"""

import contextlib
import dataclasses
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["devpod_gen.profile", "devpod_gen.plan.lock", "devpod_gen.emit", "tomllib", "jinja2"]
):
    from devpod_gen.emit.made import made
    from devpod_gen.emit.sandbox import answers
    from devpod_gen.emit.sshconfig import SshFiles, ssh_config
    from devpod_gen.errors import Finding, HostError, ProfileError
    from devpod_gen.plan import lock
    from devpod_gen.plan.resolve import resolve
    from devpod_gen.plan.view import view
    from devpod_gen.profile import stacks
    from devpod_gen.profile.load import parse
    from devpod_gen.profile.patience import patience
    from devpod_gen.profile.template import Template, is_name, own_templates

sys.path.insert(0, str(Path(__file__).parent))
from attack import CORPUS, cases, read_cases

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


PLAN = resolve(
    parse(b'name = "shop"\n[env]\nA = "b"\n[[ports]]\nport = 80', "f"), (), folder_name="f"
)


class SlowError(Exception):
    """Ends a template that loops: in the real process the kernel does."""


def rendered(data: bytes) -> None:
    """In this process: without what a template can have computed in one step of C."""
    text = data.decode("utf-8", "replace")
    if any(part in text for part in ("*", "%", "range", "center", "indent", "wordwrap", "json(")):
        return
    templates = (Template("a.txt.j2", text), Template("_b.j2", text[::2]))
    plan = dataclasses.replace(PLAN, templates=templates)
    asked = {"templates": {x.name: x.text for x in templates}, "made": ["a.txt.j2"]}
    lines = []
    with contextlib.suppress(SlowError), patience(2, SlowError()):
        lines = [json.dumps(line) for line in answers(asked | {"values": view(plan)})]
    findings: tuple[Finding, ...] = ()
    try:
        files = made(plan, "\n".join(lines).encode())
        assert not any(" object at 0x" in file.text for file in files)
    except ProfileError as error:
        findings = error.findings
    assert all(found.where.startswith(".devpod/templates") for found in findings)
    assert all(found.message.isprintable() for found in findings)


def named(data: bytes) -> None:
    """What is a name stays in its folder, is of no tool's, and is read back as it is."""
    name, _, text = data.decode("utf-8", "replace").partition("\n")
    if not is_name(name):
        return
    assert not {"..", "."} & set(name.split("/"))
    assert not re.search(r"(?i)(^|/)(devcontainer\.json|compose\.ya?ml)$", name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, ".devpod/templates", f"{name}.j2")
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8", newline="")
        try:
            (found,) = own_templates(Path(folder))
        except ProfileError:
            return
        assert (found.name, found.text) == (f"{name}.j2", text)


TARGETS = (profile, reference, locked, ssh, rendered, named)


def one(data: bytes) -> None:
    TARGETS[data[0] % len(TARGETS)](data[1:]) if data else None


def main() -> None:
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(cases()):
        if len(case.content) < 4096:
            (corpus / f"hostile-{number}").write_bytes(b"\0" + case.content)
    for number, case in enumerate(read_cases(CORPUS / "templates")):
        if len(case.content) < 4096:
            (corpus / f"template-{number}").write_bytes(b"\4" + case.content)
    (corpus / "name").write_bytes(b"\5deep/er/notes.md\nx")
    atheris.Setup([sys.argv[0], *sys.argv[2:], str(corpus)], one)
    atheris.Fuzz()


main()
