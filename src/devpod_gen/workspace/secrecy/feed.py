"""Secrets, handed over: through the standard input of one exec, into a file system in memory.

So they are in no argument, no variable, no label, and on no disk; and gone when the
container stops.
"""

import base64
from collections.abc import Sequence

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Container
from devpod_gen.errors import StartError
from devpod_gen.plan.secret import SECRETS
from devpod_gen.workspace.secrecy.value import Value

AS_ENV = ".as-env"
"""A file beside them: the names of those that `shell` and `exec` set as variables."""

# Run by root, whose the folder is: nobody else can put something in the place of a secret.
# Each line of the input is a name, how it is handed over, and the value. printf is the
# shell's own: no process has the value among its words. What is not among them goes.
# 97: the container has no such file system, as it was made of an older configuration.
_FEED = rf"""
set -eu
umask 277
cd {SECRETS} || exit 97
while read -r _ _ _ _ point _ rest; do
    [ "$point" != {SECRETS} ] || case " $rest" in *" - tmpfs "*) found=yes ;; esac
done </proc/self/mountinfo
[ "${{found-}}" = yes ] || exit 97
owner=$(id -u "$1"):$(id -g "$1")
rm -f .new* {AS_ENV}
: >.new-env
chmod 600 .new-env
keep=" "
while IFS=" " read -r name how data; do
    printf %s "$data" | base64 -d >".new.$name"
    chown "$owner" ".new.$name"
    mv -f ".new.$name" "$name"
    [ "$how" != env ] || printf '%s\n' "$name" >>.new-env
    keep="$keep$name "
done
for name in *; do
    case "$keep" in *" $name "*) ;; *) rm -f "$name" ;; esac
done
chmod 444 .new-env
mv -f .new-env {AS_ENV}
"""
_NO_PLACE = 97

# What `shell` and `exec` start inside first: the variables are set there, in the process that
# becomes the user's, and not by the engine's client, whose words everybody can read.
_WITH_ENV = f"""
if [ -r {SECRETS}/{AS_ENV} ]; then
    while IFS= read -r _devpod; do
        [ -r "{SECRETS}/$_devpod" ] || continue
        _devpod_value=$(cat "{SECRETS}/$_devpod" && printf x) # a shell drops line ends at the end
        export "$_devpod=${{_devpod_value%x}}"
    done <{SECRETS}/{AS_ENV}
    unset _devpod _devpod_value
fi
exec "$@"
"""


def with_env(container: Container, argv: list[str]) -> list[str]:
    """The command, started with those secrets as variables that are handed over so. As it
    is where the container has no secrets at all."""
    return on_demand(argv) if container.labels["devpod-gen.secrets"] else argv


def on_demand(argv: list[str]) -> list[str]:
    """The command, started inside by what sets those variables."""
    return ["sh", "-c", _WITH_ENV, "sh", *argv]


def feed(engine: Engine, container: Container, user: str, values: Sequence[Value]) -> None:
    """Have exactly these secrets inside, for this user alone. Raises StartError."""
    lines = (
        b" ".join(
            (one.plan.name.encode(), one.plan.delivery.encode(), base64.b64encode(one.content))
        )
        for one in values
    )
    stdin = b"".join(line + b"\n" for line in lines)
    argv = ["sh", "-c", _FEED, "sh", user]
    result = engine.exec(container.id, argv, user="root", timeout=20, stdin=stdin)
    if result.ok:
        return
    if result.code == _NO_PLACE:
        message = "the container has no place in memory for secrets: its configuration is older"
        fix = "run `devpod-gen up`, or rebuild the container in the editor"
        raise StartError(message, where=container.name, fix=fix)
    message = "the secrets could not be handed over"
    fix = "run `devpod-gen down` and `devpod-gen up`"
    raise StartError(message, where=container.name, fix=fix, detail=result.errors)


# 98: none have been handed over, or not all of them, since the container was started.
_READ = rf"""
cd {SECRETS} && [ -e {AS_ENV} ] || exit 98
for name in *; do [ ! -r "$name" ] || echo "$name" "$(base64 <"$name" | tr -d '\n')"; done
"""
_NOT_FED = 98


def values_inside(engine: Engine, container: Container) -> dict[str, bytes] | None:
    """What the secrets are that are inside now, to hide or look for them. None where they were
    not all handed over since its start, so that it cannot be told. Raises StartError."""
    argv = ["sh", "-c", _READ]
    result = engine.exec(container.id, argv, user=container.user, timeout=20)
    if result.code == _NOT_FED:
        return None
    if not result.ok:
        message = "the secrets inside cannot be read, so they could not be hidden"
        fix = "run `devpod-gen up`"
        raise StartError(message, where=container.name, fix=fix, detail=result.errors)
    lines = (line.split() for line in result.output.splitlines())
    return {name: base64.b64decode("".join(data)) for name, *data in lines}


def there(engine: Engine, container: Container) -> frozenset[str]:
    """The names of the secrets that are inside."""
    argv = ["ls", "-1", SECRETS]
    result = engine.exec(container.id, argv, user=container.user, timeout=20)
    return frozenset(result.output.split()) if result.ok else frozenset()
