"""Keys and names come into one form, and nothing that people type raises."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.contract import KeyKind
from resolvers.identity import normalise


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("  Ana.Souza+Bank@Example.COM ", "ana.souza+bank@example.com"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("null@", None),
        ("ana@localhost", None),
        ("ana souza@example.org", None),
        ("@example.org", None),
        ("a\ud800@example.org", None),
        ("a\x00@example.org", None),
        ("a@b@c.example", None),
        ("x" * 250 + "@example.org", None),
    ],
)
def test_an_email_has_one_form(written: str, same: str | None) -> None:
    assert normalise.email(written) == same


@pytest.mark.parametrize(
    ("written", "region", "same"),
    [
        ("+61 2 5550 1234", None, "+61255501234"),
        ("0061 (2) 5550-1234", None, "+61255501234"),
        ("(02) 5550 1234", "AU", "+61255501234"),
        ("\uff0b41 44 668 18 00", None, "+41446681800"),
        ("02 5550 1234", None, None),
        ("0000000", None, None),
        ("+61 2 5550 1234 ext. 7", None, None),
        ("call me", None, None),
    ],
)
def test_a_phone_is_e164(written: str, region: str | None, same: str | None) -> None:
    assert normalise.phone(written, region) == same


@given(
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)) | st.integers(1, 999),
    st.from_regex(r"0{0,2}[0-9]{3,13}", fullmatch=True),
)
def test_a_number_that_stands_as_it_is_is_what_the_library_makes_of_it(code: int, national: str) -> None:
    written = f"+{code}{national}"
    try:
        # With a space in it nothing is short-cut.
        parsed = phonenumbers.parse(f"+{code} {national}")
        right = phonenumbers.is_possible_number(parsed)
        form = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if right else None
    except phonenumbers.NumberParseException:
        form = None
    assert normalise.phone(written) == form


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("José  D'Ávila-Núñez", ("jose", "davila", "nunez")),
        ("Łukasz Świątek", ("lukasz", "swiatek")),
        ("Weiß STRASSE", ("weiss", "strasse")),
        ("Søren Ærø", ("soren", "aero")),
        ("Ольга Ёлкина", ("ольга", "елкина")),
        ("がくせい", ("がくせい",)),
        ("山田 太郎", ("山田", "太郎")),
        ("محمّد", ("محمد",)),
        ("!!!", ()),
    ],
)
def test_a_name_is_its_words(written: str, words: tuple[str, ...]) -> None:
    assert normalise.name_tokens(written) == words


def test_numbers_lose_their_separators() -> None:
    assert normalise.number(" 12.345-6/x ") == "123456X"
    assert normalise.number("a?b") is None
    assert normalise.number(" - ") is None


@given(text=st.text(max_size=300), kind=st.sampled_from(KeyKind))
def test_a_key_is_its_own_form_or_none(text: str, kind: KeyKind) -> None:
    key = normalise.key(kind, text)
    assert key is None or normalise.key(kind, key) == key


@given(text=st.text(max_size=80))
def test_words_do_not_depend_on_case_accents_and_order_of_writing(text: str) -> None:
    words = normalise.name_tokens(text)
    assert normalise.name_tokens(" ".join(words)) == words
    assert len(set(words)) == len(words)
