"""The workflow for GitHub Actions that holds the generated files, the image and its proof.

No value of the profile's reaches a shell: the name of a profile is letters, digits and
hyphens, and what GitHub fills in goes through the environment.
"""

from devpod_gen import __version__
from devpod_gen.emit.file import BLANK, RenderedFile, stamped
from devpod_gen.emit.paths import workflow_path, workflow_title
from devpod_gen.emit.render import render
from devpod_gen.plan.asks import asks
from devpod_gen.plan.model import Plan

_ACTIONS = {
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "python": "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "upload": "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
}
_CLIENT = "0.89.0"
"""The version of @devcontainers/cli, as in tools/package.json."""


def workflow(plan: Plan, *, own: bool) -> RenderedFile:
    """The plan's workflow. `own`: the repo is devpod-gen's, and runs what is checked out."""
    hosted = bool(plan.image.layers) and plan.image.hosted
    option = f" --profile {plan.variant}" if plan.variant else ""
    text = render(
        "ci/github.yml.j2",
        plan=plan,
        blank=BLANK,
        title=workflow_title(plan.variant),
        option=option,
        no_ask=" --no-ask" if plan.secrets else "",
        client=_CLIENT,
        actions=_ACTIONS,
        hosted=hosted,
        lock=plan.file.removesuffix(".toml") + ".lock",
        common=render("ci/install.yml.j2", actions=_ACTIONS, install=_install(own=own)).rstrip(),
        trust=render("ci/trust.yml.j2", option=option).rstrip() if asks(plan) else "",
        login=_login(plan) if hosted else "",
    )
    return stamped(workflow_path(plan.variant), text)


def _install(*, own: bool) -> str:
    if own:
        locked = "python -m pip install --quiet --require-hashes -r requirements/runtime.txt"
        return f"{locked} && python -m pip install --quiet --no-deps ."
    return f"python -m pip install --quiet devpod-gen=={__version__}"


def _login(plan: Plan) -> str:
    registry = plan.image.ref.partition("/")[0]
    return render("ci/login.yml.j2", registry=registry).rstrip()
