"""A secret's value, for as long as it is needed: it never shows in a message by itself."""

from dataclasses import field

from devpod_gen.plan.secret import SecretPlan
from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """A secret and what it is."""

    plan: SecretPlan
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """A secret that could not be had: why, and what to do about it."""

    plan: SecretPlan
    why: str
    fix: str


def settled(content: bytes) -> bytes:
    """A single line of text without its line end, which is the printing program's or the
    editor's; anything else to the byte."""
    line = content.removesuffix(b"\n").removesuffix(b"\r")
    if b"\n" in line or line == content:
        return content
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return line
