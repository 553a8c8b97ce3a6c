"""Work beside other work: what does not depend on each other need not wait for each other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def begin(act: Callable[[], T]) -> Callable[[], T]:
    """Do it from now on, in a thread of its own. What comes back waits for the answer, and
    raises what was raised."""
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(act())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            errors.append(error)

    thread = Thread(target=run)
    thread.start()

    def answer() -> T:
        thread.join()
        if errors:
            raise errors[0]
        return answers[0]

    return answer


@contextmanager
def alongside(act: Callable[[], object]) -> Iterator[None]:
    """Do it beside a block, and have it ended when that has; what was raised is raised, unless
    the block has raised before."""
    answer = begin(act)
    try:
        yield
    except BaseException:
        with suppress(Exception):
            answer()
        raise
    answer()
