"""profile.detect: on made repos, and on real ones; what is hostile says nothing, quickly."""

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, SHARED, Files
from devpod_gen.emit.starter import starter
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import document, load, root, stacks
from devpod_gen.profile.detect import Detection, FoundManager, FoundVersion, detect

Make = Callable[..., Path]


def found(repo: Path) -> Detection:
    return detect(repo, stacks.known())


def test_go_and_node_with_the_main_one_first(make_repo: Make) -> None:
    repo = make_repo(
        {
            "go.mod": "module x\n\ngo 1.22\n\ntoolchain go1.24.2\n",
            "package.json": '{"engines": {"node": "^20 || >=22"}}',
        }
    )
    answer = found(repo)
    assert [(stack.name, stack.primary) for stack in answer.stacks] == [
        ("go", True),
        ("node", False),
    ]
    assert answer.versions == (
        FoundVersion("go", "1.24.2", "pin", "go.mod#toolchain"),
        FoundVersion("node", "^20 || >=22", "range", "package.json#engines.node"),
    )


@pytest.mark.parametrize(
    ("files", "tool", "value", "kind", "source"),
    [
        ({"go.mod": "go 1.21\n", ".go-version": "1.23.1\n"}, "go", "1.23.1", "pin", ".go-version"),
        ({"go.mod": "go 1.21\n"}, "go", "1.21", "floor", "go.mod#go"),
        ({"package.json": "{}", ".nvmrc": "v22.1.0\n"}, "node", "22.1.0", "pin", ".nvmrc"),
        (
            {"package.json": '{"volta": {"node": "18.2.0"}, "engines": {"node": ">=16"}}'},
            "node",
            "18.2.0",
            "pin",
            "package.json#volta.node",
        ),
        (
            {"package.json": "{}", ".tool-versions": "nodejs 20.1.0\n"},
            "node",
            "20.1.0",
            "pin",
            ".tool-versions",
        ),
        (
            {"pyproject.toml": "[project]\nrequires-python = '>=3.11'\n"},
            "python",
            ">=3.11",
            "range",
            "pyproject.toml#project.requires-python",
        ),
        (
            {"pyproject.toml": "", ".python-version": "3.12\n"},
            "python",
            "3.12",
            "pin",
            ".python-version",
        ),
        (
            {"setup.py": 'setup(python_requires=">=3.9")'},
            "python",
            ">=3.9",
            "range",
            "setup.py#python_requires",
        ),
        (
            {"go.mod": "go 1.21\r\ntoolchain go1.22.1\r\n"},
            "go",
            "1.22.1",
            "pin",
            "go.mod#toolchain",
        ),
        ({"go.work": "go 1.23.4\n"}, "go", "1.23.4", "floor", "go.work#go"),
        (
            {"package.json": '{"devEngines": {"runtime": {"version": ">=22"}}}'},
            "node",
            ">=22",
            "range",
            "package.json#devEngines.runtime.version",
        ),
        (
            {"package.json": "{}", ".mise.toml": "[tools]\nnode = ['22.1', '20']\n"},
            "node",
            "22.1",
            "pin",
            ".mise.toml#tools.node",
        ),
        (
            {"package.json": "{}", "mise.toml": "[tools]\nnode = {version = '22'}\n"},
            "node",
            "22",
            "pin",
            "mise.toml#tools.node",
        ),
        (
            {"package.json": '{"packageManager": "bun@1.2.3"}'},
            "bun",
            "1.2.3",
            "pin",
            "package.json#packageManager",
        ),
        ({"deno.json": "", ".dvmrc": "2.4.5\n"}, "deno", "2.4.5", "pin", ".dvmrc"),
        (
            {"setup.cfg": "[options]\npython_requires = >=3.8\n"},
            "python",
            ">=3.8",
            "range",
            "setup.cfg#python_requires",
        ),
        (
            {"Pipfile": "[requires]\npython_version = '3.11'\n"},
            "python",
            "3.11",
            "pin",
            "Pipfile#requires.python_version",
        ),
        (
            {"requirements.txt": "", "runtime.txt": "python-3.12.1\n"},
            "python",
            "3.12.1",
            "pin",
            "runtime.txt",
        ),
        (
            {"pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.10'\n"},
            "python",
            "^3.10",
            "range",
            "pyproject.toml#tool.poetry.dependencies.python",
        ),
        (
            {"Cargo.toml": "", "rust-toolchain": "1.80.0\n"},
            "rust",
            "1.80.0",
            "pin",
            "rust-toolchain",
        ),
        (
            {
                "Cargo.toml": "",
                "rust-toolchain.toml": '[toolchain]\nchannel = "nightly-2026-01-02"',
            },
            "rust",
            "nightly-2026-01-02",
            "pin",
            "rust-toolchain.toml#toolchain.channel",
        ),
        (
            {"pom.xml": "<properties><java.version>17</java.version>"},
            "java",
            "17",
            "floor",
            "pom.xml#java.version",
        ),
        (
            {"pom.xml": "<requireJavaVersion>\n  <version>[17,22)</version>"},
            "java",
            "[17,22)",
            "range",
            "pom.xml#enforcer.requireJavaVersion",
        ),
        (
            {
                "pom.xml": "<maven.compiler.release>8</maven.compiler.release>",
                ".sdkmanrc": "java=21.0.2-tem\n",
            },
            "java",
            "21.0.2",
            "pin",
            ".sdkmanrc#java",
        ),
        (
            {"build.gradle": "java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }"},
            "java",
            "21",
            "pin",
            "build.gradle#toolchain.languageVersion",
        ),
        (
            {"pom.xml": "", ".tool-versions": "java temurin-21.0.2+13.0.LTS\n"},
            "java",
            "21.0.2",
            "pin",
            ".tool-versions",
        ),
        (
            {"pom.xml": "<requireJavaVersion>\n <!-- why -->\n <version>[11,)</version>"},
            "java",
            "[11,)",
            "range",
            "pom.xml#enforcer.requireJavaVersion",
        ),
        (
            {"build.gradle": "", "gradle/gradle-daemon-jvm.properties": "toolchainVersion=21\n"},
            "java",
            "21",
            "pin",
            "gradle/gradle-daemon-jvm.properties#toolchainVersion",
        ),
        (
            {"package.json": "{}", ".mise/config.toml": "[tools]\nnode = '24'"},
            "node",
            "24",
            "pin",
            ".mise/config.toml#tools.node",
        ),
        (
            {"x.gemspec": "s.required_ruby_version = ['>= 3.0', '< 5']"},
            "ruby",
            ">= 3.0",
            "range",
            "x.gemspec#required_ruby_version",
        ),
        (
            {"meson.build": "project('x', 'c', meson_version: '>= 0.60')"},
            "meson",
            ">= 0.60",
            "range",
            "meson.build#meson_version",
        ),
        (
            {"pyproject.toml": "[tool.flit.metadata]\nrequires-python = '>=3.9'"},
            "python",
            ">=3.9",
            "range",
            "pyproject.toml#tool.flit.metadata.requires-python",
        ),
        ({"Gemfile": "ruby '3.3.0'\n"}, "ruby", "3.3.0", "pin", "Gemfile#ruby"),
        ({"Gemfile": "ruby '~> 3.3'\n"}, "ruby", "~> 3.3", "range", "Gemfile#ruby"),
        (
            {"Gemfile": "ruby file: '.ruby-version'\n", ".ruby-version": "ruby-3.4.1\n"},
            "ruby",
            "3.4.1",
            "pin",
            ".ruby-version",
        ),
        (
            {"Gemfile": "", "Gemfile.lock": "RUBY VERSION\n   ruby 3.2.2p53\n"},
            "ruby",
            "3.2.2",
            "pin",
            "Gemfile.lock#RUBY VERSION",
        ),
        (
            {"composer.json": '{"require": {"php": "^8.2"}}'},
            "php",
            "^8.2",
            "range",
            "composer.json#require.php",
        ),
        (
            {"global.json": '{"sdk": {"version": "10.0.100"}, /* net */ }'},
            "dotnet",
            "10.0.100",
            "pin",
            "global.json#sdk.version",
        ),
        (
            {"mix.exs": '@elixir_requirement "~> 1.15"\nelixir: @elixir_requirement,'},
            "elixir",
            "~> 1.15",
            "range",
            "mix.exs#elixir",
        ),
        (
            {"build.zig.zon": '    .minimum_zig_version = "0.15.1",'},
            "zig",
            "0.15.1",
            "floor",
            "build.zig.zon#minimum_zig_version",
        ),
        (
            {"Package.swift": "// swift-tools-version: 6.1\n"},
            "swift",
            "6.1",
            "floor",
            "Package.swift#swift-tools-version",
        ),
        (
            {"main.tf": "", "versions.tf": '  required_version = ">= 1.5"'},
            "terraform",
            ">= 1.5",
            "range",
            "versions.tf#required_version",
        ),
        (
            {"CMakeLists.txt": "cmake_minimum_required(VERSION 3.15)\nproject(x C)\n"},
            "cmake",
            "3.15",
            "floor",
            "CMakeLists.txt#cmake_minimum_required",
        ),
        (
            {"CMakeLists.txt": "cmake_minimum_required(VERSION 3.15...4.2)\n"},
            "cmake",
            "3.15...4.2",
            "range",
            "CMakeLists.txt#cmake_minimum_required",
        ),
    ],
)
def test_versions(
    make_repo: Make, files: Files, tool: str, value: str, kind: str, source: str
) -> None:
    (version,) = found(make_repo(files)).versions
    assert (version.tool, version.value, version.kind, version.source) == (
        tool,
        value,
        kind,
        source,
    )


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": "{ not json", ".nvmrc": "lts/iron\n"},
        {"package.json": "[]"},
        {"package.json": '{"engines": "20"}'},
        {"package.json": "[" * 100_000},
        {"package.json": '{"engines": {"node": ["20"]}}'},
    ],
)
def test_a_broken_file_says_nothing(make_repo: Make, files: Files) -> None:
    answer = found(make_repo(files))
    assert [stack.name for stack in answer.stacks] == ["node"]
    assert answer.versions == ()


