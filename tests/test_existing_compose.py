"""profile.existing.compose: the workspace's own service, and those beside it."""

from typing import Any

import pytest

from devpod_gen.profile.existing.compose import Asked, said
from devpod_gen.profile.existing.composefiles import build, documents
from devpod_gen.profile.existing.model import Existing, LeftOut, nothing
from devpod_gen.profile.existing.ports import numbers

TWO = """
x-env: &env {A: "1", B: yes}
services:
  app:
    build: {context: ., dockerfile: dev.Dockerfile, target: dev}
    command: npm run dev
    environment:
      <<: *env
      NODE_ENV: production
      URL: postgres://${DB_HOST:-db}/x
      TOKEN: ${TOKEN}
      HOSTS:
      PRICE: 5$$
      PORT: 8080
      DEBUG: true
    env_file: .env
    ports: ["8080:8080", "127.0.0.1:9000:80", 3000, "53:53/udp", "4000-4001:4000-4001"]
    volumes: [".:/app", "~/.ssh:/root/.ssh", "node_modules:/app/node_modules"]
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_started}}
  db:
    image: postgres:${PG:-17}
    restart: always
    environment: ["POSTGRES_PASSWORD=dev", "POSTGRES_DB=${DB:-shop}"]
    ports: ["22:22"]
    volumes: ["pg_data:/var/lib/postgresql/data", "./init.sql:/docker-entrypoint-initdb.d/x.sql"]
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U $${POSTGRES_USER:-postgres}"]
      interval: 1m30s
      timeout: 5s
      retries: 5
  cache:
    image: redis:7
    command: redis-server --save 60 1
    depends_on: [db, nobody]
volumes: {pg_data: {}}
include: [more.yaml]
"""


def parse(texts: dict[str, str], asked: Asked | None) -> tuple[Existing, ...]:
    read, broken = documents(texts)
    return (*said(read, asked), *broken)


def built(text: str, service: str) -> dict[str, Any]:
    return build(documents({"a": text})[0], service)


def one(text: str, asked: Asked | None = None) -> Existing:
    (file,) = parse({"compose.yaml": text}, asked)
    return file


def test_workspace_and_sidecars() -> None:
    file = one(TWO)
    assert dict(file.env) == {
        "A": "1",
        "B": "yes",
        "URL": "postgres://db/x",
        "PRICE": "5$",
        "PORT": "8080",
        "DEBUG": "true",
    }
    assert [(port.port, port.publish) for port in file.ports] == [
        (8080, True),
        (80, False),
        (3000, False),
    ]
    db, cache = file.services
    assert (db.name, dict(db.says)) == (
        "db",
        {
            "image": "postgres:17",
            "env": {"POSTGRES_PASSWORD": "dev", "POSTGRES_DB": "shop"},
            "ports": [22],
            "volumes": {"pg-data": "/var/lib/postgresql/data"},
            "health": {
                "command": "pg_isready -U ${POSTGRES_USER:-postgres}",
                "interval": 90,
                "timeout": 5,
                "retries": 5,
            },
        },
    )
    assert dict(cache.says) == {
        "image": "redis:7",
        "command": "redis-server --save 60 1",
        "depends": ["db"],
    }
    assert [left.key for left in file.left_out] == [
        "include",
        'db: volumes: "./init.sql:/docker-entrypoint-initdb.d/x.sql"',
        'app: ports: "53:53/udp"',
        'app: ports: "4000-4001:4000-4001"',
        'app: environment: "NODE_ENV"',
        'app: environment: "TOKEN"',
        'app: environment: "HOSTS"',
        "app: command",
        "app: env_file",
        'app: volumes: "~/.ssh:/root/.ssh"',
        'app: volumes: "node_modules:/app/node_modules"',
    ]


