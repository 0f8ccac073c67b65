"""Mutations that have a partner do something: the same for every action, derived from what it takes.

A family is a module here with its ``ACTIONS``; see :class:`PartnerMutation`. The input is the action's own
struct in :mod:`c360.records` with what all of them have beside it, so that each field is written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta
from strawberry.utils.str_converters import to_camel_case

from c360.actions import ActionKind
from c360.kinds import actions
from resolvers.actions.machine import LONGEST_VALID, VALID_FOR
from resolvers.events.catalogue import drafted
from resolvers.events.work import ActionChanged
from resolvers.hints import defaults_of, hints_of
from schema import ids
from schema.actions.answers import partner_action
from schema.actions.shapes import PARTNER_ACTION, PartnerAction
from schema.docs import description
from schema.errors import ErrorCode, InputError
from schema.execution.context import Services
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode, PartyReference
from schema.inputs import NodeId
from schema.mutations.actions.checking import checked
from schema.mutations.actions.naming import Named, NamedField
from schema.mutations.base import LONGEST_KEY, Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import ActionProblem, IdempotencyProblem, NotFoundProblem, ProblemCode, Refusal
from schema.mutations.refusing import Paths, customer_missing
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope, reading
from schema.permissions.types import domain_rule
from schema.ports import Unit
from schema.roots.base import RootField
from store.data import CustomerData, LinkData
from store.data_actions import ActionDraft, PartnerActionState
from store.data_events import EventDraft
from store.errors_identity import CustomerUnknown, KeyReused

_UNSENT = timedelta(seconds=30)
"""After which the worker looks after an action that the process that took it did not send."""


class ActionInput(MutationInput, frozen=True, kw_only=True):
    """What every action at a partner takes beside what it is about."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]
    # Without one, a lost answer would mean a second effect.
    idempotency_key: Annotated[
        NodeId,
        Meta(
            description="Chosen by the caller, best a UUID. However often and however late the same request "
            f"is sent again, it names the same action. Up to {LONGEST_KEY} characters."
        ),
    ]
    connector: Annotated[
        NodeId | None,
        Meta(
            description="Id of the connector instance that is to perform it; needed where the customer is "
            "known at several that could."
        ),
    ] = None
    party_id: Annotated[
        str | None,
        Meta(description="Who the customer is there; needed where they are known there more than once."),
    ] = None
    valid_for: Annotated[
        timedelta | None,
        Meta(
            description="For how long it is to be sent where the partner cannot be reached at once, up to "
            f"{LONGEST_VALID.days} days; 24 hours unless told."
        ),
    ] = None
    dry_run: Annotated[
        bool, Meta(description="Check everything the hub can check, and keep and send nothing.")
    ] = False


class ActionOutcome(Outcome, frozen=True, kw_only=True):
    """An action that was asked for."""

    customer: str
    action: str | None = None
    connector: str | None = None
    """Where it is to be performed; only where it is asked for."""


class ActionPayload(Payload, frozen=True, kw_only=True):
    """What became of an action at a partner so far."""

    action: Annotated[
        PartnerAction | None,
        Meta(
            description="The action as it stands; null where nothing was asked for. `SENT` and `UNKNOWN` are "
            "honest answers: ask again by its id."
        ),
    ] = None
    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class ShownAction(Mutation):
    """Shows one action and its customer."""

    outcome_type = ActionOutcome

    def concerns(self, outcome: ActionOutcome) -> Concerns:
        """The customer and the action."""
        shown = () if outcome.action is None else (outcome.action,)
        return Concerns(customers=(outcome.customer,), actions=shown)

    def payload(self, outcome: ActionOutcome, shown: Shown) -> Payload:
        """Both as they are now."""
        kept = shown.actions.get(outcome.action or "")
        return self.payload_type(
            action=None if kept is None else partner_action(kept),
            customer=shown.customers.get(outcome.customer),
        )  # type: ignore[call-arg]  # every payload of an action has these fields