JAVA_FIRST = ["java", "kotlin"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"go.mod": "", "Makefile": "", "package.json": "{}"}, ["go", "node"]),
        ({"go.mod": "", "main.go": "", "bun.lock": "", "package.json": "{}"}, ["go", "bun"]),
        ({"go.mod": "", "bun.lock": "", "package.json": "{}"}, ["bun", "go"]),
        ({"bun.lock": "", "package-lock.json": "", "package.json": "{}"}, ["bun", "node"]),
        (
            {"bun.lock": "", "yarn.lock": "", "package.json": '{"dependencies": {"x": "1"}}'},
            ["node", "bun"],
        ),
        (
            {"deno.json": "", "yarn.lock": "", "package.json": '{"exports": {".": ""}}'},
            ["node", "deno"],
        ),
        ({"deno.jsonc": "", "package.json": "{}"}, ["deno", "node"]),
        (
            {"requirements.txt": "", "package.json": '{"dependencies": {"x": "1"}}'},
            ["node", "python"],
        ),
        ({"requirements.txt": "", "app.py": "", "package.json": "{}"}, ["python", "node"]),
        ({"pyproject.toml": "[tool.ruff]\nx = 1", "package.json": "{}"}, ["node"]),
        ({"pyproject.toml": "[tool.ruff]\nx = 1"}, ["python"]),
        ({"Cargo.toml": "", "pyproject.toml": "[build-system]\nx = 1"}, ["rust", "python"]),
        (
            {"meson.build": "project('x', 'c')", "pyproject.toml": "[build-system]\nx = 'mesonpy'"},
            ["python", "c"],
        ),
        ({"CMakeLists.txt": "project(x)"}, ["cpp"]),
        ({"CMakeLists.txt": "project(x LANGUAGES C CXX)"}, ["cpp"]),
        ({"CMakeLists.txt": "project(\n  x\n  VERSION 1\n  LANGUAGES C)"}, ["c"]),
        ({"CMakeLists.txt": "project(x)\nset(CMAKE_C_STANDARD 11)"}, ["c"]),
        ({"meson.build": "project('x', 'c', 'cpp')"}, ["cpp"]),
        ({"Makefile": "all:", "src/x": ""}, ["c"]),
        ({"Makefile": "all:"}, []),
        ({"Makefile": "all:\n\t$(CXX) x.cc"}, ["cpp"]),
        ({"build.zig": 'b.path("src/main.zig")', "CMakeLists.txt": ""}, ["zig", "cpp"]),
        ({"build.zig": 'b.path("src/x.c")', "CMakeLists.txt": ""}, ["cpp", "zig"]),
        ({"build.gradle.kts": 'plugins { kotlin("jvm") }'}, ["kotlin", "java"]),
        ({"build.gradle.kts": "plugins { java }"}, ["java"]),
        (
            {"build.gradle": "id 'org.jetbrains.kotlin.plugin.serialization' apply false"},
            ["java"],
        ),
        (
            {"build.gradle": "alias(libs.plugins.kotlin) apply false"},
            ["java", "kotlin"],
        ),
        ({"build.gradle": "id 'org.jetbrains.kotlin.jvm' version '2.0'"}, ["kotlin", "java"]),
        ({"Package.swift": "cxxLanguageStandard: .gnucxx14", "Makefile": ""}, ["c", "swift"]),
        ({"App.sln": '"x", "x\\x.vcxproj", "{"', "x.vcxproj": ""}, ["cpp"]),
        ({"App.sln": '"x", "x\\x.csproj", "{"'}, ["dotnet"]),
        ({"Gemfile": "gem 'jekyll'\n", "package.json": '{"bin": "x"}'}, ["node", "ruby"]),
        ({"Gemfile": "gem 'rails'\n", "package.json": '{"bin": "x"}'}, ["ruby", "node"]),
        ({"Package.swift": "", "Gemfile": "gem 'cocoapods'\n"}, ["swift", "ruby"]),
        ({"go.mod": "", "mise.toml": "[tools]\nbun = '1'"}, ["go", "bun"]),
        ({"composer.json": "{}", "package.json": '{"workspaces": ["x"]}'}, ["node", "php"]),
        (
            {"composer.json": '{"type": "library"}', "package.json": '{"bin": "x"}'},
            ["node", "php"],
        ),
        ({"composer.json": "{}", "build.xml": "<project>"}, ["php"]),
        ({"Makefile": "", "x.c": "", "Cargo.toml": "", "git-x.py": ""}, ["c", "rust"]),
        ({"Makefile": "\t$(CC) x.c\n\t$(CXX) -v", "lib/x": ""}, ["c"]),
        ({"Makefile": "", "src/x": "", "x.cabal": ""}, []),
        ({"Makefile": "", "x.cc": ""}, ["cpp"]),
        ({"configure.ac": "AX_CXX_COMPILE_STDCXX([17], [noext], [optional])"}, ["c"]),
        ({"configure.ac": "AX_CXX_COMPILE_STDCXX([17])"}, ["cpp"]),
        ({"CMakeLists.txt": "project(x LANGUAGES C Swift)", "Package.swift": ""}, ["swift"]),
        (
            {
                "CMakeLists.txt": "project(x CXX)",
                "pyproject.toml": "[project]\ndependencies = ['x']\n[build-system]\nx = 1",
            },
            ["python", "cpp"],
        ),
        ({"build.zig": '@import("src/gen.zig")', "CMakeLists.txt": "project(x C)"}, ["c", "zig"]),
        ({"vendor.mod": "go 1.25\n", "Makefile": ""}, ["go"]),
        ({"Cargo.toml": "", "deno.json": "", "mod.ts": ""}, ["deno", "rust"]),
        ({"mod.ts": "", "deps.ts": ""}, ["deno"]),
        (
            {
                "Cargo.toml": "[workspace]",
                "pyproject.toml": "[project]\ndependencies = ['x']\n[build-system]\nx = 1",
            },
            ["python", "rust"],
        ),
        (
            {
                "Cargo.toml": "[[bin]]\nname = 'x'",
                "pyproject.toml": "[project]\ndependencies = ['x']\n[build-system]\nx = 1",
            },
            ["rust", "python"],
        ),
        (
            {"Cargo.toml": "[workspace]\n", "package.json": '{"workspaces": ["x"]}'},
            ["node", "rust"],
        ),
        (
            {
                "Cargo.toml": "[workspace.package]\nx = 1",
                "package.json": '{"workspaces": ["x"]}',
            },
            ["rust", "node"],
        ),
        (
            {"package.json": "{}", "src-tauri/Cargo.toml": "[package]"},
            ["node", "rust"],
        ),
        ({"Gemfile": "gemspec\n", "Package.swift": "", "x.gemspec": ""}, ["ruby", "swift"]),
        ({"requirements.txt": "mkdocs==1.6\n"}, []),
        ({"requirements.txt": "mkdocs==1.6\n", "app.py": ""}, ["python"]),
        ({"pom.xml": "", "update.py": ""}, ["java"]),
        ({"cmake-format.py": ""}, []),
        ({"notes.ipynb": ""}, ["python"]),
        ({"build.gradle.kts": "", "gradle.properties": "kotlin.code.style=official"}, JAVA_FIRST),
        ({"build.gradle.kts": 'id("org.jetbrains.dokka") version "2"'}, ["kotlin", "java"]),
        (
            {"build.gradle.kts": "alias(libs.plugins.dokka) apply false"},
            ["java"],
        ),
        (
            {"build.gradle.kts": 'kotlin("jvm")', "package.json": '{"workspaces": ["x"]}'},
            ["node", "kotlin", "java"],
        ),
        ({"App.slnx": '"x.vcxproj"'}, ["cpp"]),
        ({"App.slnx": '"x.csproj"'}, ["dotnet"]),
    ],
)
def test_which_stacks(make_repo: Make, files: Files, expected: list[str]) -> None:
    assert [stack.name for stack in found(make_repo(files)).stacks] == expected


