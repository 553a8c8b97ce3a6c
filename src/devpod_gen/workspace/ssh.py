"""The SSH door of a workspace: keys of its own, made at run time, and no open port.

The client's ProxyCommand starts an sshd on the streams of the engine's exec, as the
workspace's user. The host's key is pinned.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from devpod_gen.disk import private_folder, publish
from devpod_gen.engine.api import Container, Engine
from devpod_gen.errors import StartError

SSHD = ("/usr/sbin/sshd", "-i", "-e", "-o", "LogLevel=ERROR", "-f", "/etc/devpod/sshd_config")
"""What the client's ProxyCommand runs inside."""

# Makes both key pairs once a container, and hands out the user's private key and the
# host's public one. 98: the image is not ours and has no SSH server for this.
_MAKE_KEYS = """
set -e
[ -r /etc/devpod/sshd_config ] && [ -x /usr/sbin/sshd ] || exit 98
d=/run/devpod/ssh
rm -rf "$d" "$d.new"
mkdir -m 0700 "$d.new"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$d.new/host"
ssh-keygen -q -t ed25519 -N '' -C devpod-gen -f "$d.new/user"
mv "$d.new/user.pub" "$d.new/authorized_keys"
cat "$d.new/user"
rm "$d.new/user"
echo
cut -d' ' -f1,2 "$d.new/host.pub"
chown -R "$1:$(id -g "$1")" "$d.new"
mv "$d.new" "$d"
"""
_NO_SERVER = 98


@dataclass(frozen=True, slots=True)
class SshDoor:
    """The machine-local parts of the door: absolute paths, and the host's name."""

    alias: str
    identity: Path
    known_hosts: Path
    config: Path


def open_door(
    engine: Engine, container: Container, user: str, *, data: Path, alias: str
) -> SshDoor | None:
    """Have keys for this container, kept below `data`; None when the image has no SSH server
    of ours. Raises StartError.
    """
    folder = private_folder(data) / "ssh"
    door = SshDoor(
        alias=alias,
        identity=folder / "id_ed25519",
        known_hosts=folder / "known_hosts",
        config=data / "ssh_config",
    )
    made_for = folder / "container"
    if _text(made_for) == container.id and door.identity.exists() and door.known_hosts.exists():
        return door
    argv = ["sh", "-c", _MAKE_KEYS, "sh", user]
    result = engine.exec(container.id, argv, user="root", timeout=20)
    if result.code == _NO_SERVER:
        return None
    match = re.fullmatch(r"(-----BEGIN.*-----\n)\n(ssh-ed25519 \S+)\n", result.output, re.DOTALL)
    if not result.ok or not match:
        message = "the SSH keys of the workspace could not be made"
        fix = "run `devpod-gen down` and `devpod-gen up`"
        raise StartError(message, where=container.name, fix=fix, detail=result.errors)
    private_folder(folder)
    publish(door.identity, match[1], mode=0o600)
    publish(door.known_hosts, f"{door.alias} {match[2]}\n", mode=0o600)
    publish(made_for, container.id, mode=0o600)
    return door


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