class PartnerMutation(ShownAction):
    """Has a partner do something. A subclass says which kind of action that is."""

    kind: ClassVar[ActionKind]
    undoes: ClassVar[str] = ""
    """Name of the kind whose effect it takes back: no other of the customer's is taken back by it."""
    rule = needs(Scope.ACTIONS_WRITE)

    def check(self) -> None:
        """Read the customer's id, and hold the input to what the action takes."""
        self._paths = Paths()
        path = ("input", "customerId")
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument=".".join(path))
        self._paths.remember(self._customer, path)
        self._valid_for: timedelta | None = self.asked.valid_for
        if self._valid_for is not None and not timedelta(0) < self._valid_for <= LONGEST_VALID:
            message = f"An action is valid for more than nothing and up to {LONGEST_VALID.days} days."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.validFor")
        self._content = checked(self.kind, self.asked, self.at)

    def before(self) -> RootField | None:
        """The records that it names, where whoever performs it could not tell whose they are."""
        named = [
            Named(field=field, kind=kind, id=getattr(self.asked, field)) for field, kind in self.kind.names
        ]
        return NamedField(self._customer, named, self.infos) if named else None

    async def is_repeated(self, unit: Unit) -> bool:
        """Whether the key names an action already."""
        return self.key is not None and await unit.actions.is_known(self.actor, self.key)

    async def effect(self, unit: Unit) -> ActionOutcome:
        """Keep what is asked for; it is sent when that is committed."""
        known = await unit.customers.resolve([self._customer])
        loaded = await unit.customers.load(known.values())
        customer = loaded.get(known.get(self._customer, ""))
        if customer is None:
            raise Refusal(customer_missing(self._customer, self._paths))
        link = self._link(customer)
        await self._check_own(unit, customer.id, link)
        if not self.changes or self.key is None:
            return ActionOutcome(customer=customer.id)
        try:
            action, _ = await unit.actions.request(
                ActionDraft(
                    customer_id=customer.id,
                    connector=link.connector,
                    kind=self.kind.name,
                    party_id=link.party_id,
                    content=self._content,
                    caller=self.actor,
                    key=self.key,
                    fingerprint=self.fingerprint,
                    purpose=self.access.purpose.value,
                    valid_until=self.at + (self._valid_for or VALID_FOR),
                    due_at=self.at + _UNSENT,
                )
            )
        except CustomerUnknown:
            raise Refusal(customer_missing(self._customer, self._paths)) from None
        except KeyReused:
            raise Refusal(_REUSED) from None
        return ActionOutcome(customer=action.customer_id, action=action.id, connector=action.connector)

    def events(self, outcome: ActionOutcome) -> Sequence[EventDraft]:
        """That it was asked for."""
        if outcome.action is None or outcome.connector is None:
            return ()
        facts = ActionChanged(
            action=ids.encode(PARTNER_ACTION, outcome.action),
            kind=self.kind.name,
            connector=outcome.connector,
            state=PartnerActionState.REQUESTED,
        )
        return (drafted(facts, (outcome.customer,)),)

    def audit_detail(self, outcome: ActionOutcome) -> Mapping[str, str]:
        """Which action it is, and where."""
        detail = {"action": outcome.action, "kind": self.kind.name, "connector": outcome.connector}
        return {name: value for name, value in detail.items() if value is not None}

    async def follow(self, outcome: ActionOutcome, services: Services) -> None:
        """Send it, and wait for the partner as long as an operation may take."""
        if outcome.action is not None:
            wait = services.settings.deadline
            await services.performer.perform(self.access.tenant, outcome.action, wait=wait)

    async def _check_own(self, unit: Unit, customer_id: str, link: LinkData) -> None:
        """Make sure that what is taken back was asked for this customer, at this partner."""
        if not self.undoes:
            return
        (field,) = self.kind.input.__struct_fields__
        mine = await unit.actions.lasting(customer_id, [self.undoes], connector=link.connector)
        if getattr(self.asked, field) not in {each.reference for each in mine}:
            message = (
                "The hub has asked this partner for no such thing for this customer: see their `actions`."
            )
            raise Refusal(NotFoundProblem(message=message, path=("input", to_camel_case(field))))

    def _link(self, customer: CustomerData) -> LinkData:
        """Who the customer is at the partner that is to perform it."""
        wanted, party = self.asked.connector, self.asked.party_id
        performing = {info.id for info in self.infos if self.kind.name in info.actions}
        if not performing or (wanted is not None and wanted not in performing):
            message = "No configured partner performs this, or not the one that was named: see `connectors`."
            raise Refusal(_problem(message, ProblemCode.NOT_PERFORMED, "connector"))
        found = [
            link
            for link in customer.links
            if link.connector in performing
            and wanted in {None, link.connector}
            and party in {None, link.party_id}
        ]
        if not found:
            message = "The customer is not known at a partner that performs this: link them there first."
            raise Refusal(_problem(message, ProblemCode.NOT_LINKED, "customerId"))
        if len(found) > 1:
            message = "The customer is known more than once where this is performed: name which is meant."
            parties = tuple(
                PartyReference(connector=link.connector, party_id=link.party_id) for link in found
            )
            field = "connector" if len({link.connector for link in found}) > 1 else "partyId"
            raise Refusal(_problem(message, ProblemCode.AMBIGUOUS_PARTY, field, parties))
        return found[0]


