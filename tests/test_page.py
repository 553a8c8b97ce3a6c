"""The page of links, in a real browser: where each link leads, by the rules of its IDE."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from conftest import free_port, need
from devpod_gen.emit.page import page
from devpod_gen.plan.jetbrains import BakePlan
from devpod_gen.plan.model import Plan
from test_golden import IDS, plan_of
from waiting import listens, until

pytestmark = pytest.mark.campaign

# As the browser has them: resolved, and taken apart by its own URL parser.
_LINKS = """
return [...document.links].map(a => {
    const u = new URL(a.href), box = a.getBoundingClientRect()
    const told = u.hash ? u.hash.slice(1) : u.search.slice(1)
    return {href: a.href, scheme: u.protocol, mark: u.hash ? '#' : u.search ? '?' : '',
            rest: decodeURIComponent(a.href.slice(u.protocol.length).split(/[?#]/)[0]),
            values: Object.fromEntries(told.split('&').filter(Boolean).map(
                pair => pair.split('=').map(decodeURIComponent))),
            text: a.textContent, seen: box.width > 0 && box.height > 20}
})
"""
_QUIET = """
return {scripts: document.scripts.length, mode: document.compatMode,
        loaded: performance.getEntriesByType('resource').map(entry => entry.name)}
"""
_FITS = "return [document.documentElement.scrollWidth, innerWidth]"
# The contrast of every text with what is behind it, by WCAG 2.
_CONTRASTS = r"""
const rgb = css => css.match(/[\d.]+/g).map(Number)
const light = css => rgb(css).slice(0, 3).map(v => v / 255).map(
    v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4
).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0)
const behind = node => {
    const css = getComputedStyle(node).backgroundColor
    return rgb(css)[3] === 0 ? behind(node.parentElement) : css
}
return [...document.querySelectorAll('h1, h2, p, li, a, code, span, footer')].map(node => {
    const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a)
    return (pair[0] + .05) / (pair[1] + .05)
})
"""


@dataclass(frozen=True)
class Browser:
    """Headless Chromium, by the WebDriver protocol."""

    session: str

    def ask(self, what: str, **values: Any) -> Any:
        body = json.dumps(values).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.session}{what}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            pytest.fail(error.read().decode())

    def run(self, script: str) -> Any:
        return self.ask("/execute/sync", script=script, args=[])

    def chrome(self, command: str, **values: Any) -> Any:
        return self.ask("/goog/cdp/execute", cmd=command, params=values)

    def show(self, text: str, path: Path) -> None:
        path.write_text(text, encoding="utf-8")
        self.ask("/url", url=path.as_uri())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    port = free_port()
    driver = need("chromedriver", "chromium-driver")
    process = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL)
    try:
        until(lambda: listens(port), 20, "the driver does not listen")
        folder = tmp_path_factory.mktemp("chromium")
        flags = ["--headless=new", "--no-sandbox", f"--user-data-dir={folder}"]
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": flags},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        start = Browser(f"http://127.0.0.1:{port}/session")
        made = start.ask("", capabilities={"alwaysMatch": wanted})
        session = Browser(f"{start.session}/{made['sessionId']}")
        yield session
        close = urllib.request.Request(session.session, method="DELETE")
        urllib.request.urlopen(close, timeout=20).close()
    finally:
        process.terminate()
        process.wait(timeout=20)


def baked(plan: Plan) -> Plan:
    product = plan.ide.products[0]
    bake = BakePlan(product, "a" * 64, path="x.tar.gz")
    return replace(plan, ide=replace(plan.ide, bake=bake))


def expected(plan: Plan) -> list[dict[str, Any]]:
    """What each IDE has to be told, by its own rules."""
    host = f"{plan.alias}.devpod-gen"
    codes = {"PyCharm": "PY", "GoLand": "GO", "WebStorm": "WS", "IntelliJ": "IU", "CLion": "CL"}
    by_toolbox = [
        {
            "scheme": "jetbrains:",
            "mark": "?",
            "rest": "//gateway/ssh/environment",
            "values": {
                "h": host,
                "u": plan.user,
                "p": "22",
                "launchIde": "true",
                "ideHint": codes[product],
                "projectHint": plan.folder,
            },
        }
        for product in plan.ide.products
    ]
    by_gateway = {
        "scheme": "jetbrains-gateway:",
        "mark": "#",
        "rest": "//connect",
        "values": {
            "idePath": f"/opt/jetbrains/{plan.ide.products[0]}",
            "projectPath": plan.folder,
            "host": host,
            "port": "22",
            "user": plan.user,
            "type": "ssh",
            "deploy": "false",
        },
    }
    vscode = {
        "scheme": "vscode:",
        "mark": "",
        "rest": f"//vscode-remote/ssh-remote+{host}{plan.folder}",
        "values": {},
    }
    return [vscode, *by_toolbox, *([by_gateway] if plan.ide.bake else [])]


def test_every_link_is_what_its_ide_expects(browser: Browser, tmp_path: Path) -> None:
    plans = [plan_of(case) for case in IDS]
    for plan in (*plans, baked(plan_of("all-stacks")), baked(plan_of("named-profile"))):
        browser.show(page(plan).text, tmp_path / "links.html")
        found = browser.run(_LINKS)
        assert all(link["seen"] and link["text"] for link in found)
        told = [{key: link[key] for key in ("scheme", "mark", "rest", "values")} for link in found]
        assert told == expected(plan)


def clicked(browser: Browser, href: str) -> str:
    """What the browser asks the desktop for when the link is clicked."""
    browser.ask("/se/log", type="performance")  # what was before
    chosen = {"using": "css selector", "value": f".door a[href='{href}']"}
    (element,) = browser.ask("/elements", **chosen)
    browser.ask(f"/element/{next(iter(element.values()))}/click")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for entry in browser.ask("/se/log", type="performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Page.frameRequestedNavigation":
                return str(event["params"]["url"])
    pytest.fail(f"a click on {href} asks for nothing")


def test_a_click_hands_on_the_very_link(browser: Browser, tmp_path: Path) -> None:
    plan = baked(plan_of("all-stacks"))
    browser.show(page(plan).text, tmp_path / "links.html")
    for link in browser.run(_LINKS):
        window = browser.ask("/window/new", type="window")  # one that has asked, asks no more
        browser.ask("/window", handle=window["handle"])
        browser.show(page(plan).text, tmp_path / "links.html")
        assert clicked(browser, link["href"]) == link["href"]


def test_it_fetches_nothing_and_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.show(page(plan_of("all-stacks")).text, tmp_path / "links.html")
    assert browser.run(_QUIET) == {"scripts": 0, "mode": "CSS1Compat", "loaded": []}
    assert browser.ask("/se/log", type="browser") == []  # nor does its policy refuse anything


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """By day and by night, and on a narrow screen."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.chrome("Emulation.setEmulatedMedia", features=[feature])
    browser.show(page(plan_of("all-stacks")).text, tmp_path / "links.html")
    assert min(browser.run(_CONTRASTS)) >= 4.5
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(246, 247, 249)", "dark": "rgb(15, 19, 24)"}[scheme]
    for width in (320, 480, 1200):
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        browser.chrome("Emulation.setDeviceMetricsOverride", **size)
        needed, there = browser.run(_FITS)
        assert needed <= there == width
    browser.chrome("Emulation.clearDeviceMetricsOverride")
