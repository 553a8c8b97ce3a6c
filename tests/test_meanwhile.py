"""What is done beside something else is over when that is, however it ends."""

from threading import Event

import pytest

from devpod_gen.meanwhile import alongside


def test_what_a_failed_block_had_beside_it_has_ended() -> None:
    """As `up`, where a hook fails while its ssh_config is looked at."""
    failing, ended = Event(), Event()

    def act() -> None:
        failing.wait(5)
        ended.set()
        raise OSError

    with pytest.raises(ValueError, match="the hook"), alongside(act):  # noqa: PT012
        failing.set()
        message = "the hook"
        raise ValueError(message)
    assert ended.is_set()


def test_what_fails_beside_it_is_raised() -> None:
    def act() -> None:
        raise OSError

    with pytest.raises(OSError), alongside(act):  # noqa: PT011
        pass
