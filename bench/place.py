"""The workspaces that are measured: a tiny one, and one as people have."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.run import run

ROOT = Path(__file__).parent.parent
COMMAND = ROOT / ".venv" / "bin" / "devpod-gen"

TINY = 'name = "tiny"\n\n[[probe]]\nrun = "true"\n'
REAL = """name = "real"
stacks = ["go", "node"]

[caches]
go = ["/home/dev/go", "/home/dev/.cache/go-build"]

[env]
LOG_LEVEL = "debug"

[resources]
cpus = 2
memory = "2g"

[hooks]
create = "echo made >/tmp/made"

[[probe]]
run = "test -e /tmp/made && go version && node --version"
"""
PROFILES = {
    "tiny": (TINY, "true"),
    "real": (REAL, "go version && node --version"),
}
"""By name: the profile, and the command that others run inside, by the user's login shell: what
our probes of a ready shell prove, those of the stacks among them."""


@dataclass(frozen=True, slots=True)
class Place:
    """One peer's own copy of a workspace: nobody's containers are another's."""

    name: str
    folder: Path
    project: str
    image: str
    inside: str
    hook: bool

    @property
    def compose(self) -> Path:
        """The compose file, as `generate` has written it."""
        return self.folder / ".devcontainer" / "compose.yaml"

    @property
    def workspace(self) -> str:
        """Where the repo is inside."""
        return f"/workspaces/{self.name}"


def make(name: str, folder: Path, peer: str) -> Place:
    """The workspace's copy of a peer, trusted and with its files generated. Raises Failed."""
    profile, inside = PROFILES[name]
    repo = folder / peer / name
    if name == "real":
        shutil.copytree(ROOT / "examples" / "go-node", repo)
    image, project = ready(repo, profile)
    return Place(name, repo, project, image, inside, name == "real")


def ready(repo: Path, profile: str) -> tuple[str, str]:
    """Have the repo with the profile generated, trusted and its image built; the image and the
    project's name. Raises Failed."""
    repo.mkdir(parents=True, exist_ok=True)
    (repo / "devpod.toml").write_text(profile, encoding="utf-8")
    run(["git", "init", "--quiet"], repo)
    run([str(COMMAND), "generate"], repo)
    _trust(repo)
    image = str(json.loads(run([str(COMMAND), "build", "--json"], repo))["image"]["ref"])
    env = (repo / ".devcontainer" / ".env").read_text(encoding="utf-8")
    return image, env.split("DEVPOD_PROJECT=")[1].split()[0]


def _trust(repo: Path) -> None:
    """Trust what the profile asks for: it is ours. What is asked is answered by failing."""
    words = [str(COMMAND), "trust", "--json"]
    asked = subprocess.run(words, cwd=repo, check=False, capture_output=True, text=True)
    if asked.returncode:
        digest = json.loads(asked.stdout)["error"]["fix"].split("--yes ")[1].split("`")[0]
        run([str(COMMAND), "trust", "--yes", digest], repo)
