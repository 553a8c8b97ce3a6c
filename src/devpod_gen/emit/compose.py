"""compose.yaml: what shapes the container, where every client sees it.

Format: the Compose specification. Every scalar is written as JSON, which YAML 1.1 and
1.2 read alike. The project's name comes from the machine-local `.env` beside the file,
so that two clones never share a container.
"""

from devpod_gen.emit.configuration import config_by
from devpod_gen.emit.file import BLANK, RenderedFile, stamped
from devpod_gen.emit.hooks import hook_environment
from devpod_gen.emit.render import render
from devpod_gen.emit.services import deploy, limits, sidecars, waited_for
from devpod_gen.plan.model import ImagePlan, Plan
from devpod_gen.plan.secret import ROOM, SECRETS

_UNSAID = '\n      devpod-gen.config: ""\n'


def compose(plan: Plan) -> RenderedFile:
    """The plan's compose.yaml."""
    text = _text(plan)
    said = _UNSAID.replace('""', f'"{config_by(text)}"')
    return stamped(f"{plan.output}/compose.yaml", text.replace(_UNSAID, said, 1))


def config_of(plan: Plan) -> str:
    """What the container is labelled with: it changes when the container would.

    The header does not count, so a new IDE extension recreates nothing.
    """
    return config_by(_text(plan))


def _text(plan: Plan) -> str:
    """The file, but for what it says its configuration is."""
    return render(
        "devcontainer/compose.yaml.j2",
        plan=plan,
        config="",
        blank=BLANK,
        source="/".join([".."] * (plan.output.count("/") + 1)),
        image=_image(plan.image),
        environment=_environment(plan),
        mode="volume" if plan.clone else "bind",
        clone_url=plan.clone.source if plan.clone and plan.clone.source != "." else "",
        gpus=plan.resources.gpus,
        limits=limits(plan.resources),
        sidecars=sidecars(plan),
        limited={service.name: deploy(service.limits) for service in plan.services},
        conditions=waited_for(plan),
        depends={service.name: service.depends for service in plan.services},
        listening={s.name: s.ports if s.publish else () for s in plan.services},
        kept=[(volume, s.name) for s in plan.services for volume, _ in s.volumes],
        published=[port.port for port in plan.ports if port.publish],
        never_pulled=not plan.image.hosted,
        project=_project(plan),
        secrets=SECRETS if plan.secrets else "",
        room=ROOM,
    )


def _image(image: ImagePlan) -> str:
    """The image's name as Compose reads it: the exact one, or, where the `.env` sets the
    variable of a platform, the id that the lock has for it, since an image that was loaded
    from an archive has no digest. A variable's own text could only spoil the name."""
    text = image.exact
    for one in reversed(image.platforms):
        text = f"${{{one.variable}+{one.id}}}${{{one.variable}-{text}}}"
    return text


def _project(plan: Plan) -> str:
    """A clone without a `.env` has no name of its own. Where no image can be pulled nothing
    could start there anyway: it is told what to do. Else it gets the one that all such share.
    """
    told = "this clone has no workspace yet, run devpod-gen up"
    return f"${{DEVPOD_PROJECT:{f'-{plan.alias}' if plan.image.hosted else f'?{told}'}}}"


def _environment(plan: Plan) -> dict[str, str]:
    ours = {
        "DEVPOD_NAME": plan.name,
        "DEVPOD_USER": plan.user,
        "DEVPOD_WORKSPACE": plan.folder,
        "DEVPOD_CACHES": ":".join(cache.folder for cache in plan.caches),
        "DEVPOD_ENV": " ".join(name for name, _ in plan.env),
        "DEVPOD_IDLE": str(plan.idle.seconds) if plan.idle else "",
        "DEVPOD_IDLE_CPU": str(plan.idle.cpu) if plan.idle else "",
        "DEVPOD_SSH_LISTEN": str(plan.ssh.listens or ""),
        "DEVPOD_SSH_AGENT": "yes" if plan.ssh.agent else "",
    }
    told = {key: value for key, value in ours.items() if value}
    return told | hook_environment(plan) | dict(plan.env)
