"""A repo with a setup of others: init, up, and what they said is there, inside."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Files, Ran, docker
from test_services import redis

__all__ = ["redis"]  # a fixture; the workspace has the same packages: one image

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

COMPOSE = """
services:
  app:
    build: .
    command: serve
    ports: ["18080:8080"]
    environment:
      REDIS_URL: redis://${CACHE_HOST:-cache}:6379
      NODE_ENV: production
    volumes: [".:/app"]
    depends_on: [cache]
  cache:
    image: IMAGE
    command: redis-server --save "" --bind "*" --protected-mode no
    healthcheck:
      test: ["CMD-SHELL", "redis-cli ping | grep PONG"]
      interval: 1s
    volumes: ["cache_data:/var/lib/redis"]
  proxy:
    image: nginx:1
    depends_on: [app]
volumes:
  cache_data:
"""
DEVCONTAINER = """{
  // The workspace is a service of the compose file.
  "dockerComposeFile": "../compose.yaml", "service": "app", "runServices": ["cache"],
  "workspaceFolder": "/app", "forwardPorts": [8080, "cache:6379"],
  "features": {"ghcr.io/devcontainers/features/git:1": {}},
  "postStartCommand": {"one": ["redis-cli", "-h", "cache", "incr", "a b"], "two": "true"},
}"""
GITPOD = """
image:
  file: .gitpod.Dockerfile
tasks:
  - name: data
    before: echo before > /tmp/before
    init: |
      redis-cli -u "$REDIS_URL" ping
      redis-cli -u "$REDIS_URL" set made "by init, after $(cat /tmp/before)"
    command: serve
ports:
  - {port: 8080, name: web, onOpen: open-preview}
vscode:
  extensions: [golang.go@1.2.3:abc==]
"""


def files(image: str) -> Files:
    return {
        ".devcontainer/devcontainer.json": DEVCONTAINER,
        "compose.yaml": COMPOSE.replace("IMAGE", image),
        ".gitpod.yml": GITPOD,
        ".gitpod.Dockerfile": "FROM gitpod/base\nRUN sudo apt-get install -yq redis-server\n",
        "Dockerfile": "FROM debian:12\nENV FROM_IMAGE=yes\nRUN pip install x\n",
    }


def test_init_then_up(
    make_repo: Callable[[Files, str], Path], command: Callable[..., Ran], redis: str
) -> None:
    repo = make_repo(files(redis), "was")
    told = json.loads(command("init", "--force", "--json", "-C", repo).out)
    assert {one["source"]: one["taken"] for one in told["existing"]} == {
        ".devcontainer/devcontainer.json": {"ports": [8080], "hooks": ["start"]},
        "compose.yaml": {"variables": ["REDIS_URL"], "services": ["cache"]},
        ".gitpod.yml": {"extensions": ["golang.go"], "hooks": ["create"]},
        ".gitpod.Dockerfile": {"packages": ["redis-server"]},
        "Dockerfile": {"variables": ["FROM_IMAGE"]},
    }
    left = {x["key"] for one in told["existing"] for x in one["left_out"]}
    assert {"app: command", 'services: "proxy"', "task 1: command", "FROM", "RUN (line 3)"} <= left
    assert command("generate", "--check", "-C", repo).code == 0
    compose = repo / ".devcontainer/compose.yaml"
    docker("compose", "-f", str(compose), "config", "--quiet")
    try:
        ran = command("up", "-C", repo)
        assert ran.code == 0, ran.err
        assert command("exec", "-C", repo, "--", "printenv", "FROM_IMAGE").out == "yes\n"
        said = command("exec", "-C", repo, "--", "sh", "-c", 'redis-cli -u "$REDIS_URL" get made')
        assert said.out == "by init, after before\n"
        said = command("exec", "-C", repo, "--", "redis-cli", "-h", "cache", "get", "a b")
        assert said.out == "1\n"
    finally:
        assert command("down", "--caches", "-C", repo).code == 0
