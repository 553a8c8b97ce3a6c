"""Every error that a user can meet, each with the exit code that scripts may rely on."""

from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at one place: `<file>::<path>`, or a file alone."""

    where: str
    message: str


class DevpodError(Exception):
    """Something that the user can act on: what is wrong, where, and what to do."""

    kind = "error"
    exit_code = 70

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        fix: str | None = None,
        findings: tuple[Finding, ...] = (),
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.fix = fix
        self.findings = findings
        self.detail = detail


class FilesDiffer(DevpodError):
    """What is on disk, or in the lock, is not what the profile says."""

    kind = "files-differ"
    exit_code = 1


class MergeConflict(DevpodError):
    """A generated file's user and the profile have changed the same lines."""

    kind = "conflict"
    exit_code = 1


class ProfileError(DevpodError):
    """The profile, or another input of the user's, is not valid."""

    kind = "profile"
    exit_code = 2


class NotOurs(DevpodError):
    """A file is in the way that we did not write, or that was edited since."""

    kind = "not-ours"
    exit_code = 2


class Untrusted(DevpodError):
    """The profile asks for what its user has not trusted, as it is now."""

    kind = "untrusted"
    exit_code = 3


class Forbidden(DevpodError):
    """The user's own policy refuses it, or what an engine was told to start is not what the
    plan says."""

    kind = "forbidden"
    exit_code = 3


class HostError(DevpodError):
    """The host cannot do it: no home, read-only, no space, a missing program."""

    kind = "host"
    exit_code = 4


class SecretUnavailable(DevpodError):
    """The source of a secret is missing or locked. Nothing was started."""

    kind = "secret-source"
    exit_code = 4


class GitError(DevpodError):
    """git, on the host, failed."""

    kind = "git"
    exit_code = 4


class NoBranch(DevpodError):
    """There is no such branch, or pull request, and there can be none."""

    kind = "branch"
    exit_code = 2


class WouldLose(DevpodError):
    """Work that is nowhere else would be removed."""

    kind = "would-lose"
    exit_code = 2


class EngineError(DevpodError):
    """There is no container engine, or it failed."""

    kind = "engine"
    exit_code = 5


class ImageError(DevpodError):
    """An image could not be built, found or pulled."""

    kind = "image"
    exit_code = 6


class ImageMissing(ImageError):
    """A registry answered that it does not have the image."""

    kind = "image-missing"


class SecretFound(ImageError):
    """An image that was built holds a secret. It is not used."""

    kind = "secret"


class StartError(DevpodError):
    """The workspace did not start, is not running, or did not become ready."""

    kind = "start"
    exit_code = 7


class Busy(DevpodError):
    """Somebody else is changing the same workspace."""

    kind = "busy"
    exit_code = 8


class InternalError(DevpodError):
    """Our own bug: something that cannot happen has happened."""

    kind = "internal"
    exit_code = 70


EXIT_CODES: tuple[tuple[int, str], ...] = (
    (0, "all well"),
    (1, "generated files or the lock differ, a merge has conflicts, or verified and not ready"),
    (2, "wrong usage, an invalid profile, a file in the way that is not ours, or work at risk"),
    (3, "the profile asks for what its user has not trusted, or has forbidden"),
    (4, "the host cannot: no home, read-only, no space; its git failed; a secret is not to be had"),
    (5, "no container engine, or it failed"),
    (6, "an image could not be built, found or pulled"),
    (7, "the workspace did not start, is not running, or a probe failed"),
    (8, "busy: another devpod-gen is changing the same workspace"),
    (70, "a bug in devpod-gen"),
    (130, "interrupted (Ctrl-C)"),
    (143, "terminated"),
)
"""The contract with scripts; the README shows this table."""
