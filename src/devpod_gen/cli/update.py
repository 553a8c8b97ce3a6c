"""A lock made anew: resolved, verified from files of its own, and only then written."""

from dataclasses import replace
from typing import TYPE_CHECKING

from devpod_gen import __version__
from devpod_gen.cli.locked import locked_texts, write_lock
from devpod_gen.cli.options import identity_of, plan_of, plan_with, trusted
from devpod_gen.errors import FilesDiffer, ProfileError

if TYPE_CHECKING:
    from devpod_gen.cli.console import Console
    from devpod_gen.cli.options import Repo
    from devpod_gen.plan.model import Plan
    from devpod_gen.verify.report import Report


def updated(repo: "Repo", console: "Console") -> int:
    """Resolve anew, prove what comes of it in a folder beside, and only then replace."""
    from devpod_gen.cli.generated import trusted_changes_of  # noqa: PLC0415
    from devpod_gen.emit.writing import require_writable  # noqa: PLC0415
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.plan.lock import Lock  # noqa: PLC0415
    from devpod_gen.workspace.image import resolve  # noqa: PLC0415

    bare = trusted(repo, plan_with(repo, None))
    require_writable(trusted_changes_of(repo, _before(repo) or bare))
    engine = Docker()
    console.say(f"engine: {engine.require()}")
    image = resolve(engine, bare.image, console.say, root=repo.root)
    draft = Lock(image, None, (), __version__)
    plan = plan_with(repo, draft)
    report = _prove(repo, plan, console)
    if not report.ready:
        console.outcome(report.text(), "error", report.values())
        console.say("the lock and the generated files are as they were")
        return 1
    if plan_with(repo, draft) != plan:
        message = "the profile was changed while it was verified; nothing was written"
        raise FilesDiffer(message, where=repo.profile_name, fix="run it again")
    write_lock(repo, image, report.tools, console)
    console.result(report.text(), **report.values())
    return 0


def _before(repo: "Repo") -> "Plan | None":
    """With the lock that is there: the files are of that one. None where it cannot be read."""
    try:
        return plan_of(repo)
    except ProfileError:
        return None


def _prove(repo: "Repo", plan: "Plan", console: "Console") -> "Report":
    """Verify the plan from files in a folder of its own, as deep in the repo as theirs, so
    that every relative path in them means the same. Those that are there are not touched."""
    from devpod_gen.cli.generated import changes_of, emitted_of  # noqa: PLC0415
    from devpod_gen.cli.merge import carried  # noqa: PLC0415
    from devpod_gen.disk import publish, staging  # noqa: PLC0415
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.verify.run import verify  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415

    clock = Clock()
    changes = changes_of(repo, plan)
    texts = locked_texts(changes, carried(repo, plan, changes, console))
    with staging((repo.root / plan.output).parent) as folder:
        for path, text in texts.items():
            publish(folder / path.removeprefix(f"{plan.output}/"), text)
        output = folder.relative_to(repo.root).as_posix()
        identity = replace(identity_of(repo, plan), output=output)
        context = Context(Docker(), plan, identity, clock, console.say)
        return verify(context, emitted_of(plan, changes, texts))