@pytest.mark.parametrize(
    ("files", "manager"),
    [
        (
            {"package.json": '{"packageManager": "pnpm@10.1.0+sha512.0"}', "yarn.lock": ""},
            FoundManager("node", "pnpm", "10.1.0", "package.json#packageManager"),
        ),
        (
            {"package.json": "{}", "yarn.lock": ""},
            FoundManager("node", "yarn", None, "yarn.lock"),
        ),
        ({"package.json": "{}"}, FoundManager("node", "npm", None, "package.json")),
        (
            {"bun.lock": "", "package.json": "{}"},
            FoundManager("bun", "bun", None, "bun.lock"),
        ),
        (
            {"pyproject.toml": "[tool.poetry]\nname = 'x'"},
            FoundManager("python", "poetry", None, "pyproject.toml#tool.poetry"),
        ),
        (
            {"pyproject.toml": "[project]\nname = 'x'", "uv.lock": ""},
            FoundManager("python", "uv", None, "uv.lock"),
        ),
        ({"requirements.txt": ""}, FoundManager("python", "pip", None, "requirements.txt")),
        (
            {"pyproject.toml": "[project]\nname = 'x'", "hatch.toml": ""},
            FoundManager("python", "hatch", None, "hatch.toml"),
        ),
        ({"pom.xml": ""}, FoundManager("java", "maven", None, "pom.xml")),
        ({"build.gradle": "", "gradlew": ""}, FoundManager("java", "gradle", None, "gradlew")),
        ({"Gemfile": ""}, FoundManager("ruby", "bundler", None, "Gemfile")),
        ({"mix.exs": ""}, FoundManager("elixir", "mix", None, "mix.exs")),
    ],
)
def test_managers(make_repo: Make, files: Files, manager: FoundManager) -> None:
    assert found(make_repo(files)).managers == (manager,)


