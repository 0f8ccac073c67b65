"""What all mutations of who is who share: who decides, versions, and the store's refusals as problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.identity.fields import version_of
from schema.inputs import Arguments, NodeId, PartnerRef
from schema.mutations.base import Mutation, MutationInput
from schema.mutations.problems import Problem, Refusal, VersionProblem
from schema.mutations.refusing import Paths, customer_missing, told
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data import CustomerData
from store.data_identity import LinkDecision, PartyRef
from store.errors_identity import IdentityError

STEWARD = "STEWARD"
"""The rule of what a person decides."""
LONGEST_REASON = 500
"""Characters."""
LONGEST_PARTY_ID = 200
"""Characters."""


class ExpectedCustomer(Arguments, frozen=True, kw_only=True):
    """A customer who is to be changed, as the caller has seen them."""

    id: Annotated[NodeId, Meta(description="Global id of the customer; an old id will do.")]
    expected_version: Annotated[
        str | None,
        Meta(description="Its `version` when it was read: nothing is changed if it is another one by now."),
    ] = None


class DecisionInput(MutationInput, frozen=True, kw_only=True):
    """Base of the inputs by which a person decides who is who."""

    reason: Annotated[
        str | None,
        Meta(
            description=f"Why, for those who read the history; up to {LONGEST_REASON} characters. Blanked "
            "when a customer concerned is erased."
        ),
    ] = None


class IdentityMutation(Mutation):
    """A decision about who is who. A subclass says what is decided, in ``decide``."""

    rule = needs(Scope.IDENTITY_READ, Scope.IDENTITY_WRITE)
    """Who decides sees what the decision rests on, and what it did."""

    def check(self) -> None:
        """Check the reason; a subclass goes on with what else was given."""
        self.paths = Paths()
        reason = self.asked.reason or ""
        if len(reason) > LONGEST_REASON or "\0" in reason:
            message = f"A reason has at most {LONGEST_REASON} characters, and no NUL."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.reason")
        self.decision = LinkDecision(actor=self.actor, rule=STEWARD, reason=reason)

    async def effect(self, unit: Unit) -> Any:
        """What was decided, or why the store refuses it."""
        try:
            return await self.decide(unit)
        except IdentityError as error:
            problem = told(error, self.paths)
            if problem is None:
                raise
            raise Refusal(problem) from None

    async def decide(self, unit: Unit) -> Any:
        """Change who is who.

        Returns:
            An ``outcome_type``.

        Raises:
            IdentityError: The store does not allow it.
        """
        raise NotImplementedError

    def named(self, type_name: str, text: str, *path: str) -> str:
        """The local id that an input names, whose place is remembered for problems about it.

        Raises:
            InputError: ``INVALID_ID``, it is no id of that type.
        """
        local = ids.decode_as(type_name, text, argument=".".join(("input", *path)))
        self.paths.remember(local, ("input", *path))
        return local

    def customer(self, asked: ExpectedCustomer, *path: str) -> str:
        """The same of a customer."""
        return self.named(CUSTOMER, asked.id, *path, "id")

    async def seen(self, unit: Unit, expected: Iterable[ExpectedCustomer]) -> Mapping[str, CustomerData]:
        """The customers who are to be changed, held where this is no dry run, by the ids given.

        Raises:
            Refusal: One is not there, or has another version than was seen.
        """
        versions = {ids.decode_as(CUSTOMER, one.id, argument=""): one.expected_version for one in expected}
        read = unit.customers.hold if self.changes else unit.customers.load
        found = await read(versions)
        problems: list[Problem] = [customer_missing(one, self.paths) for one in versions if one not in found]
        for one, customer in found.items():
            wanted, present = versions[one], version_of(customer)
            if wanted is not None and wanted != present:
                problems.append(
                    VersionProblem(
                        message="The customer was changed since: read it again and decide anew.",
                        path=(*self.paths.of(one)[:-1], "expectedVersion"),
                        expected_version=wanted,
                        current_version=present,
                    )
                )
        if problems:
            raise Refusal(*problems)
        return found

    def party(self, asked: PartnerRef, *path: str) -> PartyRef:
        """The partner record that an input names, whose place is remembered for problems about it.

        Raises:
            InputError: It cannot be one.
        """
        for name, text in (("connector", asked.connector), ("partyId", asked.party_id)):
            if not text or len(text) > LONGEST_PARTY_ID or not text.isprintable():
                message = "This cannot be an id at a partner."
                argument = ".".join(("input", *path, name))
                raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=argument)
        found = PartyRef(asked.connector, asked.party_id)
        self.paths.remember(found, ("input", *path))
        return found


def bounded(given: Sequence[Any], most: int, argument: str) -> None:
    """Make sure that a list of an input is neither empty nor too long.

    Raises:
        InputError: It is.
    """
    if not given:
        raise InputError("Give at least one.", code=ErrorCode.BAD_USER_INPUT, argument=argument)
    if len(given) > most:
        raise InputError(f"Give at most {most} at once.", code=ErrorCode.LIMIT_EXCEEDED, argument=argument)
