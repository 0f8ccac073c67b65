"""Values that records are made of: money, codes, percentages, addresses, secrets."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Annotated, NewType

import msgspec
from msgspec import Meta

CurrencyCode = NewType("CurrencyCode", str)
"""An ISO 4217 code in capitals, such as ``AUD``."""

CountryCode = NewType("CountryCode", str)
"""An ISO 3166-1 alpha-2 code in capitals, such as ``CH``."""

LanguageTag = NewType("LanguageTag", str)
"""A BCP 47 tag, such as ``pt-BR``."""

Percentage = NewType("Percentage", Decimal)
"""A share in percent: ``Decimal("4.5")`` is 4.5 %."""


class Value(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A part of a record that has no identity of its own."""


class Money(Value, frozen=True, kw_only=True):
    """An amount in one currency. Amounts of different currencies are never added."""

    amount: Annotated[Decimal, Meta(description="The amount, exact; negative where money is owed.")]
    currency: Annotated[CurrencyCode, Meta(description="ISO 4217 code of the currency.")]


class AddressPurpose(enum.Enum):
    """What a postal address is used for."""

    HOME = "HOME"
    """Where somebody lives."""
    MAILING = "MAILING"
    """Where post goes."""
    WORK = "WORK"
    """Where somebody works."""
    REGISTERED = "REGISTERED"
    """The official address: of residence, or an organisation's seat."""
    OTHER = "OTHER"


class PostalAddress(Value, frozen=True, kw_only=True):
    """A postal address as a partner holds it; parts that the partner does not have are null."""

    lines: Annotated[
        tuple[str, ...],
        Meta(description="Street, number and complement, in the order printed.", extra={"personal": True}),
    ] = ()
    city: Annotated[str | None, Meta(description="Town or city.", extra={"personal": True})] = None
    region: Annotated[str | None, Meta(description="State, province or canton.")] = None
    postal_code: Annotated[
        str | None, Meta(description="Postal code as the country writes it.", extra={"personal": True})
    ] = None
    country: Annotated[CountryCode | None, Meta(description="ISO 3166-1 alpha-2 code.")] = None
    purpose: Annotated[AddressPurpose, Meta(description="What the address is used for.")] = (
        AddressPurpose.OTHER
    )


class Secret:
    """A value that never shows itself: not in a repr, a log, an error or an encoded config.

    Only :meth:`reveal` gives the text, and only the code that sends it calls that.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret text itself; for the wire only."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    def __str__(self) -> str:
        return "…"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> str | tuple[object, ...]:
        message = "a Secret cannot be pickled"
        raise TypeError(message)
