"""What a profile says and what is decided for it, held against each other."""

from devpod_gen.errors import Finding
from devpod_gen.profile.load import invalid
from devpod_gen.profile.model import Profile
from devpod_gen.profile.wording import where

_RESERVED = ("PATH", "HOME", "USER", "SHELL")


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
        if f"{place}/".startswith(f"{folder.rstrip('/')}/")
    ]
    problems += [
        Finding(where(profile.file, ("env", key)), "is set by devpod-gen and cannot be changed")
        for key, _ in profile.env
        if key in _RESERVED or key.startswith("DEVPOD_")
    ]
    if problems:
        raise invalid(tuple(problems))
