"""Exchange rates: read, reckoned to the hub's own currency, and none guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from c360.errors import ConfigError
from c360.values import CurrencyCode
from resolvers.rates import Rates, read_rates

AUD, EUR = CurrencyCode("AUD"), CurrencyCode("EUR")
FILE = """
currency = "AUD"
source = "somewhere"
date = 2026-01-31
[rates]
EUR = 1.6
USD = 1.5
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "rates.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_amounts_become_the_hubs_own_currency(tmp_path: Path) -> None:
    rates = read_rates(write(tmp_path, FILE), AUD)
    assert (rates.source, rates.date) == ("somewhere", date(2026, 1, 31))
    assert rates.convert(10.0, "EUR") == pytest.approx(16.0)
    assert rates.convert(10.0, "AUD") == 10.0
    assert rates.convert(10.0, "BRL") is None


def test_rates_are_reckoned_to_another_currency_of_the_file(tmp_path: Path) -> None:
    rates = read_rates(write(tmp_path, FILE), EUR)
    assert rates.convert(16.0, "AUD") == pytest.approx(10.0)
    assert rates.convert(16.0, "USD") == pytest.approx(15.0)
    assert rates.convert(16.0, "EUR") == 16.0


def test_without_rates_only_the_own_currency_is_known() -> None:
    rates = Rates(base=AUD)
    assert rates.convert(5.0, "AUD") == 5.0
    assert rates.convert(5.0, "EUR") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FILE.replace("1.6", "0"), "above 0"),
        (FILE.replace("1.6", "inf"), "above 0"),
        (FILE.replace("EUR", "EURO"), "ISO 4217"),
        (FILE.replace('"AUD"', '"CHF"'), "add AUD"),
        (FILE.replace("source", "from"), "give currency, source"),
        ("[rates", "give currency, source"),
    ],
)
def test_a_wrong_file_is_named_with_the_remedy(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=r"money\.rates") as caught:
        read_rates(write(tmp_path, text), AUD)
    assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="readable"):
        read_rates(tmp_path / "none.toml", AUD)
