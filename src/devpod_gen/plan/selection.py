"""Which stacks a profile gets, and what each of them adds to the image and its variables."""

from devpod_gen.errors import Finding
from devpod_gen.plan.image import Step
from devpod_gen.plan.tools import recipe_args
from devpod_gen.profile.load import invalid
from devpod_gen.profile.model import Profile
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.wording import suggestion, where


def selected(profile: Profile, known: tuple[Stack, ...]) -> tuple[Stack, ...]:
    """The stacks that the profile names, after each the ones that it includes; each once.

    Raises ProfileError for a name that is none.
    """
    by_name = {stack.name: stack for stack in known}
    problems = [
        Finding(
            where(profile.file, ("stacks", index)),
            f'unknown stack "{name}"'
            + (suggestion(name, list(by_name)) or f"; there are: {', '.join(sorted(by_name))}"),
        )
        for index, name in enumerate(profile.stacks)
        if name not in by_name
    ]
    if problems:
        raise invalid(tuple(problems))
    names = (x for name in profile.stacks for x in (name, *by_name[name].includes))
    return tuple(by_name[name] for name in dict.fromkeys(names))


def steps(profile: Profile, stacks: tuple[Stack, ...]) -> tuple[Step, ...]:
    """One image for each stack that has a recipe, or packages for the general one."""
    found = []
    for stack in stacks:
        args = recipe_args(stack, dict(profile.tools))
        recipe = stack.recipe
        if recipe.builds:
            folder = str(recipe.folder) if recipe.place else stack.name
            found.append(Step(stack.name, folder, args, recipe.digest))
        elif args:
            found.append(Step(stack.name, "workspace", args))
    return tuple(found)


def variables(profile: Profile, stacks: tuple[Stack, ...]) -> tuple[tuple[str, str], ...]:
    """The stacks' variables, and the profile's, which win. An image of the user's own need
    not have what a stack's are about."""
    of_stacks = () if profile.image.ref else [pair for stack in stacks for pair in stack.env]
    return tuple(sorted((dict(of_stacks) | dict(profile.env)).items()))
