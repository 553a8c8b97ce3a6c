"""The page of links, to be opened as a file: HTML that fetches nothing and runs nothing.

The links name the SSH host only, so the page is the same on every machine. VS Code's link
into the container holds a folder of the host, so it is `devpod-gen open` that has it.
"""

from devpod_gen.emit.file import BLANK, RenderedFile, stamped
from devpod_gen.emit.links import alias, gateway_link, toolbox_link
from devpod_gen.emit.render import render
from devpod_gen.emit.vscode import link, remote_ssh
from devpod_gen.plan.model import Plan
from devpod_gen.value import dataclass

_OWN_IMAGE = "The image is your own: by SSH it can be entered if it is one that devpod-gen made."


@dataclass(frozen=True, slots=True)
class _Door:
    """A part of the page: links and what is to be typed, each by its label."""

    title: str
    notes: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()


def page(plan: Plan) -> RenderedFile:
    """The page, below the plan's output folder."""
    doors = (_vscode(plan), _toolbox(plan), _gateway(plan), _terminal(plan))
    text = render(
        "gateway/links.html.j2",
        plan=plan,
        blank=BLANK,
        alias=alias(plan),
        notes=() if plan.image.layers else (_OWN_IMAGE,),
        doors=doors,
    )
    return stamped(f"{plan.output}/gateway/links.html", text)


def _vscode(plan: Plan) -> _Door:
    note = "In the container it opens by “Dev Containers: Reopen in Container”, too."
    by_ssh = link(remote_ssh(alias(plan)), plan.folder)
    inside = ("In the container", _command(plan, "open vscode"))
    return _Door("VS Code", (note,), (("By Remote-SSH", by_ssh),), (inside,))


def _toolbox(plan: Plan) -> _Door:
    found = tuple((f"Open {name}", toolbox_link(plan, name)) for name in plan.ide.products)
    note = "It connects by SSH, and brings the IDE's backend where the workspace has none."
    return _Door("JetBrains Toolbox", (note,), found)


def _gateway(plan: Plan) -> _Door:
    """By a link Gateway opens only a backend that is there; else it has to be told."""
    made = ((name, gateway_link(plan, name)) for name in plan.ide.products)
    found = tuple((f"Open {name}", href) for name, href in made if href)
    if found:
        note = "It connects by SSH to the backend in the image, once you confirm the host."
        return _Door("JetBrains Gateway", (note,), found)
    note = "No backend is in the image, so there is no link: “New Connection”, with these."
    fields = (("Host", alias(plan)), ("User", plan.user), ("Project", plan.folder))
    return _Door("JetBrains Gateway", (note,), fields=fields)


def _terminal(plan: Plan) -> _Door:
    fields = (("Shell", _command(plan, "shell")), ("SSH", f"ssh {alias(plan)}"))
    return _Door("Terminal", (), fields=fields)


def _command(plan: Plan, words: str) -> str:
    return f"devpod-gen {words}{f' --profile {plan.variant}' if plan.variant else ''}"
