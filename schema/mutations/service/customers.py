"""``createCustomer`` and ``updateCustomer``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from c360.records.party import Party, PartyKind
from c360.values import LanguageTag
from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.identity.decide import Decision
from resolvers.identity.keeping import party_draft
from resolvers.identity.rules import Outcome as Recognition
from resolvers.service.statements import CLEAR, SINGLE, OwnStatement
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER, probable_matches
from schema.identity.shapes import CustomerNode
from schema.inputs import Arguments
from schema.mutations.base import Concerns, Mutation, MutationInput, Payload, Shown
from schema.mutations.problems import DuplicateProblem, PossibleDuplicate, Refusal
from schema.mutations.service.base import refused_input
from schema.mutations.service.statements import (
    RULE,
    AddressInput,
    OnProfile,
    StatementMutation,
    StatementOutcome,
    StatementPayload,
    address,
    birth_date,
    email,
    name,
    phone,
)
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.columns import new_id
from store.data import HUB, CustomerData
from store.data_events import EventDraft
from store.data_identity import Admission, LinkDecision

MOST_CONTACTS = 10
"""Contact points of a kind."""


class NamesInput(Arguments, frozen=True, kw_only=True):
    """What somebody is called, born and speaks. What is not given stays as it is."""

    given_name: Annotated[str | None, Meta(description="Given name or names of a person.")] = None
    family_name: Annotated[str | None, Meta(description="Family name of a person.")] = None
    full_name: Annotated[
        str | None, Meta(description="The name in one piece, where its parts are not known.")
    ] = None
    organization_name: Annotated[str | None, Meta(description="Legal name of an organisation.")] = None
    birth_date: Annotated[dt.date | None, Meta(description="Date of birth of a person.")] = None
    language: Annotated[LanguageTag | None, Meta(description="Language they prefer.")] = None


class CreateCustomerInput(MutationInput, frozen=True, kw_only=True):
    """Somebody whom the hub does not know."""

    kind: Annotated[PartyKind, Meta(description="A person or an organisation.")] = PartyKind.PERSON
    names: Annotated[NamesInput, Meta(description="What they are called.")]
    emails: Annotated[
        tuple[str, ...],
        Meta(description=f"E-mail addresses, preferred one first; up to {MOST_CONTACTS}."),
    ] = ()
    phones: Annotated[
        tuple[str, ...], Meta(description=f"Phone numbers, the preferred one first; up to {MOST_CONTACTS}.")
    ] = ()
    addresses: Annotated[
        tuple[AddressInput, ...],
        Meta(description=f"Postal addresses, the preferred one first; up to {MOST_CONTACTS}."),
    ] = ()
    force: Annotated[
        bool, Meta(description="Create them although there probably is such a customer already.")
    ] = False


class UpdateCustomerInput(OnProfile, frozen=True, kw_only=True):
    """What is said of a customer from now on."""

    names: Annotated[NamesInput, Meta(description="What they are called, born and speak.")]
    clear: Annotated[
        tuple[str, ...],
        Meta(
            description="Names of those fields of `names` of which the hub is to say nothing any more, as "
            "`birthDate`; what partners say of them stays."
        ),
    ] = ()
    verified: Annotated[
        bool, Meta(description="Whether you checked it, by a document say: it then wins over what was not.")
    ] = False


class CreateCustomerPayload(Payload, frozen=True, kw_only=True):
    """What creating a customer did."""

    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class UpdateCustomerPayload(StatementPayload, frozen=True, kw_only=True):
    """What changing a customer did."""


class CreateCustomer(Mutation):
    """Creates a customer."""

    name = "createCustomer"
    description = (
        "Creates a customer whom no partner has told of, with the hub itself as the source of what is said. "
        "Where there probably is such a customer already, the problem says whom; `force` creates them "
        "all the same. `mergeCustomers` joins two who turn out to be one."
    )
    input_type = CreateCustomerInput
    outcome_type = StatementOutcome
    payload_type = CreateCustomerPayload
    rule = needs(Scope.CUSTOMERS_CREATE)

    def check(self) -> None:
        """Read the names and the contact points."""
        asked = self.asked
        fields = read_names(asked.names, asked.kind, self.at.date())
        required_names(fields, asked.kind)
        for argument in ("emails", "phones", "addresses"):
            if len(getattr(asked, argument)) > MOST_CONTACTS:
                message = f"Give at most {MOST_CONTACTS}."
                raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=f"input.{argument}")
        self._party = Party(
            connector=HUB,
            party_id=new_id(),
            kind=asked.kind,
            emails=tuple(
                dict.fromkeys(email(one, f"emails.{place}") for place, one in enumerate(asked.emails))
            ),
            phones=tuple(
                dict.fromkeys(
                    phone(one, f"phones.{place}", self.region) for place, one in enumerate(asked.phones)
                )
            ),
            addresses=tuple(address(one, f"addresses.{place}") for place, one in enumerate(asked.addresses)),
            **fields,
        )

    async def effect(self, unit: Unit) -> StatementOutcome:
        """Create them, unless they are there already."""
        if not self.asked.force:
            await self._refuse_duplicate(unit)
        (made,) = await unit.ledger.admit(
            [
                Admission(
                    party=OwnStatement(party=self._party).link(self.region, self.at),
                    draft=party_draft([self._party], self.order, rules=self.rules),
                    decision=LinkDecision(actor=self.actor, rule=RULE),
                )
            ]
        )
        # A party of a new id belongs to nobody and was never erased.
        return StatementOutcome(customer=str(made.customer_id))

    async def _refuse_duplicate(self, unit: Unit) -> None:
        if self.recogniser is None:
            return
        keys, blocks = self.recogniser.keys(self._party), self.recogniser.blocks(self._party)
        found = await unit.candidates.find(keys, blocks)
        decision = self.recogniser.recognise(self._party, found.candidates)
        probably = tuple(_possible(decision))
        if probably:
            message = "There probably is such a customer already: use that one, or say `force`."
            raise Refusal(DuplicateProblem(message=message, path=("input",), probably=probably))

    def concerns(self, outcome: StatementOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def made(self, outcome: StatementOutcome) -> Sequence[str]:
        """The customer."""
        return (outcome.customer,)

    def events(self, outcome: StatementOutcome) -> Sequence[EventDraft]:
        """That there is another customer."""
        return (drafted(CustomerChanged(aspects=(Aspect.PROFILE, Aspect.IDENTITY)), (outcome.customer,)),)

    def payload(self, outcome: StatementOutcome, shown: Shown) -> CreateCustomerPayload:
        """The customer."""
        return CreateCustomerPayload(customer=shown.customers.get(outcome.customer))


class UpdateCustomer(StatementMutation):
    """Changes what is said of a customer."""

    name = "updateCustomer"
    description = (
        "Says what a customer is called, when they were born and which language they prefer, with the hub "
        "itself as the source. It stands in the golden profile beside what partners say, and wins by the "
        "rules of the settings. What is not given stays as it is."
    )
    input_type = UpdateCustomerInput
    payload_type = UpdateCustomerPayload

    def check(self) -> None:
        """Read the names."""
        super().check()
        self._said = msgspec.structs.asdict(self.asked.names)
        graph_names = {_camel(field): field for field in SINGLE}
        wrong = [place for place, one in enumerate(self.asked.clear) if one not in graph_names]
        if wrong:
            message = f"Name some of {', '.join(graph_names)}."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.clear.{wrong[0]}")
        self._clear = [graph_names[one] for one in self.asked.clear]
        if any(self._said[one] is not None for one in self._clear):
            message = "Say something of a field or clear it, not both."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.clear")

    def said(self, before: OwnStatement, customer: CustomerData) -> OwnStatement:
        """What was said, with these changes."""
        changes = read_names(self.asked.names, customer.kind, self.at.date())
        if not changes and not self._clear:
            raise refused_input("Say at least one thing of the customer.", "names")
        return before.with_values(
            {**changes, **dict.fromkeys(self._clear, CLEAR)}, verified=self.asked.verified
        )


def read_names(given: NamesInput, kind: PartyKind, today: dt.date) -> Mapping[str, Any]:
    """What is said of somebody, by attribute.

    Raises:
        InputError: something of it cannot be.
    """
    said: dict[str, Any] = {}
    for field, argument in _NAMES:
        text = getattr(given, field)
        if text is not None:
            said[field] = name(text, argument)
    if given.birth_date is not None:
        if kind is PartyKind.ORGANIZATION:
            message = "An organisation has no date of birth."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.names.birthDate")
        said["birth_date"] = birth_date(given.birth_date, "names.birthDate", today)
    if given.language is not None:
        said["language"] = given.language
    return said


def required_names(said: Mapping[str, Any], kind: PartyKind) -> None:
    """Make sure that somebody new has a name.

    Raises:
        InputError: they have none.
    """
    wanted = ("organization_name",) if kind is PartyKind.ORGANIZATION else ("family_name", "full_name")
    if not any(said.get(field) for field in wanted):
        message = f"Give {' or '.join(map(_camel, wanted))}."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.names")


def _possible(decision: Decision) -> list[PossibleDuplicate]:
    return [
        PossibleDuplicate(
            customer_id=ids.encode(CUSTOMER, match.customer_id),
            probability=match.evidence.probability,
            certain=match.outcome is Recognition.LINK and decision.outcome is Recognition.LINK,
            rule=match.rule,
        )
        for match in probable_matches(decision)
    ]


def _camel(field: str) -> str:
    head, *rest = field.split("_")
    return head + "".join(word.capitalize() for word in rest)


_NAMES = tuple(
    (field, f"names.{_camel(field)}")
    for field in ("given_name", "family_name", "full_name", "organization_name")
)
"""Fields that hold a name, with the arguments that say them."""
