"""``revealValue``: one masked value, with a reason that is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Self

import msgspec
from msgspec import Meta
from strawberry.utils.str_converters import to_snake_case

from c360.contract import Need
from c360.kinds import PARTY
from resolvers.references import Reference, Referrer
from schema import ids
from schema.answers import CustomerAnswer, in_one_line, profile
from schema.errors import ErrorCode, InputError
from schema.inputs import NodeId
from schema.mutations.access import AccessMutation, nobody, too_often, typed
from schema.mutations.base import Concerns, MutationInput, Outcome, Payload, Shown
from schema.mutations.identity import LONGEST_REASON
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.permissions.veiling import personal_fields
from schema.permissions.withholding import Coordinate
from schema.ports import Unit
from schema.shapes import Profile, Shape
from store.data_access import RevealReason
from store.errors_access import TooOften
from store.errors_identity import CustomerUnknown

_NAME = "displayName"
_PROFILE = "profile."


class RevealValueInput(MutationInput, frozen=True, kw_only=True):
    """Which masked value is looked at, and why."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer.")]
    field: Annotated[
        str,
        Meta(
            description="Which value: `displayName`, a field of the profile such as `profile.email`, or with "
            "`recordId` a field of that record such as `accountNumber`."
        ),
    ]
    record_id: Annotated[
        NodeId | None, Meta(description="Id of the partner's record that the field is one of.")
    ] = None
    reason: Annotated[RevealReason, Meta(description="Why it is looked at.")]
    note: Annotated[
        str | None,
        Meta(
            description=f"The same in words; needed where the reason is `OTHER`. Up to {LONGEST_REASON} "
            "characters, kept encrypted with the customer's own key."
        ),
    ] = None


class RevealOutcome(Outcome, frozen=True, kw_only=True):
    """A value that was looked at."""

    customer: str
    field: str
    record: str | None
    reason: RevealReason


class RevealedValue(Shape, frozen=True, kw_only=True):
    """A value that is masked elsewhere."""

    revealed: ClassVar[bool] = True

    field: Annotated[str, Meta(description="Which value.")]
    value: Annotated[
        str | None,
        Meta(
            description="The value as text; null where there is none, or its source does not answer.",
            extra={"rule": needs(Scope.VERIFY, pii=True)},
        ),
    ]


class RevealValuePayload(Payload, frozen=True, kw_only=True):
    """What revealing a value did."""

    revealed: Annotated[RevealedValue | None, Meta(description="The value.")] = None


class RevealValue(AccessMutation):
    """Shows one masked value."""

    name = "revealValue"
    description = (
        "Shows one value of a customer that is masked to the principal, and keeps that it was shown, to whom "
        "and why. Each look counts, so an idempotency key is not used up; a principal has so many an hour."
    )
    input_type = RevealValueInput
    outcome_type = RevealOutcome
    payload_type = RevealValuePayload
    rule = needs(Scope.VERIFY, pii=True)
    references: ClassVar[Mapping[str, Referrer]] = {}
    """The records that are nodes, by the names of their types."""

    @classmethod
    def over(cls, references: Mapping[str, Referrer]) -> type[Self]:
        """The mutation over a graph in which these records are nodes."""
        return type(cls.__name__, (cls,), {"references": references})

    def check(self) -> None:
        """Read the ids and the field.

        Raises:
            InputError: There is no such field, or it is never masked.
        """
        super().check()
        self.key = None
        self._reference: Reference | None = None
        self._type = ""
        if self.asked.record_id is not None:
            self._record(self.asked.record_id)
        elif self.asked.field != _NAME:
            name = self.asked.field.removeprefix(_PROFILE)
            if name == self.asked.field or to_snake_case(name) not in personal_fields(Profile):
                raise self._unknown()
        note = self.asked.note
        self._note = None if note is None else typed(note, "input.note")
        if self._note is None and self.asked.reason is RevealReason.OTHER:
            message = "Say in a note why the value is looked at, or give one of the other reasons."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.note")

    def _record(self, record_id: str) -> None:
        found = ids.decode(record_id, argument="input.recordId")
        referrer = self.references.get(found.type_name)
        reference = None if referrer is None else referrer.read(found.local_id)
        if referrer is None or reference is None:
            message = "No partner's record has such an id."
            raise InputError(message, code=ErrorCode.INVALID_ID, argument="input.recordId")
        if to_snake_case(self.asked.field) not in personal_fields(referrer.record):
            raise self._unknown()
        self._type, self._reference = found.type_name, reference

    def reads(self) -> Iterable[Coordinate]:
        """The field whose value is shown."""
        if self._reference is not None:
            yield self._type, self.asked.field
        elif self.asked.field == _NAME:
            yield "Customer", _NAME
        else:
            yield "Profile", self.asked.field.removeprefix(_PROFILE)

    def _unknown(self) -> InputError:
        message = "There is no such field, or it is never masked; see `withheld` for those that are."
        return InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.field")

    async def effect(self, unit: Unit) -> RevealOutcome:
        """Note that it is looked at; the value itself is no part of what is kept."""
        field = self.asked.field if self._reference is None else f"{self._type}.{self.asked.field}"
        try:
            noted = await unit.reveals.note(
                self.customer,
                field,
                self.asked.reason,
                note=self._note,
                by=self.actor,
                most=self.doors.reveals,
            )
        except CustomerUnknown:
            raise nobody() from None
        except TooOften as error:
            raise too_often(error.wait) from None
        record = None if self._reference is None else str(self._reference)
        return RevealOutcome(customer=noted.customer_id, field=field, record=record, reason=self.asked.reason)

    def concerns(self, outcome: RevealOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def needs(self, customer_id: str, today: date) -> Collection[Need]:
        """The profile, or the kind of the record."""
        if self._reference is not None:
            return (self.references[self._type].need(self._reference, today),)
        return () if self.asked.field == _NAME else (Need(kind=PARTY),)

    def payload(self, outcome: RevealOutcome, shown: Shown) -> RevealValuePayload:
        """The value."""
        customer = shown.customers.get(outcome.customer)
        value = None if customer is None else self._value(customer)
        return RevealValuePayload(
            revealed=RevealedValue(field=outcome.field, value=None if value is None else _text(value))
        )

    def _value(self, customer: CustomerAnswer) -> Any:
        view = customer.view
        if self._reference is not None:
            referrer = self.references[self._type]
            record = referrer.find(self._reference, view.joined(referrer.kind))
            return None if record is None else getattr(record, to_snake_case(self.asked.field))
        if self.asked.field == _NAME:
            return view.customer.display_name
        return getattr(profile(view), to_snake_case(self.asked.field.removeprefix(_PROFILE)))

    def audit_detail(self, outcome: RevealOutcome) -> dict[str, str]:
        """Which value, and why."""
        return {"field": outcome.field, "reason": outcome.reason.value}


def _text(value: Any) -> str:
    """A value as a person reads it; of one with its provenance the value alone."""
    if isinstance(value, tuple | list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, msgspec.Struct) and "losing" in value.__struct_fields__:
        return _text(getattr(value, "value"))  # noqa: B009  # which struct it is only its fields say
    if isinstance(value, date):
        return value.isoformat()
    return in_one_line(value)
