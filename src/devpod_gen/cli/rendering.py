"""A repo's own templates, rendered: after trust, in a process of its own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devpod_gen.cli.options import Repo
    from devpod_gen.emit.file import RenderedFile
    from devpod_gen.plan.model import Plan

_PATIENCE = 10.0
"""Seconds for a machine that is busy: computing itself ends after one."""

_MOST = 8 * 1024 * 1024
"""Bytes of an answer: all that templates may make, escaped."""


def require_rendering(repo: "Repo", plan: "Plan") -> None:
    """Raises Untrusted where the plan has templates that its user has not trusted, Forbidden
    where a policy has it so."""
    from devpod_gen.workspace.trust import require_kind  # noqa: PLC0415 - only what is used

    if plan.templates:
        require_kind(repo.root, plan, "templates")


def own_files(plan: "Plan") -> "tuple[RenderedFile, ...]":
    """What the plan's own templates make. Raises ProfileError."""
    if not plan.templates:
        return ()
    from devpod_gen.apart import computed  # noqa: PLC0415
    from devpod_gen.emit.made import made, request  # noqa: PLC0415

    asked = request(plan)
    answer = computed("devpod_gen.emit.sandbox", asked, seconds=_PATIENCE, most=_MOST)
    return made(plan, answer)
