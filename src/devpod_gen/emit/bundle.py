"""Plan to files: every emitter, and the self-check of what they render."""

import json

from devpod_gen.emit.compose import compose
from devpod_gen.emit.devcontainer import devcontainer
from devpod_gen.emit.file import BLANK, RenderedFile, is_untouched, stamped
from devpod_gen.emit.page import page
from devpod_gen.emit.paths import WORKFLOWS
from devpod_gen.emit.render import render
from devpod_gen.errors import Finding, InternalError
from devpod_gen.plan.model import Plan
from devpod_gen.profile.fit import findings
from devpod_gen.quickyaml import quick_yaml

_EMITTERS = (devcontainer, compose, page)


def bundle(plan: Plan, own: tuple[RenderedFile, ...] = ()) -> tuple[RenderedFile, ...]:
    """Every file that the plan emits, by path; `own`: what its own templates have made. Pure:
    the same plan, the same bytes."""
    files = [*(emit(plan) for emit in _EMITTERS), *own]
    ignored = render("devcontainer/gitignore.j2", plan=plan, blank=BLANK)
    files.append(stamped(f"{plan.output}/.gitignore", ignored))
    return tuple(sorted(files, key=lambda file: file.path))


def self_check(files: tuple[RenderedFile, ...]) -> None:
    """Read the files back and hold them against our own schemas.

    Raises InternalError: a file that fails here is our bug, and must not be written.
    """
    for file in files:
        problems = _broken(file)
        if problems or not (file.listed or is_untouched(file.text)):
            message = "a generated file is not what it should be"
            raise InternalError(
                message,
                where=file.path,
                fix="report it, with the profile; nothing was written",
                findings=problems,
            )


def _broken(file: RenderedFile) -> tuple[Finding, ...]:
    if file.listed:
        return ()  # a text, by a template of the repo's own
    name = file.path.rsplit("/", 1)[-1]
    if name == "devcontainer.json":
        return findings("devcontainer", json.loads(file.text), file.path)
    if file.path.startswith(WORKFLOWS):
        quick_yaml(file.text)  # what it holds is looked at by the tests' linter
    if name == "compose.yaml":
        return findings("compose", quick_yaml(file.text), file.path)
    return ()