def test_devcontainer_names_the_workspace() -> None:
    text = """
services:
  dev: {image: "python:3.11", command: sleep infinity, network_mode: "service:db"}
  db: {image: "postgres:17", network_mode: "service:dev"}
  extra: {image: busybox}
  web: {build: web}
"""
    file = one(text, Asked("dev", ("db",)))
    assert (file.stacks, file.tools) == (("python",), (("python", "3.11"),))
    assert [service.name for service in file.services] == ["db"]
    assert file.left_out == (
        LeftOut('services: "web"', "is built from this repo: run it in the workspace"),
        LeftOut("db: network_mode", "it is reached by its name, not at localhost"),
        LeftOut('services: "extra"', "runServices does not name it"),
        LeftOut("dev: network_mode", "services are reached by their names, not at localhost"),
    )


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("{image: x, env_file: .env}", "needs env_file"),
        ("{image: x, secrets: [a]}", "needs secrets"),
        ("{image: x, environment: {A: '${A}'}}", 'needs environment: "A"'),
        ("{image: x, environment: {A: $A}}", 'needs environment: "A"'),
        ("{image: x, environment: {a.b: c}}", 'needs environment: "a.b"'),
        ("{image: x, command: run $A}", "needs command: holds a variable"),
        ("{image: x, profiles: [a]}", "is not started by default"),
        ("{image: x, privileged: true}", "needs privileged"),
        ("{image: x, network_mode: host}", "needs network_mode"),
        ("{image: x, volumes: ['/var/run/docker.sock:/s']}", "needs the engine's socket"),
        ("{image: x, volumes: ['.:/app']}", "works on the repo's files"),
        ("{image: x, command: run /e/f.yml, volumes: ['./f:/e/f.yml']}", "needs volumes: its comm"),
        ("{image: x, command: 'a \"b'}", "needs command: has a quote"),
        ("{image: x, depends_on: [app]}", "stands before what is built here"),
        ("{image: '${IMAGE}'}", "has no image that a profile can name"),
        ("{image: 'UPPER case'}", "has no image that a profile can name"),
        ("{}", "has no image that a profile can name"),
        ("[]", "has no image that a profile can name"),
    ],
)
def test_a_service_is_whole_or_not_there(service: str, reason: str) -> None:
    """One that would start without what it needs is worse than none."""
    file = one(f"services: {{s: {service}, app: {{build: .}}}}")
    assert file.services == ()
    (left,) = file.left_out
    assert left.key == 'services: "s"'
    assert left.reason.startswith(reason)


@pytest.mark.parametrize("name", ["dev", "My_DB", "1", "a" * 40])
def test_names_that_a_profile_cannot_have(name: str) -> None:
    file = one(f"services: {{'{name}': {{image: x}}}}")
    assert file.left_out == (LeftOut(f'services: "{name}"', "the name is not allowed"),)


def test_forwarded_ports_of_services() -> None:
    """`db:5432` in devcontainer.json is a port of that service."""
    asked = Asked("app", forwards=(("db", 5432), ("db", 1), ("gone", 2)))
    file = one("services: {app: {build: .}, db: {image: x, expose: [1]}}", asked)
    assert dict(file.services[0].says)["ports"] == [1, 5432]


def test_several_built_services() -> None:
    file = one(
        "services: {a: {build: ., ports: ['1:1'], environment: {X: y}},"
        " b: {build: b, ports: ['2:2']}}"
    )
    assert [port.port for port in file.ports] == [1, 2]
    assert file.env == ()
    assert [left.key for left in file.left_out] == ["a: environment"]


def test_a_later_file_is_laid_over() -> None:
    base, over = parse(
        {
            "compose.yaml": "services: {app: {build: .}, db: {image: 'db:16', volumes: ['d:/d']}}",
            "over.yaml": "services: {db: {image: 'db:17', volumes: ['e:/e']}, mq: {image: mq}}",
        },
        None,
    )
    (db,) = base.services
    assert dict(db.says) == {"image": "db:17", "volumes": {"d": "/d", "e": "/e"}}
    assert [service.name for service in over.services] == ["mq"]


def test_a_broken_file_does_not_hide_the_others() -> None:
    good, bad = parse({"a.yaml": "services: [", "b.yaml": "services: {r: {image: redis}}"}, None)
    assert good.services
    assert bad.source == "a.yaml"
    assert bad.left_out[0].reason.startswith("cannot be parsed: ")


@pytest.mark.parametrize("text", ["", "[]", "x", "services: []", "services: 3", "null", "3: 4"])
def test_nonsense_says_nothing(text: str) -> None:
    (file,) = parse({"x": text}, None)
    assert file in (nothing("x", "is no table of services"), Existing("x", left_out=file.left_out))


def test_how_the_workspace_is_built() -> None:
    assert built(TWO, "app") == {
        "context": ".",
        "dockerfile": "dev.Dockerfile",
        "target": "dev",
    }
    assert built("services: {app: {build: sub}}", "app") == {"context": "sub"}
    assert built(TWO, "db") == built("]", "x") == {}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("80", (80, None)),
        (80, (80, None)),
        ("8080:80", (80, 8080)),
        ("127.0.0.1:8080:80", (80, 8080)),
        ("[::1]:8080:80", (80, 8080)),
        ("${PORT:-8080}:80/tcp", (80, 8080)),
        ("${PORT}:80", (80, None)),
        ("80/udp", (None, None)),
        ("1-2:3-4", (None, None)),
        ({"target": 80, "published": "8080"}, (80, 8080)),
        ({"target": 80, "protocol": "udp"}, (None, None)),
        (None, (None, None)),
        ([], (None, None)),
    ],
)
def test_ports(entry: Any, expected: tuple[int | None, int | None]) -> None:
    assert numbers(entry) == expected
