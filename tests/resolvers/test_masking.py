"""What is masked cannot be read off what is shown."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import Identifier, IdentifierKind
from c360.values import CountryCode, PostalAddress
from resolvers.masking import DOTS, masked

WORDS = st.text(string.ascii_letters, min_size=1, max_size=12)
NUMBERS = st.text(string.digits, min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("email", "jane.doe@example.com", "j•••@e•••.com"),
        ("emails", ("jane@example.com", "a@bc.de"), ("j•••@e•••.com", "•••@•••.de")),
        ("phone", "+61 2 5550 1234", "•••• 1234"),
        ("phone", "5550 12", "••••"),
        ("family_name", "Jones", "J•••"),
        ("display_name", "Margaret Chloe Jones", "M••• C••• J•••"),
        ("full_name", "Jo Li", "••• •••"),
        ("full_name", "王伟", DOTS),
        ("birth_date", date(1985, 3, 27), None),
        ("language", "en", "en"),
        ("account_number", "062000 12345678", "•••• 5678"),
        ("text", "called about the flat", DOTS),
        ("given_name", None, None),
    ],
)
def test_a_value_shows_as_it_should(field: str, value: object, shown: object) -> None:
    assert masked(value, field) == shown


def test_of_an_address_the_country_is_left() -> None:
    country = CountryCode("CH")
    address = PostalAddress(lines=("Hauptstrasse 1",), city="Bern", postal_code="3000", country=country)
    assert masked(address, "address") == PostalAddress(lines=(DOTS,), country=country)


def test_of_a_registered_number_the_end_is_left() -> None:
    passport = Identifier(kind=IdentifierKind.PASSPORT, value="X1234567")
    assert masked(passport, "identifiers").value == "•••• 4567"


def hidden(word: str) -> set[str]:
    """What of a word must not show: any two letters next to each other."""
    return {word[place : place + 2] for place in range(len(word) - 1)}


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_of_a_name_no_two_letters_show(words: list[str]) -> None:
    shown = masked(" ".join(words), "full_name")
    assert not any(pair in shown for word in words for pair in hidden(word))
    assert len(shown) <= 5 * len(words), "how long the words are does not show"


@given(WORDS, st.lists(WORDS, min_size=1, max_size=3), st.sampled_from(["com", "ch", "example"]))
def test_of_an_address_no_two_letters_show_but_the_ending(box: str, host: list[str], ending: str) -> None:
    shown = masked(f"{box}@{'.'.join(host)}.{ending}", "email")
    assert shown.endswith(f".{ending}")
    left = shown.removesuffix(f".{ending}")
    assert not any(pair in left for word in (box, *host) for pair in hidden(word))


@given(NUMBERS)
def test_of_a_number_four_characters_show_at_most_half_of_it(number: str) -> None:
    shown = masked(number, "phone").replace("•", "").strip()
    assert shown in {"", number[-4:]}
    assert len(shown) * 2 <= len(number)


@given(st.text(max_size=40))
def test_whatever_the_text_is_nothing_longer_than_four_characters_shows(text: str) -> None:
    shown = masked(text, "note")
    assert not any(text[place : place + 5] in shown for place in range(len(text) - 4) if "@" not in text)