def partner_mutation(
    kind: str, *, name: str, text: str, scope: Scope = Scope.ACTIONS_WRITE, undoes: str = ""
) -> type[PartnerMutation]:
    """The mutation of an action.

    Args:
        kind: name of a registered action.
        name: of the mutation, as in the graph.
        text: what it does, for the graph.
        scope: what having it take effect needs, beside seeing the records that it concerns.
        undoes: name of the kind whose effect it takes back, by the partner's id of it.
    """
    found = actions()[kind]
    title = name[:1].upper() + name[1:]
    body = {
        "__doc__": text,
        "name": name,
        "description": f"{text} {_PROMISE}",
        "kind": found,
        "undoes": undoes,
        # What was granted is taken back whatever the purpose.
        "rule": needs(
            scope,
            reading(found.concerned),
            purposes=None if undoes else domain_rule(found.concerned).purposes,
        ),
        "input_type": _input(found, f"{title}Input"),
        "payload_type": _made(f"{title}Payload", [], ActionPayload, description(ActionPayload)),
    }
    return type(title, (PartnerMutation,), body)


_PROMISE = (
    "It takes effect once under its idempotency key, whatever is sent again; the answer waits for the "
    "partner up to the deadline, and otherwise says how far it came."
)


def _input(kind: ActionKind, name: str) -> type[MutationInput]:
    """The fields that all actions have, and then those of this one."""
    hints = hints_of(kind.input)
    fields: list[Any] = [
        (name, hints[name]) if default is msgspec.NODEFAULT else (name, hints[name], default)
        for name, default in defaults_of(kind.input).items()
    ]
    made: type[MutationInput] = _made(name, fields, ActionInput, description(kind.input))
    return made


def _made(name: str, fields: list[Any], base: type[msgspec.Struct], text: str) -> Any:
    return msgspec.defstruct(
        name,
        fields,
        bases=(base,),
        module=__name__,
        namespace={"__doc__": text},
        kw_only=True,
        frozen=True,
    )


def _problem(
    message: str, code: ProblemCode, field: str, parties: tuple[PartyReference, ...] = ()
) -> ActionProblem:
    return ActionProblem(message=message, code=code, path=("input", field), parties=parties)


_REUSED = IdempotencyProblem(
    message="This idempotency key was used for another action: take a new one.",
    path=("input", "idempotencyKey"),
)
