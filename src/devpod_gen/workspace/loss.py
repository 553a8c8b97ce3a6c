"""Work that is nowhere else: what asks for `--discard`."""

from devpod_gen.errors import WouldLose


def refuse(lost: tuple[str, ...], where: str) -> None:
    """Raises WouldLose, which lists it, unless there is nothing to lose."""
    if lost:
        message = f"there is work that would be lost: {len(lost)} in all"
        fix = "commit and push it, or `devpod-gen down --discard`"
        raise WouldLose(message, where=where, fix=fix, detail="\n".join(lost))
