"""Consents of a customer that an insurer asks for."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from c360.actions import ActionKind
from c360.values import Value


class ConsentPart(enum.Enum):
    """Something of a customer at an insurer that a consent opens."""

    IDENTIFICATION = "IDENTIFICATION"
    """Who they are."""
    MOTOR = "MOTOR"
    """Policies of vehicles, with premiums and claims."""
    PERSON = "PERSON"
    """Policies of life and pension, with premiums and claims."""
    HOME = "HOME"
    """Policies of homes, with premiums and claims."""


class RequestConsent(Value, frozen=True, kw_only=True):
    """A consent that the customer is to give on the insurer's own pages."""

    document: Annotated[
        str,
        Meta(
            description="Number for taxes of the person who is asked, as 11 digits.",
            pattern=r"^\d{11}$",
            extra={"personal": True},
        ),
    ]
    company_document: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Z0-9]{12}\d{2}$")] | None,
        Meta(
            description="Number for taxes of the company whose data it is, where that is one: 12 letters or "
            "digits and 2 digits.",
            extra={"personal": True},
        ),
    ] = None
    parts: Annotated[
        tuple[ConsentPart, ...], Meta(description="What it is to open.", min_length=1, max_length=4)
    ]
    expires_at: Annotated[
        datetime, Meta(description="Until when it is to last, a year at the most, with its zone.", tz=True)
    ]


class RevokeConsent(Value, frozen=True, kw_only=True):
    """A consent that is to end."""

    consent_id: Annotated[
        str,
        Meta(
            description="The insurer's id of the consent: the reference of the action that asked for it.",
            min_length=1,
            max_length=256,
        ),
    ]


ACTIONS = (
    ActionKind(
        name="insurance.request_consent",
        input=RequestConsent,
        summary="Asks the insurer for a consent; it takes effect when the customer gives it there.",
        undone_by="insurance.revoke_consent",
    ),
    ActionKind(
        name="insurance.revoke_consent",
        input=RevokeConsent,
        summary="Ends a consent at the insurer, or the asking for it.",
    ),
)
