from __future__ import annotations

import pytest

from c360.countries import alpha3, country_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AUS", "AU"),
        ("bra", "BR"),
        (" ch ", "CH"),
        ("GBR", "GB"),
        ("Brasil", None),
        ("XYZ", None),
        ("", None),
        (None, None),
    ],
)
def test_codes_of_two_and_three_letters_become_two(text: str | None, code: str | None) -> None:
    assert country_code(text) == code


def test_three_letters_lead_back_to_two() -> None:
    assert alpha3("au") == "AUS"
    assert alpha3("ZZ") is None
    for code in ("AF", "ZW", "SE", "TR", "XK"):
        three = alpha3(code)
        assert three is None or country_code(three) == code
