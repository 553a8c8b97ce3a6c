"""The commands that open JetBrains' IDEs: open toolbox and open gateway."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.doors import Place, Way, enter, place_at
from devpod_gen.cli.options import HERE, Branch, Debug, Folder, Json, ProfileName
from devpod_gen.errors import StartError

if TYPE_CHECKING:
    from devpod_gen.plan.model import Plan

Print = Annotated[bool, typer.Option("--print", help="Only print the links; open nothing.")]
Ide = Annotated[
    str | None, typer.Option("--ide", help="The product, as in GoLand; else the main one.")
]


def ways(plan: "Plan") -> tuple[Way, ...]:
    """Toolbox for each product of the plan, and Gateway for what is in the image."""
    baked = (plan.ide.bake.product,) if plan.ide.bake else ()
    return (
        *(_way("toolbox", "Toolbox", product, plan) for product in plan.ide.products),
        *(_way("gateway", "Gateway", product, plan) for product in baked),
    )


def toolbox(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    ide: Ide = None,
    only_print: Print = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Open a JetBrains IDE by Toolbox, over SSH; --print lists those of all products.

    Example: devpod-gen open toolbox --ide GoLand
    """
    place, console = place_at(directory, profile, branch), Console(as_json=as_json, verbose=False)
    _open(console, place, "toolbox", ide, only_print=only_print)


def gateway(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    ide: Ide = None,
    only_print: Print = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Open by JetBrains Gateway the IDE whose backend is in the image.

    Example: devpod-gen open gateway --print
    """
    from devpod_gen.emit.links import why_no_gateway_link  # noqa: PLC0415 - loaded when used

    place, console = place_at(directory, profile, branch), Console(as_json=as_json, verbose=False)
    baked = place.plan.ide.bake
    reason = why_no_gateway_link(place.plan, ide or (baked.product if baked else ""))
    if reason:
        fix = "use `devpod-gen open toolbox`, or put the backend into the image"
        message = f"there is no link for Gateway: {reason}"
        raise StartError(message, where=place.plan.file, fix=fix)
    _open(console, place, "gateway", ide, only_print=only_print)


def _way(words: str, client: str, product: str, plan: "Plan") -> Way:
    main = product == plan.ide.products[0]
    return Way(
        words if main else f"{words} --ide {product}",
        f"{product}, by JetBrains {client}",
        partial(_link, words, product),
        by_ssh=True,
    )


def _link(words: str, product: str, place: Place) -> str | None:
    from devpod_gen.emit import links  # noqa: PLC0415

    make = links.toolbox_link if words == "toolbox" else links.gateway_link
    return make(place.plan, product, host=place.alias)


def _open(
    console: Console, place: Place, words: str, product: str | None, *, only_print: bool
) -> None:
    """The product's, or the main one's. To be printed, and with none named, there are all."""
    of_client = [way for way in ways(place.plan) if way.words.split()[0] == words]
    if only_print and not product:
        found = [(way.title.partition(",")[0], way.link(place) or "") for way in of_client]
        text = "\n".join(console.linked(link, link) for _, link in found)
        values = [{"product": name, "link": link} for name, link in found]
        console.result(text, links=values, opened_with=None)
        return
    chosen = [way for way in of_client if not product or way.title.startswith(f"{product},")]
    if not chosen:
        names = ", ".join(place.plan.ide.products)
        message = f"{product!r} is no product of the profile: {names}"
        raise typer.BadParameter(message, param_hint="--ide")
    enter(console, place, chosen[0], only_print=only_print)
