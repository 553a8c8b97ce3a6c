"""Values that are whole words of some grammar, in every string of a profile that the schema
knows, and values of others that land in what we write: each comes back as it was, or is refused.

The readers are not ours: Compose, the reference client, OpenSSH, jq and a reader of Markdown.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import yaml
from markdown_it import MarkdownIt

from devpod_gen.emit.bundle import bundle, self_check
from devpod_gen.emit.proxy import proxy_command
from devpod_gen.emit.sshconfig import SshFiles, ssh_config
from devpod_gen.emit.workflow import workflow
from devpod_gen.errors import HostError, ProfileError
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.workspace.labels import yaml_of
from devpod_gen.workspace.person import settings
from fields import Field, fields

WORDS = (
    *("y", "n", "yes", "no", "No", "on", "OFF", "true", "True", "false", "null", "Null", "~"),
    *("=", "0x1f", "0o17", "0777", "007", "1e3", ".5", "1_000", "0b1010", "190:20:30", ".inf"),
    *(".NaN", "2001-12-14", "1.10", "-1", "+1", "<<", "---", "...", "- a", "? a", "a: b", "a:"),
    *("*a", "&a x", "!!python/object:x", "!t x", "%YAML 1.1", "|", ">", "@x", "`id`", "''"),
    *("\"\"", "[a]", "{a: b}", "  x", "x  ", "a #b", "#", "a\nb", "a\n", "a\n---\nb: c"),
    *("a\tb", "\u3000", "e\u0301", "❤️", "😀 web", "\ue000", "\ufffd", "\\ud800", "\\u2028"),
    *("x\\", "\\", "\\\\", "a\\nb", "'\"'\"'", "$", "$$", "$$$", "cost$", "${", "${X", "$${X}"),
    *("${X?e}", "${A:-${B}}", "${{ secrets.X }}", "%{if}x%{endif}", "%%{x}", "%h %%"),
    *("{{.Names}}", "{{ 7*7 }}", "<%= x %>", "]]>", "--> <!--"),
    *("${localWorkspaceFolderBasename}", "${containerWorkspaceFolder}", "${devcontainerId}"),
    *("${containerEnv:PATH}", "${localEnv:HOME}", "${env:HOME}", "${localWorkspaceFolder}"),
    *("</script><script>", "\"><img src=x>", "javascript:alert(1)", "&amp;", "**b** __init__"),
    *("a|b", "[x](y) ![i](z)", "-oProxyCommand=id", "--privileged", "--", "@/etc/passwd"),
    *("*.py [a]? {a,b}", "~root/x", "a; id", "a && id", "a | b > c < d &", "(a)", "!!"),
    *("ext::sh -c id", "\\\\host\\x"),
)  # fmt: skip
KNOWN = stacks.known()
FIELDS = fields()


def planned(document: dict[str, Any]) -> Plan | None:
    try:
        return resolve(parse(tomli_w.dumps(document).encode(), "d.toml"), KNOWN, folder_name="shop")
    except ProfileError as error:
        if not all(re.match(r"d\.toml(:|$)", found.where) for found in error.findings):
            raise
        return None


def emitted(plan: Plan) -> tuple[Any, Any, dict[str, str]]:
    """devcontainer.json, compose.yaml as two readers of YAML have it, and all the texts."""
    files = bundle(plan)
    self_check(files)
    texts = {file.path.rsplit("/", 1)[-1]: file.text for file in files}
    return json.loads(texts["devcontainer.json"]), yaml.safe_load(texts["compose.yaml"]), texts


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*place, key))
    else:
        yield place, value


def keys(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield from value if isinstance(value, dict) else ()
        for inner in value.values() if isinstance(value, dict) else value:
            yield from keys(inner)


@pytest.mark.parametrize("field", FIELDS, ids=lambda one: ".".join(map(str, one.place)))
def test_a_whole_word_is_only_a_word(field: Field) -> None:
    """Where the sample is alone in a file, the word is alone; and no key is more than a text."""
    plan = planned(field.document)
    assert plan, f"the profile around it is not valid: complete tests/fields.py: {field.document}"
    config, compose, _ = emitted(plan)
    at = [
        [place for place, value in leaves(one) if value == field.sample]
        for one in (config, compose)
    ]
    for word in WORDS:
        found = planned(field.holding(word))
        if found is None:
            continue
        config, compose, texts = emitted(found)
        assert all(isinstance(key, str) for key in keys(compose))
        assert not re.search(
            r"\$\{(?:local|container|env\b|devcontainerId)", texts["devcontainer.json"]
        )
        if not field.key:
            alone(field, word, at[0], config)
            alone(field, word, at[1], unescaped(compose))


def alone(field: Field, word: str, places: list[tuple[Any, ...]], document: Any) -> None:
    for place in places:
        *parents, last = place
        value = document
        for part in parents:
            value = value[part]
        if parents[-1:] == ["command"] and field.place[-1:] == ("command",):
            assert value == shlex.split(word)  # a line of words
        elif value[last] != word:
            assert shlex.split(value[last]) == [word], place  # a list, as a line for sh


def unescaped(value: Any) -> Any:
    """As Compose reads it."""
    if isinstance(value, dict):
        return {key: unescaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [unescaped(inner) for inner in value]
    return value.replace("$$", "$") if isinstance(value, str) else value


def whole() -> dict[str, Any]:
    """A profile with every word, wherever it may be."""
    free = [word for word in WORDS if planned({"ports": [{"port": 80, "label": word}]})]
    services = {
        name: {"image": "a:1", "depends": []} for name in ("true", "null", "yes", "off", "y", "n")
    }
    services["off"]["depends"] = ["true", "null", "yes"]
    lines = [
        word for word in WORDS if planned({"services": {"x": {"image": "a:1", "command": word}}})
    ]
    services |= {
        f"s{at}": {"image": "a:1", "command": f"{line} x"} for at, line in enumerate(lines[-18:])
    }
    return {
        "name": "null",
        "env": {f"K{at}": word for at, word in enumerate(WORDS)},
        "caches": {"null": ["/home/dev/a"], "1e3": ["/home/dev/b"]},
        "services": services
        | {
            "all": {
                "image": "a:1",
                "command": list(WORDS),
                "env": {f"K{at}": word for at, word in enumerate(WORDS)},
                "volumes": {"y": "/data/y", "null": "/data/n"},
                "health": {"command": list(WORDS)},
            }
        },
        "ports": [{"port": 9000 + at, "label": word} for at, word in enumerate(free)],
        "ide": {"vscode": {"settings": {word: [word] for word in free}}},
    }


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    document = whole()
    plan = planned(document)
    assert plan
    folder = tmp_path_factory.mktemp("words")
    for file in bundle(plan):
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_text(file.text, encoding="utf-8")
    return folder, document


ENVIRONMENT = {**os.environ, "DEVPOD_PROJECT": "words", "X": "expanded", "A": "expanded"}


@pytest.mark.engine
def test_compose_reads_every_word(repo: tuple[Path, dict[str, Any]]) -> None:
    folder, document = repo
    compose = (
        "docker",
        "compose",
        "-f",
        ".devcontainer/compose.yaml",
        "config",
        "--format",
        "json",
    )
    done = subprocess.run(
        compose, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    services = unescaped(json.loads(done.stdout)["services"])
    assert set(services) == {"dev", *document["services"]}
    assert document["env"].items() <= services["dev"]["environment"].items()
    assert set(services["off"]["depends_on"]) == {"true", "null", "yes"}
    told = document["services"]
    assert services["all"]["environment"] == told["all"]["env"]
    assert services["all"]["command"] == told["all"]["command"]
    assert services["all"]["healthcheck"]["test"] == ["CMD", *told["all"]["health"]["command"]]
    for name, one in told.items():
        if isinstance(one.get("command"), str):
            assert services[name]["command"] == shlex.split(one["command"])


@pytest.mark.engine
def test_the_reference_client_reads_every_word(repo: tuple[Path, dict[str, Any]]) -> None:
    folder, document = repo
    client = ("devcontainer", "read-configuration", "--workspace-folder", str(folder))
    done = subprocess.run(client, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    config = json.loads(done.stdout)["configuration"]
    labels = {str(port["port"]): {"label": port["label"]} for port in document["ports"]}
    assert config["portsAttributes"] == labels
    assert document["ide"]["vscode"]["settings"].items() <= (
        config["customizations"]["vscode"]["settings"].items()
    )


@pytest.mark.engine
def test_compose_reads_every_label(tmp_path: Path) -> None:
    """The file beside the repo's, which has what clients take of devcontainer.json."""
    odd = ("\x7f", "\x85", "\u2028", "\ufeff", "\U000e0041", "\U0001f680", "\x9b", "\x1b")
    labels = {f"l{at}": word for at, word in enumerate((*WORDS, *odd))}
    escaped = {key: word.replace("$", "$$") for key, word in labels.items()}
    text = yaml_of({"services": {"dev": {"image": "a", "labels": escaped}}})
    assert json.loads(text) == yaml.safe_load(text)
    (tmp_path / "labels.yaml").write_text(text, encoding="utf-8")
    compose = ("docker", "compose", "-p", "x", "-f", "labels.yaml", "config", "--format", "json")
    done = subprocess.run(compose, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert unescaped(json.loads(done.stdout)["services"]["dev"]["labels"]) == labels


FOLDERS = (
    *("o'brien", "a'b'c", "a b", "a #b", "#", "a\\b", "a\\ b", "x=y", "a,b;c", "%h %%"),
    *("~", "none", "é ü", "(a)", "a&b|c", "$HOME", "a`id`b", "*", "[a]?", "!x", " x", "a\\"),
    *("a  b", "\\'", '"', "\\\\", "${X}", "a\nb", "\x1b[2J", "\u202e"),
)  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
def test_ssh_reads_every_folder(folder: str, tmp_path: Path) -> None:
    """A line that it does not understand would end every connection to every host."""
    plan = planned({"name": "shop"})
    assert plan
    proxy = ("/usr/bin/docker", "exec", f"/d/{folder}", folder, "x")
    files = SshFiles("shop.devpod-gen", f"/d/{folder}/id", f"/d/{folder}/known", proxy)
    config = tmp_path / "config"
    try:
        config.write_text(ssh_config(plan, files), encoding="utf-8")
    except HostError:
        assert re.search(r"[\"\n\x1b\u202e]|\$\{|\\(?:['\\]|$)", folder)
        files = SshFiles("shop.devpod-gen", "/d/id", "/d/known", proxy)
        try:
            config.write_text(ssh_config(plan, files), encoding="utf-8")
        except HostError:
            assert re.search(r"[\n\x1b\u202e]|\$\{", folder)
            return
        folder = ""
    said = subprocess.run(
        ("ssh", "-G", "-F", str(config), "shop.devpod-gen"),
        capture_output=True,
        text=True,
        check=True,
    )
    options = dict(line.split(" ", 1) for line in said.stdout.splitlines() if " " in line)
    if folder:
        # What it prints of the one has its percent signs still doubled.
        assert options["identityfile"] == files.identity.replace("%", "%%")
        assert options["userknownhostsfile"] == files.known_hosts
    line = options["proxycommand"].replace("%%", "%")
    assert words_of(line) == list(proxy)


def words_of(line: str) -> list[str]:
    """What sh makes of it."""
    script = f'set -- {line}\nfor word do printf "%s\\0" "$word"; done'
    done = subprocess.run(("sh", "-c", script), capture_output=True, check=True)
    return os.fsdecode(done.stdout).split("\0")[:-1]


def test_a_command_for_ssh_is_the_same_words() -> None:
    assert words_of(proxy_command(("a", "", *WORDS)).replace("%%", "%")) == ["a", "", *WORDS]


def test_a_summary_shows_what_was_said(tmp_path: Path) -> None:
    """In Markdown, as GitHub has it, with jq as GitHub's machines have it."""
    assert shutil.which("jq"), "jq is not there: the summary of a workflow is made with it"
    plan = planned({"name": "shop"})
    assert plan
    steps = yaml.safe_load(workflow(plan, own=False).text)["jobs"]["verify"]["steps"]
    (script,) = (step["run"] for step in steps if step.get("name") == "Summary")
    checks = [{"ok": True, "door": "ssh", "id": "x", "detail": word} for word in WORDS]
    report = {"name": "shop", "ready": True, "seconds_to_shell": 1, "checks": checks}
    (tmp_path / "devpod-report.json").write_text(json.dumps(report))
    summary = tmp_path / "summary.md"
    environment = {**os.environ, "GITHUB_STEP_SUMMARY": str(summary)}
    subprocess.run(("sh", "-euc", script), cwd=tmp_path, env=environment, check=True)
    tokens = MarkdownIt("commonmark").enable("table").parse(summary.read_text())
    cells = [token.children or [] for token in tokens if token.type == "inline"]
    details = cells[5:][3::4]  # behind the heading and the titles of the columns
    assert len(details) == len(WORDS)
    for word, parts in zip(WORDS, details, strict=True):
        assert {part.type for part in parts} <= {"text", "text_special"}, word
        text = "".join(part.content for part in parts)
        assert " ".join(text.split()) == " ".join(word.split())


@pytest.mark.parametrize(
    "name", ["山田　太郎", "می‌خواهم", 'O\'Brien "Q" \\ #x; y', "a = b", " x ", "é", "[user]"]
)
def test_git_reads_every_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    subprocess.run(("git", "config", "--global", "user.name", name), check=True)
    plan = planned({"name": "shop"})
    assert plan
    (tmp_path / "inside").write_text(settings(tmp_path, plan), encoding="utf-8")
    git = ("git", "config", "--file", str(tmp_path / "inside"), "user.name")
    said = subprocess.run(git, capture_output=True, text=True, check=True).stdout
    assert said.removesuffix("\n") == name
