"""Exchange rates: amounts of many currencies in the hub's own, with the source and the date of the rates."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path

import msgspec

from c360.currencies import is_currency
from c360.errors import ConfigError
from c360.values import CurrencyCode


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What currencies cost in one. Without rates it converts that one alone, and guesses nothing."""

    base: CurrencyCode
    """The hub's own currency, in which every converted amount is."""
    source: str | None = None
    """Who published the rates."""
    date: dt.date | None = None
    """The day that they are of."""
    rates: Mapping[str, float] = {}
    """What one unit of a currency costs in ``base``."""

    def convert(self, amount: float, currency: str) -> float | None:
        """An amount in the hub's own currency; none where no rate is known."""
        if currency == self.base:
            return amount
        rate = self.rates.get(currency)
        return None if rate is None else amount * rate


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of rates, as it is written."""

    currency: str
    """The one that the rates are in."""
    source: str
    date: dt.date
    rates: dict[str, float]


def read_rates(file: Path, currency: CurrencyCode, where: str = "money.rates") -> Rates:
    """Read a file of rates, reckoned to a currency of which it has a rate.

    Args:
        file: TOML with ``currency``, ``source``, ``date`` and a table ``rates``: what one unit of each
            currency costs in ``currency``.
        currency: The hub's own.
        where: Name of the setting, for the error.

    Raises:
        ConfigError: It cannot be read, a rate is none, or it has none of the hub's own currency.
    """
    try:
        found = msgspec.toml.decode(file.read_bytes(), type=_File)
    except OSError as error:
        raise ConfigError(where, f"{str(file)!r} ({type(error).__name__})", "name a readable file") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(where, f"{file.name}: {error}", "give currency, source, date and [rates]") from None
    for code, rate in (*found.rates.items(), (found.currency, 1.0)):
        if not is_currency(code):
            raise ConfigError(where, f"{file.name}: {code!r}", "name currencies by their ISO 4217 codes")
        if not (math.isfinite(rate) and rate > 0):
            raise ConfigError(where, f"{file.name}: {code} at {rate}", "give a rate above 0")
    all_rates = {**found.rates, found.currency: 1.0}
    own = all_rates.get(currency)
    if own is None:
        raise ConfigError(where, f"{file.name}: no rate of {currency}", f"add {currency} to [rates]")
    return Rates(
        base=currency,
        source=found.source,
        date=found.date,
        rates={code: rate / own for code, rate in sorted(all_rates.items()) if code != currency},
    )