WORKSPACES = [
    {"package.json": '{"workspaces": ["packages/*"]}'},
    {"package.json": '{"workspaces": {"packages": ["./packages/a"]}}'},
    {"package.json": "{}", "pnpm-workspace.yaml": "packages:\n  - 'packages/**'\n"},
]


@pytest.mark.parametrize("files", WORKSPACES)
def test_declared_members_come_after_the_root(make_repo: Make, files: Files) -> None:
    repo = make_repo(files | {"packages/a/go.mod": "", "packages/a/x.go": ""})
    assert [(stack.name, stack.evidence) for stack in found(repo).stacks] == [
        ("node", "package.json"),
        ("go", "packages/a/go.mod"),
    ]


@pytest.mark.parametrize(
    "glob", ["examples/*", "docs", "../other", "/etc", "packages/../../other", "*", "..", "", "a\0"]
)
def test_members_that_do_not_count(make_repo: Make, glob: str) -> None:
    make_repo({"go.mod": "", "x.go": ""}, "other")
    for_code = {"examples/a/go.mod": "", "docs/go.mod": "", "sub/go.mod": ""}
    repo = make_repo({"package.json": json.dumps({"workspaces": [glob]})} | for_code)
    assert [stack.name for stack in found(repo).stacks] == ["node"]


