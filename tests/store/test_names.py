from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller-Łukasz", ("muller", "lukasz")),
        ("Jean-Luc  d'Órmèsson", ("jean", "luc", "d", "ormesson")),
        ("STRASSE straße", ("strasse",)),
        (
            "İstanbul ISIK \N{LATIN SMALL LETTER DOTLESS I}ş\N{LATIN SMALL LETTER DOTLESS I}k",
            ("istanbul", "isik"),
        ),
        ("Ærø Þór", ("aero", "thor")),
        ("王小明 ガ", ("王", "小", "明", "カ")),
        ("김민준 Kim", ("김", "민", "준", "kim")),
        ("Li小", ("li", "小")),
        ("Müller", ("muller",)),  # full-width letters
        ("O_Brien 3rd", ("o", "brien", "3rd")),
        ("… — !", ()),
        ("", ()),
    ],
)
def test_words(text: str, expected: tuple[str, ...]) -> None:
    assert names.words(text) == expected


@given(st.text(max_size=30))
def test_folding_is_done_after_once(text: str) -> None:
    assert names.words(" ".join(names.words(text))) == names.words(text)
    assert names.sort_name(names.sort_name(text)) == names.sort_name(text)


@given(st.text(min_size=1, max_size=5), st.text(max_size=5))
def test_a_prefix_range_holds_what_starts_with_it(prefix: str, rest: str) -> None:
    assert prefix <= prefix + rest
    assert prefix + rest < names.prefix_end(prefix) or rest.startswith("\U0010ffff")
