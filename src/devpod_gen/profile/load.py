"""A devpod.toml, or a named profile, read from disk: bytes to a valid Profile."""

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from devpod_gen import source
from devpod_gen.errors import Finding, HostError, ProfileError
from devpod_gen.profile import toml
from devpod_gen.profile.dotfiles import read_dotfiles
from devpod_gen.profile.fit import findings
from devpod_gen.profile.hook import read_hooks
from devpod_gen.profile.jetbrains import read_bake
from devpod_gen.profile.meaning import contradictions
from devpod_gen.profile.model import (
    Cache,
    Ide,
    Idle,
    Image,
    Port,
    Probe,
    Profile,
    Resources,
    Volume,
)
from devpod_gen.profile.mount import read_mounts
from devpod_gen.profile.secret import read_secrets
from devpod_gen.profile.service import read_services
from devpod_gen.profile.ssh import Git, Ssh

LARGEST = 256 * 1024
"""A profile may have this many bytes."""


def load(path: Path, *, file: str) -> Profile:
    """The profile at `path`; `file` is its name in messages, as seen from the repo's top.

    Raises ProfileError with every finding when it is not valid, HostError when it
    cannot be read.
    """
    top = path.parents[Path(file).as_posix().count("/")]
    return parse(_content(path, file, inside=top), file)


def read_toml(path: Path, file: str) -> toml.Read:
    """Any TOML file of the user's, with a profile's limits; raises as `load` does."""
    return toml.document(_content(path, file), file)


def parse(content: bytes, file: str) -> Profile:
    """The profile that `content` holds; raises ProfileError."""
    document, problems = toml.document(content, file)
    problems = problems or findings("profile", document, file)
    problems = problems or tuple(contradictions(document, file))
    if problems:
        raise invalid(problems)
    return _model(document, file, hashlib.sha256(content).hexdigest())


def invalid(
    problems: tuple[Finding, ...], *, what: str = "the profile", schema: str = ""
) -> ProfileError:
    """The error for a profile, or another file of that schema, with these problems."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    command = f"devpod-gen schema {schema}".rstrip()
    return ProfileError(
        f"{what} is not valid: {count}",
        findings=problems,
        fix=f"correct it; `{command}` prints every key",
    )


def _content(path: Path, file: str, *, inside: Path | None = None) -> bytes:
    try:
        return source.read(path, most=LARGEST, inside=inside)
    except source.RefusedError as error:
        raise invalid((Finding(file, str(error)),)) from None
    except FileNotFoundError:
        message = "there is no profile here"
        named = PurePosixPath(file).stem if file.startswith(".devpod/") else ""
        fix = "run `devpod-gen init" + (f" --profile {named}`" if named else "`")
        raise ProfileError(message, where=file, fix=fix) from None
    except OSError as error:
        message = f"the profile cannot be read: {error.strerror}"
        raise HostError(message, where=file, fix="make it a readable file") from None


def _model(document: dict[str, Any], file: str, digest: str) -> Profile:
    workspace = document.get("workspace")
    image = document.get("image", {})
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return Profile(
        file=file,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        source=digest,
        name=document.get("name"),
        stacks=tuple(document.get("stacks", ())),
        user=document.get("user"),
        shell=document.get("shell"),
        workspace=workspace.get("path") if isinstance(workspace, dict) else workspace,
        volume=_volume(workspace),
        image=Image(**image | {"packages": tuple(image.get("packages", ()))}),
        tools=tuple(document.get("tools", {}).items()),
        caches=_caches(document.get("caches", {})),
        env=tuple(document.get("env", {}).items()),
        resources=Resources(**document.get("resources", {})),
        idle=Idle(**document["idle"]) if "idle" in document else None,
        ports=tuple(
            Port(entry["port"], entry.get("label"), entry.get("publish"))
            for entry in document.get("ports", ())
        ),
        probes=tuple(Probe(**entry) for entry in document.get("probe", ())),
        ide=_ide(document.get("ide", {})),
        hooks=read_hooks(document.get("hooks", {})),
        services=read_services(document.get("services", {})),
        dotfiles=read_dotfiles(document),
        secrets=read_secrets(document.get("secrets", {})),
        mounts=read_mounts(document.get("mounts", [])),
        ssh=Ssh(**document.get("ssh", {})),
        git=Git(**document.get("git", {})),
        sudo=bool(document.get("security", {}).get("sudo")),
    )


def _caches(document: dict[str, Any]) -> tuple[Cache, ...]:
    long = {
        name: entry if isinstance(entry, dict) else {"folders": entry}
        for name, entry in document.items()
    }
    return tuple(
        Cache(name, tuple(entry["folders"]), entry.get("shared", False))
        for name, entry in long.items()
    )


def _volume(workspace: Any) -> Volume | None:
    if not isinstance(workspace, dict) or workspace.get("mode") != "volume":
        return None
    return Volume(workspace.get("clone"), workspace.get("branch"))


def _ide(document: dict[str, Any]) -> Ide:
    vscode, jetbrains = document.get("vscode", {}), document.get("jetbrains", {})
    return Ide(
        extensions=tuple(vscode.get("extensions", ())),
        settings=tuple(vscode.get("settings", {}).items()),
        backend=jetbrains.get("backend"),
        plugins=tuple(jetbrains.get("plugins", ())),
        jetbrains_settings=tuple(jetbrains.get("settings", {}).items()),
        bake=read_bake(jetbrains),
    )