def test_a_gradle_module_says_the_language(make_repo: Make) -> None:
    repo = make_repo(
        {
            "settings.gradle.kts": 'include(":lib")',
            "lib/build.gradle.kts": 'plugins { kotlin("jvm") }\nkotlin { jvmToolchain(21) }',
        }
    )
    answer = found(repo)
    assert "kotlin" in [stack.name for stack in answer.stacks]
    assert answer.versions == (
        FoundVersion("java", "21", "pin", "lib/build.gradle.kts#jvmToolchain"),
    )


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"README.md": "", "samples/go.mod": "go 1.22\n"},
            "no marker at the root: README.md, samples/",
        ),
        ({"a\x1b[2J": ""}, "no marker at the root: a\\u001b[2J"),
        ({f"{n}.txt": "" for n in range(9)}, "5.txt, and 3 more"),
    ],
)
def test_nothing_is_an_answer(make_repo: Make, files: Files, reason: str) -> None:
    answer = found(make_repo(files))
    assert answer == Detection((), (), (), answer.reason)
    assert answer.reason.endswith(reason)


def test_what_is_one_level_down_is_a_hint(make_repo: Make) -> None:
    """And no answer: samples look the same."""
    files = {"lib/Cargo.toml": "", "bindings/setup.py": "", "docs/go.mod": "", "notes/x.py": ""}
    answer = found(make_repo(files))
    assert (answer.stacks, answer.versions, answer.managers) == ((), (), ())
    assert answer.reason.endswith("; one level down: bindings/setup.py, lib/Cargo.toml")


