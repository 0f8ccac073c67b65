"""What the mutations share by which the hub's own people say who a customer is and how to reach them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from msgspec import Meta

from c360.access import Reach
from c360.countries import codes
from c360.values import CountryCode, PostalAddress
from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.identity import normalise
from resolvers.service.statements import OwnStatement, called, own_statement
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.identity.fields import version_of
from schema.identity.shapes import CustomerNode
from schema.inputs import Arguments
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.identity import ExpectedCustomer
from schema.mutations.problems import (
    IdentityProblem,
    NotFoundProblem,
    ProblemCode,
    Refusal,
    VersionProblem,
)
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.columns import new_id, storable
from store.data import CustomerData
from store.data_events import EventDraft
from store.data_identity import LinkDecision
from store.errors_identity import IdentityError

SAYS = needs(Scope.CUSTOMERS_WRITE)
"""Who may say who a customer is and how to reach them."""
RULE = "STATEMENT"
"""The rule of the ledger's entry by which a customer got a party of the hub's own."""
_OLDEST = dt.date(1880, 1, 1)
_A_NAME = f"a name: 1 to {normalise.MAX_KEY} readable characters"


class AddressInput(Arguments, frozen=True, kw_only=True):
    """A postal address."""

    lines: Annotated[
        tuple[str, ...], Meta(description="Street, number and complement, in the order printed; up to 5.")
    ]
    city: Annotated[str | None, Meta(description="Town or city.")] = None
    region: Annotated[str | None, Meta(description="State, province or canton.")] = None
    postal_code: Annotated[str | None, Meta(description="Postal code as the country writes it.")] = None
    country: Annotated[CountryCode, Meta(description="ISO 3166-1 alpha-2 code.")]


class OnProfile(MutationInput, frozen=True, kw_only=True):
    """Base of the inputs that say something of a customer."""

    customer: Annotated[ExpectedCustomer, Meta(description="The customer.")]


class StatementOutcome(Outcome, frozen=True, kw_only=True):
    """Of whom something was said."""

    customer: str


class StatementPayload(Payload, frozen=True, kw_only=True):
    """Base of the payloads."""

    customer: Annotated[CustomerNode | None, Meta(description="The customer as they are now.")] = None


class StatementMutation(Mutation):
    """Says something of a customer. A subclass says what, in ``said``."""

    outcome_type = StatementOutcome
    rule = SAYS

    def check(self) -> None:
        """Read the id; a subclass goes on with what else was given."""
        if getattr(self.asked, "verified", False) and self.access.principal.reach is Reach.SELF:
            message = "Nobody checks what they say of themselves: leave `verified` out."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.verified")
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer.id, argument="input.customer.id")

    def said(self, before: OwnStatement, customer: CustomerData) -> OwnStatement:
        """All that the hub says now.

        Args:
            before: All that it said.
            customer: As they were.

        Raises:
            Refusal: That cannot be said of them.
        """
        raise NotImplementedError

    async def effect(self, unit: Unit) -> StatementOutcome:
        """Say it."""
        customer = await self._seen(unit)
        party = await unit.statements.party_of(customer.id) or new_id()
        now = self.said(own_statement(customer.kind, customer.values, party), customer)
        draft = called(customer, now, self.order, self.rules, at=self.at)
        decision = LinkDecision(actor=self.actor, rule=RULE)
        try:
            await unit.statements.say(customer.id, now.link(self.region, self.at), draft, decision)
        except IdentityError:
            message = "What the hub says of this customer was taken to another one: read them again."
            raise Refusal(
                IdentityProblem(
                    message=message, path=("input", "customer", "id"), code=ProblemCode.KEPT_APART
                )
            ) from None
        return StatementOutcome(customer=customer.id)

    async def _seen(self, unit: Unit) -> CustomerData:
        """The customer, held, as the caller has seen them."""
        customer = (await unit.customers.hold([self._customer])).get(self._customer)
        if customer is None:
            message = "There is no such customer, or no more: look it up again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "customer", "id")))
        wanted, present = self.asked.customer.expected_version, version_of(customer)
        if wanted is not None and wanted != present:
            raise Refusal(
                VersionProblem(
                    message="The customer was changed since: read it again and decide anew.",
                    path=("input", "customer", "expectedVersion"),
                    expected_version=wanted,
                    current_version=present,
                )
            )
        return customer

    def concerns(self, outcome: StatementOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def events(self, outcome: StatementOutcome) -> Sequence[EventDraft]:
        """That the profile is another one."""
        return (drafted(CustomerChanged(aspects=(Aspect.PROFILE,)), (outcome.customer,)),)

    def payload(self, outcome: StatementOutcome, shown: Shown) -> Payload:
        """The customer as they are now."""
        fields: dict[str, Any] = {"customer": shown.customers.get(outcome.customer)}
        return self.payload_type(**fields)


def read(given: str, argument: str, form: Callable[[str], str | None], expected: str) -> str:
    """A text in its one form.

    Raises:
        InputError: It is not what is expected.
    """
    found = form(given) if storable(given) else None
    if found is None:
        raise InputError(
            f"This cannot be {expected}.", code=ErrorCode.BAD_USER_INPUT, argument=f"input.{argument}"
        )
    return found


def name(given: str, argument: str) -> str:
    """A name with single spaces.

    Raises:
        InputError: It is none.
    """
    return read(given, argument, normalise.name, _A_NAME)


def line(given: str, argument: str) -> str:
    """A part of an address with single spaces.

    Raises:
        InputError: It is none.
    """
    expected = f"a part of an address: 1 to {normalise.MAX_KEY} readable characters"
    return read(given, argument, normalise.name, expected)


def email(given: str, argument: str) -> str:
    """An e-mail address as it was written, without spaces around it.

    Raises:
        InputError: It is none.
    """
    read(given, argument, normalise.email, "an e-mail address, such as `name@example.org`")
    return given.strip()


def phone(given: str, argument: str, region: str) -> str:
    """A phone number in E.164.

    Raises:
        InputError: It is none.
    """
    return read(
        given,
        argument,
        lambda text: normalise.phone(text, region or None),
        "a phone number, such as `+61 2 5550 1234`",
    )


def address(given: AddressInput, argument: str) -> PostalAddress:
    """A postal address.

    Raises:
        InputError: A part of it cannot be one.
    """
    if not 1 <= len(given.lines) <= 5:
        message = "Give 1 to 5 lines."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.{argument}.lines")
    if given.country not in codes() or len(given.country) != 2:
        message = "Give a code of ISO 3166-1, such as AU."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.{argument}.country")

    def part(text: str | None, which: str) -> str | None:
        return None if text is None else line(text, f"{argument}.{which}")

    return PostalAddress(
        lines=tuple(line(each, f"{argument}.lines.{place}") for place, each in enumerate(given.lines)),
        city=part(given.city, "city"),
        region=part(given.region, "region"),
        postal_code=part(given.postal_code, "postalCode"),
        country=given.country,
    )


def birth_date(given: dt.date, argument: str, today: dt.date) -> dt.date:
    """The day on which somebody was born.

    Raises:
        InputError: Nobody who lives was born then.
    """
    if not _OLDEST <= given <= today:
        message = "Nobody who lives was born then."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.{argument}")
    return given
