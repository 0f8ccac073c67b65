"""The scan of the log finds what it is there to find, and names the place without the value."""

from __future__ import annotations

import logging

import pytest

from sandbox.population import Population
from tests.fixtures.leaks import OURS, PLANTED, Watch, personal


def seen(watch: Watch, text: str, *arguments: object) -> list[str]:
    watch.handle(
        logging.LogRecord("connectors.made_up", logging.DEBUG, __file__, 1, text, arguments, exc_info=None)
    )
    return watch.found


def test_everybody_is_watched_for(population: Population) -> None:
    values = personal(population)
    assert len(values) > 2 * len(population.members)
    for value in sorted(values)[::20]:
        (found,) = seen(Watch(values), "asked for %s today", value)
        assert value not in found
        assert "test_leaks.py" in found


@pytest.mark.parametrize("secret", PLANTED)
def test_secrets_are_found_within_a_line(secret: str) -> None:
    assert seen(Watch(frozenset(PLANTED)), f"token={secret}&x=1")


def test_what_is_nobodys_passes(population: Population) -> None:
    assert not seen(Watch(personal(population)), "hotel could not fetch hotel.stays: HTTP 503")


@pytest.mark.parametrize("name", OURS)
def test_the_projects_own_lines_are_seen_at_every_level(name: str, _watch: Watch) -> None:  # noqa: PT019  # used
    logging.getLogger(f"{name}.made_up").debug("token=%s", PLANTED[0])
    assert _watch.found
    _watch.found.clear()
