"""Paths in one another, by their names alone."""


def covers(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer`, or below it."""
    return f"{inner}/".startswith(f"{outer.rstrip('/')}/")


def meet(one: str, other: str) -> bool:
    """Whether one of them covers the other."""
    return covers(one, other) or covers(other, one)
