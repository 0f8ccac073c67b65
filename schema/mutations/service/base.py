"""What the mutations of what people keep share: ids, versions, texts, and refusals as problems."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import Arguments, NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import (
    InputProblem,
    NotFoundProblem,
    Problem,
    ProblemCode,
    Refusal,
    StateProblem,
    TimeTakenProblem,
    VersionProblem,
)
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.columns import storable
from store.data_events import EventDraft
from store.data_service import Reference
from store.errors_identity import CustomerUnknown
from store.errors_service import NotNow, ServiceError, TimeTaken, VersionDiffers

LONGEST_TEXT = 10_000
"""Characters of what a person types."""
LONGEST_LINE = 200
"""Characters of a subject, a name of somebody, a code."""
WRITES = needs(Scope.INTERACTIONS_WRITE)
"""Who may write down what customers said and did."""


class OnCustomer(MutationInput, frozen=True, kw_only=True):
    """Base of the inputs about a customer."""

    customer_id: Annotated[NodeId, Meta(description="Global id of the customer; an old id will do.")]


class Versioned(MutationInput, frozen=True, kw_only=True):
    """Base of the inputs that change something there is."""

    expected_version: Annotated[
        str | None,
        Meta(description="Its `version` when it was read: nothing is changed if it is another one by now."),
    ] = None


class ReferenceInput(Arguments, frozen=True, kw_only=True):
    """A record that something is about."""

    connector: Annotated[
        NodeId | None, Meta(description="Connector instance of a partner's; none: one of the hub's own.")
    ] = None
    kind: Annotated[str, Meta(description="Kind of record, such as `hotel.stays`.")]
    id: Annotated[str, Meta(description="Its id there.")]


class RowOutcome(Outcome, frozen=True, kw_only=True):
    """What was made or changed: a row of a customer's."""

    customer: str
    row: str


class RowPayload(Payload, frozen=True, kw_only=True):
    """Base of the payloads."""

    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class RowMutation(Mutation):
    """Makes or changes a row of a customer's. A subclass says what is done, in ``decide``."""

    outcome_type = RowOutcome
    rule = WRITES
    row_type: ClassVar[str]
    """Name of the row's type in the graph."""
    field: ClassVar[str]
    """Field of the payload that shows it."""
    row_path: ClassVar[tuple[str, ...]] = ("input", "id")
    """Where the input names it."""

    async def effect(self, unit: Unit) -> Any:
        """What was decided, or why the store refuses it."""
        try:
            return await self.decide(unit)
        except CustomerUnknown:
            message = "There is no such customer, or no more: look it up again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "customerId"))) from None
        except ServiceError as error:
            raise Refusal(told(error, self.row_path)) from None

    async def decide(self, unit: Unit) -> RowOutcome:
        """Make or change it.

        Raises:
            CustomerUnknown: There is no such customer.
            ServiceError: The store does not allow it.
        """
        raise NotImplementedError

    def concerns(self, outcome: RowOutcome) -> Concerns:
        """The customer and the row."""
        return Concerns(customers=(outcome.customer,), rows=((self.row_type, outcome.row),))

    def events(self, outcome: RowOutcome) -> Sequence[EventDraft]:
        """That something is kept of the customer, or another thing."""
        return (drafted(CustomerChanged(aspects=(Aspect.OWN,)), (outcome.customer,)),)

    def payload(self, outcome: RowOutcome, shown: Shown) -> Payload:
        """Both as they are now."""
        fields: dict[str, Any] = {
            self.field: shown.rows.get((self.row_type, outcome.row)),
            "customer": shown.customers.get(outcome.customer),
        }
        return self.payload_type(**fields)

    def customer_id(self) -> str:
        """The customer that the input names.

        Raises:
            InputError: ``INVALID_ID``.
        """
        return ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")

    def row_id(self) -> str:
        """The row that the input names.

        Raises:
            InputError: ``INVALID_ID``.
        """
        return ids.decode_as(self.row_type, self.asked.id, argument="input.id")

    @property
    def expected(self) -> int | None:
        """The version that the caller has seen; one that no row ever has where it is none of ours."""
        given: str | None = self.asked.expected_version
        if given is None:
            return None
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else -1


def told(error: ServiceError, path: tuple[str, ...]) -> Problem:
    """Why the store refuses it, as a problem."""
    if isinstance(error, VersionDiffers):
        return VersionProblem(
            message="It was changed since: read it again and decide anew.",
            path=("input", "expectedVersion"),
            expected_version="" if error.expected < 0 else str(error.expected),
            current_version=str(error.present),
        )
    if isinstance(error, NotNow):
        return StateProblem(
            message=f"This cannot be done to what is {error.state}.",
            path=path,
            state=error.state,
            allowed=error.allowed,
        )
    if isinstance(error, TimeTaken):
        message = "The sales person has another appointment then: choose another time."
        return TimeTakenProblem(message=message, path=("input", "startsAt"))
    return NotFoundProblem(message="There is no such object, or no more: list them again.", path=path)


def text(given: str, argument: str, *, longest: int = LONGEST_TEXT) -> str:
    """A text that a person typed.

    Raises:
        InputError: It is empty, too long, or holds what no text does.
    """
    argument = f"input.{argument}"
    if not given.strip():
        raise InputError("Say something.", code=ErrorCode.BAD_USER_INPUT, argument=argument)
    if len(given) > longest:
        message = f"Give at most {longest:,} characters."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=argument)
    if not storable(given):
        message = "A text has no NUL and no halves of characters."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=argument)
    return given


def maybe_text(given: str | None, argument: str, *, longest: int = LONGEST_TEXT) -> str | None:
    """The same, where one is given."""
    return None if given is None else text(given, argument, longest=longest)


def line(given: str, argument: str) -> str:
    """A text on one line: a subject, somebody's name, a code."""
    text(given, argument, longest=LONGEST_LINE)
    if not given.isprintable():
        message = "Give printable characters on one line."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.{argument}")
    return given.strip()


def maybe_line(given: str | None, argument: str) -> str | None:
    """The same, where one is given."""
    return None if given is None else line(given, argument)


def references(given: Collection[ReferenceInput], argument: str, *, most: int = 50) -> tuple[Reference, ...]:
    """Records that something is about."""
    if len(given) > most:
        message = f"Give at most {most}."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=f"input.{argument}")
    return tuple(reference(one, f"{argument}.{place}") for place, one in enumerate(given))


def reference(given: ReferenceInput, argument: str) -> Reference:
    """A record that something is about."""
    return Reference(
        connector=maybe_line(given.connector, f"{argument}.connector"),
        kind=line(given.kind, f"{argument}.kind"),
        id=line(given.id, f"{argument}.id"),
    )


def refused_input(message: str, *path: str, code: ProblemCode = ProblemCode.BAD_USER_INPUT) -> Refusal:
    """The refusal of a field of the input."""
    return Refusal(InputProblem(message=message, path=("input", *path), code=code))