def test_no_folder_is_an_answer(tmp_path: Path) -> None:
    reason = "the folder is empty, or cannot be read"
    assert found(tmp_path) == found(tmp_path / "no") == Detection((), (), (), reason)


def test_sources_without_a_marker(make_repo: Make) -> None:
    answer = found(make_repo({"main.go": "package main\n"}))
    assert [(stack.name, stack.evidence) for stack in answer.stacks] == [("go", "main.go")]


def test_a_files_name_cannot_write_the_profile(make_repo: Make) -> None:
    name = "x\n[image]\n.gemspec"
    answer = found(make_repo({name: "s.required_ruby_version = '>= 3.0'"}))
    assert answer.versions[0].source == r"x\u000a[image]\u000a.gemspec#required_ruby_version"
    assert answer.stacks[0].evidence == r"x\u000a[image]\u000a.gemspec"


def test_odd_entries_say_nothing(make_repo: Make) -> None:
    repo = make_repo({"go.mod": "go 1.25\n"})
    os.mkfifo(repo / "package.json")
    (repo / "pyproject.toml").mkdir()
    (repo / "Cargo.toml").symlink_to("Cargo.toml")
    (repo / ".nvmrc").symlink_to("/dev/zero")
    (repo / os.fsdecode(b"\xff.tf")).write_bytes(b"\xff\x00")
    (repo / "global.json").write_text("{" + " " * 1024 * 1024)
    start = time.process_time()
    answer = found(repo)
    assert time.process_time() - start < 1
    assert [version.tool for version in answer.versions] == ["go"]


