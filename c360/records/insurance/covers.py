"""What a policy covers: the covers and the insured objects."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

from msgspec import Meta

from c360.values import Money, Percentage, Value


class CoverageFunding(enum.Enum):
    """How the insurer funds a cover of a life or pension policy."""

    PAY_AS_YOU_GO = "PAY_AS_YOU_GO"
    """This year's premiums pay for this year's claims; nothing is saved up for the customer."""
    TERMINAL_FUNDING = "TERMINAL_FUNDING"
    """Benefits in payment are funded when they are granted."""
    CAPITALISATION = "CAPITALISATION"
    """Premiums build up a mathematical reserve of the policy."""
    OTHER = "OTHER"


class GraceKind(enum.Enum):
    """What a grace period keeps the customer from."""

    WITHDRAWAL = "WITHDRAWAL"
    """Taking money out (surrender)."""
    TRANSFER = "TRANSFER"
    """Moving it to another insurer."""
    OTHER = "OTHER"


class GracePeriod(Value, frozen=True, kw_only=True):
    """A time in which the reserve of a cover cannot be touched."""

    kind: Annotated[GraceKind, Meta(description="What it keeps the customer from.")]
    starts_on: Annotated[date | None, Meta(description="First day.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day.")] = None


class Coverage(Value, frozen=True, kw_only=True):
    """One cover of a policy."""

    code: Annotated[str, Meta(description="The insurer's or regulator's code of the cover.")]
    branch: Annotated[str | None, Meta(description="The regulator's group and branch of the cover.")] = None
    description: Annotated[str | None, Meta(description="The cover in words.")] = None
    sum_insured: Annotated[Money | None, Meta(description="Limit of indemnity or insured capital.")] = None
    deductible: Annotated[Money | None, Meta(description="What the customer bears of a claim.")] = None
    premium: Annotated[Money | None, Meta(description="Premium of this cover alone.")] = None
    starts_on: Annotated[date | None, Meta(description="First day of the cover.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day of the cover.")] = None
    main: Annotated[bool | None, Meta(description="Whether it is the policy's main cover.")] = None
    funding: Annotated[
        CoverageFunding | None, Meta(description="How a cover of a life or pension policy is funded.")
    ] = None
    reserve_rate: Annotated[
        Percentage | None, Meta(description="Interest rate guaranteed on the mathematical reserve.")
    ] = None
    income_rate: Annotated[
        Percentage | None, Meta(description="Interest rate of the income paid out later.")
    ] = None
    grace_periods: Annotated[
        tuple[GracePeriod, ...], Meta(description="When the reserve cannot be withdrawn or transferred.")
    ] = ()


class InsuredObjectKind(enum.Enum):
    """What sort of thing is insured."""

    VEHICLE = "VEHICLE"
    """A car or another vehicle."""
    DRIVER = "DRIVER"
    """A person in whatever vehicle they drive."""
    FLEET = "FLEET"
    """All vehicles of an owner."""
    PERSON = "PERSON"
    """A human being's life, health or income."""
    CONTRACT = "CONTRACT"
    """What somebody owes under a contract."""
    LEGAL_PROCEEDING = "LEGAL_PROCEEDING"
    """A case at a court or an authority, for which security is given."""
    OTHER = "OTHER"


class PropertyKind(enum.Enum):
    """What sort of building is insured."""

    HOUSE = "HOUSE"
    """A detached, semi-detached or terraced house."""
    APARTMENT = "APARTMENT"
    """A home within a building of several."""
    COMMERCIAL = "COMMERCIAL"
    """Business premises."""
    OTHER = "OTHER"


class InsuredObject(Value, frozen=True, kw_only=True):
    """What is insured."""

    description: Annotated[str, Meta(description="The object in words.", extra={"personal": True})]
    kind: Annotated[InsuredObjectKind, Meta(description="What sort of thing it is.")] = (
        InsuredObjectKind.OTHER
    )
    identification: Annotated[
        str | None, Meta(description="Number of the object.", extra={"personal": True})
    ] = None
    model: Annotated[str | None, Meta(description="Model code of a vehicle.")] = None
    year: Annotated[str | None, Meta(description="Model year of a vehicle.")] = None
    building: Annotated[PropertyKind | None, Meta(description="What sort of building it is.")] = None
    postal_code: Annotated[
        str | None, Meta(description="Where the building or the vehicle's risk is.", extra={"personal": True})
    ] = None
    value: Annotated[Money | None, Meta(description="Insured value of the object.")] = None
