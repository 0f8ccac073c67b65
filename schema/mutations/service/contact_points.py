"""``addContactPoint``, ``changeContactPoint``, ``removeContactPoint`` and ``preferContactPoint``."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from resolvers.service.statements import CONTACTS, OwnStatement
from schema.errors import ErrorCode, InputError
from schema.inputs import Arguments
from schema.mutations.problems import InputProblem, ProblemCode, Refusal
from schema.mutations.service.customers import MOST_CONTACTS
from schema.mutations.service.statements import (
    AddressInput,
    OnProfile,
    StatementMutation,
    StatementPayload,
    address,
    email,
    phone,
)
from store.data import CustomerData


class ContactPointInput(Arguments, frozen=True, kw_only=True):
    """A way to reach a customer; exactly one of the fields is given."""

    email: Annotated[str | None, Meta(description="E-mail address.")] = None
    phone: Annotated[
        str | None, Meta(description="Phone number, best with its country code; kept in E.164.")
    ] = None
    address: Annotated[AddressInput | None, Meta(description="Postal address.")] = None


_VERIFIED = Annotated[
    bool, Meta(description="Whether you checked that the customer can be reached so: it then wins.")
]


class AddContactPointInput(OnProfile, frozen=True, kw_only=True):
    """One more way to reach a customer."""

    contact_point: Annotated[ContactPointInput, Meta(description="The way.")]
    preferred: Annotated[bool, Meta(description="Whether it goes before the hub's others.")] = False
    verified: _VERIFIED = False


class ChangeContactPointInput(OnProfile, frozen=True, kw_only=True):
    """Another way to reach a customer in the place of one."""

    contact_point: Annotated[ContactPointInput, Meta(description="The one that holds no longer.")]
    new: Annotated[ContactPointInput, Meta(description="The one in its place, of the same kind.")]
    verified: _VERIFIED = False


class RemoveContactPointInput(OnProfile, frozen=True, kw_only=True):
    """A way that does not reach a customer."""

    contact_point: Annotated[ContactPointInput, Meta(description="The way.")]


class PreferContactPointInput(OnProfile, frozen=True, kw_only=True):
    """The way in which a customer wants to be reached."""

    contact_point: Annotated[
        ContactPointInput, Meta(description="The way; one that a partner told of will do.")
    ]


class AddContactPointPayload(StatementPayload, frozen=True, kw_only=True):
    """What adding a contact point did."""


class ChangeContactPointPayload(StatementPayload, frozen=True, kw_only=True):
    """What changing a contact point did."""


class RemoveContactPointPayload(StatementPayload, frozen=True, kw_only=True):
    """What removing a contact point did."""


class PreferContactPointPayload(StatementPayload, frozen=True, kw_only=True):
    """What preferring a contact point did."""


class _ContactMutation(StatementMutation):
    def check(self) -> None:
        """Read the contact point."""
        super().check()
        self._attribute, self._value = self._read(self.asked.contact_point, "contactPoint")

    def _read(self, given: ContactPointInput, argument: str) -> tuple[str, Any]:
        """The attribute of the profile that a contact point is a value of, and the value."""
        if given.email is not None:
            return "email", email(given.email, f"{argument}.email")
        if given.phone is not None:
            return "phone", phone(given.phone, f"{argument}.phone", self.region)
        if given.address is not None:
            return "address", address(given.address, f"{argument}.address")
        message = "Give an e-mail address, a phone number or a postal address."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.{argument}")

    def _stated(self, before: OwnStatement) -> None:
        """Refuse to take back what the hub itself does not say."""
        if not before.says(self._attribute, self._value):
            message = "The hub itself does not say this of the customer: see the contact point's sources."
            raise Refusal(
                InputProblem(
                    message=message, path=("input", "contactPoint"), code=ProblemCode.NOT_STATED_HERE
                )
            )


class AddContactPoint(_ContactMutation):
    """Adds a contact point."""

    name = "addContactPoint"
    description = "Says one more way to reach a customer, with the hub itself as the source."
    input_type = AddContactPointInput
    payload_type = AddContactPointPayload

    def said(self, before: OwnStatement, customer: CustomerData) -> OwnStatement:
        """What was said, and this."""
        present = getattr(before.party, CONTACTS[self._attribute])
        if len(present) >= MOST_CONTACTS and not before.says(self._attribute, self._value):
            message = f"The hub says {MOST_CONTACTS} contact points of a kind at the most: remove one first."
            raise Refusal(
                InputProblem(message=message, path=("input", "contactPoint"), code=ProblemCode.LIMIT_EXCEEDED)
            )
        return before.with_contact(
            self._attribute, self._value, preferred=self.asked.preferred, verified=self.asked.verified
        )


class ChangeContactPoint(_ContactMutation):
    """Changes a contact point."""

    name = "changeContactPoint"
    description = "Puts another way to reach a customer in the place of one that the hub itself states."
    input_type = ChangeContactPointInput
    payload_type = ChangeContactPointPayload

    def check(self) -> None:
        """Read both contact points."""
        super().check()
        attribute, self._new = self._read(self.asked.new, "new")
        if attribute != self._attribute:
            message = "Give one of the same kind, or remove the one and add the other."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.new")

    def said(self, before: OwnStatement, customer: CustomerData) -> OwnStatement:
        """What was said, with the one in the place of the other."""
        self._stated(before)
        return before.with_contact(
            self._attribute,
            self._new,
            preferred=False,
            verified=self.asked.verified,
            instead_of=self._value,
        )


class RemoveContactPoint(_ContactMutation):
    """Removes a contact point."""

    name = "removeContactPoint"
    description = (
        "Takes back a way to reach a customer that the hub itself states. What a partner states stays until "
        "the partner takes it back."
    )
    input_type = RemoveContactPointInput
    payload_type = RemoveContactPointPayload

    def said(self, before: OwnStatement, customer: CustomerData) -> OwnStatement:
        """What was said, without it."""
        self._stated(before)
        return before.without_contact(self._attribute, self._value)


class PreferContactPoint(_ContactMutation):
    """Prefers a contact point."""

    name = "preferContactPoint"
    description = (
        "Says that a customer wants to be reached in this way rather than others of its kind: the hub states "
        "it before its others, and it wins over what partners say where the rules of the settings let it."
    )
    input_type = PreferContactPointInput
    payload_type = PreferContactPointPayload

    def said(self, before: OwnStatement, customer: CustomerData) -> OwnStatement:
        """What was said, with this before the others."""
        return before.with_contact(self._attribute, self._value, preferred=True)
