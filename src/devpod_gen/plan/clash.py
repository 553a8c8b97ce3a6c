"""What a profile says and what is decided for it, held against each other."""

from collections.abc import Iterator

from devpod_gen.errors import Finding
from devpod_gen.plan import mount
from devpod_gen.plan.place import is_settings, system_folder
from devpod_gen.profile.load import invalid
from devpod_gen.profile.model import Profile
from devpod_gen.profile.nesting import covers
from devpod_gen.profile.wording import where

_RESERVED = ("PATH", "HOME", "USER", "SHELL")
_OF_KERNEL = ("/proc", "/sys", "/dev")


def refuse_clashes(profile: Profile, workspace: str, home: str) -> None:
    """Raises ProfileError for caches that would hide what must be seen, and for variables
    that are ours."""
    problems = [
        Finding(
            where(profile.file, ("caches", cache.name, index)),
            f"{folder} would hide the {what} ({place})",
        )
        for cache in profile.caches
        for index, folder in enumerate(cache.folders)
        for what, place in (("workspace", workspace), ("home folder", home))
        if covers(folder, place)
    ]
    problems += [
        Finding(place, f"{path} would take the place of the system's {found}")
        for place, path in _mounted(profile, workspace)
        if not covers(home, path) and (found := system_folder(path))
    ]
    problems += mount.clashes(profile, workspace, home)
    if covers(workspace, home):
        message = f"{workspace} would hide the home folder ({home})"
        problems.append(Finding(where(profile.file, ("workspace",)), message))
    if is_settings(home, workspace):
        message = f"{workspace} would make the repo's files the settings of the user inside"
        problems.append(Finding(where(profile.file, ("workspace",)), message))
    problems += [
        Finding(
            where(profile.file, ("services", service.name, "volumes", name)),
            f"{folder} is the kernel's",
        )
        for service in profile.services
        for name, folder in service.volumes
        if any(covers(kernel, folder) for kernel in _OF_KERNEL)
    ]
    problems += [
        Finding(where(profile.file, ("env", key)), "is set by devpod-gen and cannot be changed")
        for key, _ in profile.env
        if key in _RESERVED or key.startswith("DEVPOD_")
    ]
    if problems:
        raise invalid(tuple(problems))


def _mounted(profile: Profile, workspace: str) -> Iterator[tuple[str, str]]:
    yield where(profile.file, ("workspace",)), workspace
    for cache in profile.caches:
        for index, folder in enumerate(cache.folders):
            yield where(profile.file, ("caches", cache.name, index)), folder
    for index, one in enumerate(profile.mounts):
        yield where(profile.file, ("mounts", index, "target")), one.target
