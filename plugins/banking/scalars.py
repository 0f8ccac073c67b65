"""The CDR's common field types, read into the hub's values."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from c360.errors import PartnerFault
from c360.values import CurrencyCode, Money, Percentage

DEFAULT_CURRENCY = CurrencyCode("AUD")
"""What an amount is in where its currency is absent, says the standard of every amount."""

_DECIMAL = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,16})?")
"""AmountString and RateString. Real banks also leave the cents off; exponents and NaN are refused."""

_CURRENCY = re.compile(r"[A-Z]{3}")


def filled(text: str) -> str | None:
    """A text that may be empty, as it stands."""
    return text or None


def decimal(text: str, field: str) -> Decimal:
    """An AmountString or RateString, exactly.

    Raises:
        PartnerFault: the text is something else. The message names the field, never the text.
    """
    if not _DECIMAL.fullmatch(text):
        raise PartnerFault(f"{field} is not a decimal number")
    return Decimal(text)


def money(text: str, currency: str | None, field: str) -> Money:
    """An amount with its currency.

    Raises:
        PartnerFault: the amount is not a number or the currency not a code.
    """
    code = _currency(currency, field) if currency else DEFAULT_CURRENCY
    return Money(amount=decimal(text, field), currency=code)


@lru_cache(maxsize=256)
def _currency(code: str, field: str) -> CurrencyCode:
    if not _CURRENCY.fullmatch(code):
        raise PartnerFault(f"the currency of {field} is not an ISO 4217 code")
    return CurrencyCode(code)


def optional_money(text: str | None, currency: str | None, field: str) -> Money | None:
    """An amount that may be absent, null or empty."""
    return money(text, currency, field) if text else None


def percentage(text: str, field: str) -> Percentage:
    """A RateString, in which 1.0 stands for 100 %, in percent.

    Raises:
        PartnerFault: the text is not a number.
    """
    sign, digits, exponent = decimal(text, field).as_tuple()
    shifted = Decimal((sign, digits, int(exponent) + 2))
    return Percentage(Decimal(f"{shifted:f}"))


def optional_percentage(text: str | None, field: str) -> Percentage | None:
    """A rate that may be absent, null or empty."""
    return percentage(text, field) if text else None


def e164(full: str | None, country: str | None, area: str | None, number: str | None) -> str | None:
    """A phone number in E.164 where it can be told, else as the bank writes it.

    ``full`` is the whole number by RFC 3966, such as ``tel:+61-3-9123-4567;ext=12``, or meant to be.
    """
    whole = (full or "").strip().removeprefix("tel:").split(";", 1)[0]
    if international := _international(whole):
        return international
    prefix = (country or "+61").strip()
    # The trunk prefix 0 is dialled inside the country only.
    national = (
        _digits(area).removeprefix("0") + _digits(number) if area else _digits(number).removeprefix("0")
    )
    if national and (international := _international(f"+{_digits(prefix)}{national}")):
        return international
    return whole or (number or "").strip() or None


def _international(text: str) -> str | None:
    digits = _digits(text.replace("(0)", ""))
    return f"+{digits}" if text.startswith("+") and 8 <= len(digits) <= 15 else None


def _digits(text: str | None) -> str:
    return "".join(re.findall("[0-9]", text or ""))
