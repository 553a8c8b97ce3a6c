"""What was found inside, beside what the lock says was found when it was made."""

from collections.abc import Mapping, Sequence

from devpod_gen.verify.report import Check


def locked_checks(checks: Sequence[Check], locked: Mapping[str, str]) -> tuple[Check, ...]:
    """Each tool that was found, through whichever door, beside the version that is locked."""
    found = [check for check in checks if check.value]
    return tuple(
        Check(
            f"lock:{check.id}",
            check.door,
            locked.get(name := check.id.removeprefix("tool:")) == check.value,
            f"{check.value}, locked {locked.get(name, 'nothing')}",
        )
        for check in found
    )
