"""From what partners write to what records hold. Functions of one or two values, none of them ``None``.

What cannot be converted raises :class:`Unconvertible`, a :class:`~c360.errors.PartnerFault` whose message
never repeats the value: it may be personal. Phone numbers and e-mail addresses are left as written, see
:func:`text`; whoever compares them normalises.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeVar

from c360.countries import country_code
from c360.errors import PartnerFault
from c360.values import CountryCode, CurrencyCode, Money

__all__ = [
    "Unconvertible",
    "country",
    "currency",
    "day",
    "decimal",
    "epoch",
    "minor_money",
    "moment",
    "money",
    "one_of",
    "text",
]

EnumT = TypeVar("EnumT", bound=enum.Enum)

_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,20})?\Z")
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Decimal digits of minor units by ISO 4217, where they are not two."""


class Unconvertible(PartnerFault, ValueError):  # named for what the value is
    """A value that cannot be what the record needs. The message says what was expected."""


def text(value: str) -> str | None:
    """The text without blanks around it; nothing is left of one that is blank altogether."""
    return value.strip() or None


def decimal(value: str | float | Decimal) -> Decimal:
    """An exact number from a text or a number of JSON."""
    if isinstance(value, Decimal):
        found = value
    else:
        written = str(value).strip()
        if isinstance(value, str) and not _DECIMAL.match(written):
            raise Unconvertible("expected a decimal number")
        try:
            found = Decimal(written)
        except InvalidOperation:
            raise Unconvertible("expected a decimal number") from None
    if not found.is_finite():
        raise Unconvertible("expected a finite number")
    return found


def currency(value: str) -> CurrencyCode:
    """An ISO 4217 code, in whichever case it is written."""
    return _currency(value)


@lru_cache(maxsize=256)
def _currency(value: str) -> CurrencyCode:
    """Checked once: the few there are come again and again. What is refused is not remembered."""
    code = value.strip().upper()
    if not _CURRENCY.match(code):
        raise Unconvertible("expected an ISO 4217 currency code")
    return CurrencyCode(code)


def money(amount: str | float | Decimal, code: str) -> Money:
    """An amount in whole units, and its currency."""
    return Money(amount=decimal(amount), currency=currency(code))


def minor_money(amount: int, code: str) -> Money:
    """An amount in minor units (cents), and its currency, which says how many make one (ISO 4217)."""
    known = currency(code)
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise Unconvertible("expected a whole number of minor units")
    return Money(amount=Decimal(amount).scaleb(-_DIGITS.get(known, 2)), currency=known)


def country(value: str) -> CountryCode:
    """An ISO 3166-1 alpha-2 code from one of two or three letters."""
    found = country_code(value.strip())
    if found is None:
        raise Unconvertible("expected an ISO 3166-1 country code")
    return found


def day(value: str | date) -> date:
    """A day from an ISO 8601 date; of a date with a time, the day as the partner writes it."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        raise Unconvertible("expected an ISO 8601 date") from None


def moment(zone: tzinfo | None = None) -> Callable[[str | datetime], datetime]:
    """A converter to a moment with its zone, from ISO 8601.

    Args:
        zone: the partner's zone, for what is written without one; ``None``: such a text is refused.
    """

    def convert(value: str | datetime) -> datetime:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                raise Unconvertible("expected an ISO 8601 date and time") from None
        if value.tzinfo is None:
            if zone is None:
                raise Unconvertible("expected a date and time with its zone")
            return value.replace(tzinfo=zone)
        return value

    return convert


def epoch(per_second: int = 1) -> Callable[[int | float], datetime]:
    """A converter to a moment in UTC, from the time since 1970.

    Args:
        per_second: 1 where seconds are counted, 1000 for milliseconds.
    """

    def convert(value: float) -> datetime:
        try:
            return datetime.fromtimestamp(value / per_second, UTC)
        except (ValueError, OverflowError, OSError, TypeError):
            raise Unconvertible("expected a time since 1970") from None

    return convert


def one_of(kind: type[EnumT], table: Mapping[str, EnumT] | None = None) -> Callable[[str], EnumT]:
    """A converter to an enum of the records; what it does not have is ``OTHER``.

    Args:
        kind: the enum. It has a member ``OTHER``.
        table: the partner's values; by default the names of the enum's members.

    Raises:
        TypeError: the enum has no ``OTHER``: the next value that the partner adds would be an error.
    """
    if "OTHER" not in kind.__members__:
        raise TypeError(f"{kind.__name__} has no member OTHER for what partners add")
    other = kind["OTHER"]
    known = dict(kind.__members__ if table is None else table)

    def convert(value: str) -> EnumT:
        return known.get(value, other)

    return convert
