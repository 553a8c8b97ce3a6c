"""Where the generated files are that not every profile has."""

from devpod_gen.plan.model import Plan

LIST = "templates.sha256"
"""In the output folder: the list of what a repo's own templates have made, as
`sha256sum --check` reads it."""

WORKFLOWS = ".github/workflows"


def workflow_title(variant: str | None) -> str:
    """What the workflow of a profile is called; `variant`: its name, None for devpod.toml."""
    return f"devpod-{variant}" if variant else "devpod"


def workflow_path(variant: str | None) -> str:
    """Where it is."""
    return f"{WORKFLOWS}/{workflow_title(variant)}.yml"


def optional(plan: Plan) -> tuple[str, ...]:
    """All of them: where one is that the plan has not made, there is something to be done."""
    return (f"{plan.output}/{LIST}", workflow_path(plan.variant))