def test_only_the_root_is_listed(make_repo: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = make_repo({"go.mod": "go 1.25\n", "a/b/c/package.json": "", "vendor/x/pom.xml": ""})
    listed = []
    scandir = os.scandir

    def watched(folder: Path) -> Any:
        listed.append(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", watched)
    assert [stack.name for stack in found(repo).stacks] == ["go"]
    assert listed == [repo]


def test_a_hundred_thousand_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sought in memory: making so many files would take longer than the test may."""
    names = [f"{n}.{'py' if n % 2 else 'txt'}" for n in range(100_000)]
    many = root.Root(tmp_path, dict.fromkeys(names))
    monkeypatch.setattr("devpod_gen.profile.detect.root", lambda _: many)
    start = time.process_time()
    assert [stack.name for stack in found(tmp_path).stacks] == ["python"]
    assert time.process_time() - start < 1


def _patterns() -> list[str]:
    """Every regular expression on a repo's files, of every stack."""
    known = stacks.known()
    conditions = [
        condition
        for stack in known
        for marker in stack.signs
        for condition in (*marker.when, *marker.unless, *marker.weak_when, *marker.weak_unless)
    ]
    places = [place for stack in known for place in stack.members]
    places += [source.place for stack in known for source in stack.versions]
    places += [rule.place for stack in known for rule in stack.managers]
    found = {condition.contains for condition in conditions} | {place.pattern for place in places}
    return sorted(pattern for pattern in found if pattern)


def _hostile(pattern: str) -> list[str]:
    """Texts that make a careless pattern try everything: its own words, again and again."""
    words = [word for word in re.findall(r"[A-Za-z_<>/=:@]{3,}", pattern) if "\\" not in word]
    seeds = [" ", "\t", "\n", " \n", "a", "1", "1.", "-", '"', "(", "gem ", " C ", "a\t"]
    seeds += [*words, *(f"{word}(" for word in words), *(f"{word} " for word in words)]
    seeds += [f"\n{word} " for word in words] + [f"\n{word}( C" for word in words]
    return [(seed * (1024 * 1024))[: 1024 * 1024 - 1] + "!" for seed in seeds]


@pytest.mark.parametrize("pattern", _patterns())
def test_no_pattern_takes_long(pattern: str) -> None:
    for text in _hostile(pattern):
        start = time.process_time()
        document.search(pattern, text)
        assert time.process_time() - start < 1, f"{pattern!r} on {text[:40]!r}…"


@pytest.mark.parametrize(
    "seed", ["[", "{", '"', '"\\"', "/*", "//", ",", ", ", "\\", "[{", "a.", "[a.b]\n", "[[a]]\n"]
)
@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_no_document_takes_long(seed: str, suffix: str) -> None:
    text = (seed * (1024 * 1024))[: 1024 * 1024]
    start = time.process_time()
    document.document(suffix, text)
    assert time.process_time() - start < 3


def test_toml_of_many_long_keys() -> None:
    """Its parser takes quadratic time for each: 20 s for all of these."""
    text = "".join(f"{'a.' * 4000}k{number} = 1\n" for number in range(100))
    start = time.process_time()
    assert document.document(".toml", text) is None
    assert time.process_time() - start < 1


def test_a_comment_ends_where_it_does_for_clients() -> None:
    for end, held in (("\n", {"a": 1}), ("\r", {"a": 1}), ("\u2028", None), ("\u2029", None)):
        assert document.document(".json", f'{{ // x{end}"a": 1 }}') == held
    assert document.document(".json", "[1/**/2]") is None


def test_json_with_comments() -> None:
    text = '{"a": "// no", /* b */ "b": ["x,]",], // c\n "c": {"d": 1,},}'
    assert document.document(".jsonc", text) == {"a": "// no", "b": ["x,]"], "c": {"d": 1}}


def test_no_language_is_known_by_name() -> None:
    """A stack is a folder: what Python code knows, a user's own stack could not say."""
    names = "|".join(stack.name for stack in stacks.known() if len(stack.name) > 2)
    for file in ("detect", "sign", "members", "below", "root", "rule", "stacks"):
        text = (ROOT / f"src/devpod_gen/profile/{file}.py").read_text(encoding="utf-8")
        code = re.sub(r'""".*?"""|#.*', "", text, flags=re.DOTALL)
        assert not re.search(rf"[\"'/]({names})\b", code)


def _rows(file: Path) -> list[Any]:
    if not file.exists():
        return []
    rows: list[Any] = json.loads(file.read_text(encoding="utf-8"))
    return rows


HELD_OUT = _rows(ROOT / "tests" / "data" / "detect_heldout.json")
REAL = _rows(SHARED / "data" / "detect.json") + HELD_OUT


def _written(row: Any, repo: Path) -> Path:
    """The root as listed, and every file whose text is known, also below it."""
    for name in row["root"]:
        if name.endswith("/"):
            (repo / name).mkdir()
        else:
            (repo / name).write_text("", encoding="utf-8")
    for name, text in row["files"].items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        if not (repo / name).is_dir():
            (repo / name).write_text(text or "", encoding="utf-8")
    return repo


def _case(row: Any) -> Any:
    """A repo whose `miss` says why it is not read right yet must go on failing, or lose it."""
    miss = [pytest.mark.xfail(reason=row["miss"], strict=True)] if "miss" in row else []
    return pytest.param(row, id=row["repo"], marks=miss)


@pytest.mark.parametrize("row", [_case(row) for row in REAL])
def test_real_repos(row: Any, tmp_path: Path) -> None:
    """The main stack, the full set, the versions and the package manager of each."""
    answer, expect = found(_written(row, tmp_path)), row["expect"]
    names = [stack.name for stack in answer.stacks]
    ours = {stack.name for stack in stacks.known()}
    assert names[:1] == expect["stack"][:1]
    assert [stack.primary for stack in answer.stacks] == [True, *[False] * len(names)][: len(names)]
    assert set(expect["stack"]) <= set(names) <= set(expect["stack"]) | set(expect["optional"])
    versions = {
        version.tool: {"value": version.value, "kind": version.kind, "source": version.source}
        for version in answer.versions
    }
    truth = expect["version_sources"]
    assert {tool: versions.get(tool) for tool in truth} == truth
    assert set(versions) <= set(truth) | (set(names) - ours)
    managers = {manager.name for manager in answer.managers}
    managers |= {f"{manager.name}@{manager.version}" for manager in answer.managers}
    assert expect.get("package_manager") in {None, *managers}
    assert bool(answer.reason) is not bool(names)


@pytest.mark.parametrize("row", [pytest.param(row, id=row["repo"]) for row in REAL])
def test_each_makes_a_valid_profile(row: Any, tmp_path: Path) -> None:
    """What init would write for it is read back, resolves, and pins what the repo states."""
    answer = detect(_written(row, tmp_path), stacks.known())
    profile = load.parse(starter("x", answer, stacks.known()).encode(), "devpod.toml")
    plan = resolve(profile, stacks.known(), folder_name="x")
    pinned = {tool.name for tool in plan.tools if tool.constraint}
    # A build of the day, or before a release, has no place in a series of versions: not pinned.
    daily = re.compile(r"nightly|-dev|-preview|snapshot", re.IGNORECASE)
    stated = {found.tool for found in answer.versions if not daily.search(found.value)}
    assert stated == pinned


def test_enough_real_repos_are_held_out() -> None:
    assert len({row["repo"] for row in HELD_OUT}) >= 300
    assert {row["expect"]["stack"][0] for row in HELD_OUT if row["expect"]["stack"]} >= {
        stack.name for stack in stacks.known() if stack.signs
    }
