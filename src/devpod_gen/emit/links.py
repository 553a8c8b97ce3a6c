"""The links that open JetBrains IDEs on the workspace.

Each names the SSH host of the workspace and nothing of this machine. Formats: JetBrains
Toolbox's `jetbrains://gateway/ssh/environment` and Gateway's `jetbrains-gateway://connect`.
"""

from collections.abc import Mapping
from urllib.parse import quote

from devpod_gen.plan.jetbrains import CODES
from devpod_gen.plan.model import Plan


def alias(plan: Plan) -> str:
    """The SSH host name of the workspace. Lower case: VS Code lower-cases it anyway."""
    return f"{plan.alias}.devpod-gen"


def toolbox_link(plan: Plan, product: str, *, host: str | None = None) -> str:
    """JetBrains Toolbox connects by SSH and opens the workspace in this product. `host`: the
    name that this machine has for it, where that is another than `alias(plan)`."""
    query = _encoded(
        {
            "h": host or alias(plan),
            "u": plan.user,
            "p": "22",
            "launchIde": "true",
            "ideHint": CODES[product],
            "projectHint": plan.folder,
        }
    )
    return f"jetbrains://gateway/ssh/environment?{query}"


def gateway_link(plan: Plan, product: str, *, host: str | None = None) -> str | None:
    """JetBrains Gateway connects by SSH to the product's backend in the image; None where
    the image has none, see `why_no_gateway_link`."""
    if why_no_gateway_link(plan, product) or not plan.ide.bake:
        return None
    fragment = _encoded(
        {
            "idePath": plan.ide.bake.folder,
            "projectPath": plan.folder,
            "host": host or alias(plan),
            "port": "22",
            "user": plan.user,
            "type": "ssh",
            "deploy": "false",
        }
    )
    return f"jetbrains-gateway://connect#{fragment}"


def why_no_gateway_link(plan: Plan, product: str) -> str:
    """Why Gateway gets no link for this product; empty: it gets one.

    Gateway takes `deploy=false` only: a link that has it download a backend is refused.
    """
    baked = plan.ide.bake
    if baked and baked.product == product:
        return ""
    has = f"the image has {baked.product} only" if baked else "no backend is in the image"
    return f"{has}: Gateway opens by a link only what is there (`ide.jetbrains.bake`)"


def _encoded(values: Mapping[str, str]) -> str:
    """Every byte but letters, digits and `_.-~` as %XX: a space is never a plus sign, which
    the clients read differently."""
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in values.items())
