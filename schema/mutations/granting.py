"""``startGrant`` and ``revokeGrant``: a customer lets the hub in at a partner, and takes that back."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from c360.auth.grants import Pending
from c360.errors import ConnectorError
from connectors.granting import GrantRefused, RedirectRefused
from schema import ids
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import GrantProblem, NotFoundProblem, ProblemCode, Refusal
from schema.mutations.undoing import take_back
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Host, Unit
from store.data_credentials import FlowDraft

LIFE = dt.timedelta(minutes=10)
"""For which a customer may take to grant access."""
_GONE = "There is no such customer, or no more: look it up again."


class StartGrantInput(MutationInput, frozen=True, kw_only=True):
    """A partner that a customer is to be asked for access to."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]
    connector: Annotated[NodeId, Meta(description="Connector instance of the partner.")]
    party_id: Annotated[
        NodeId | None,
        Meta(description="Whose data it is to open, where the customer has several records there."),
    ] = None
    redirect: Annotated[
        str,
        Meta(
            description="Where the customer is sent in the end: one of the addresses in `grants.return_to`."
        ),
    ]


class RevokeGrantInput(MutationInput, frozen=True, kw_only=True):
    """A partner that the customer no longer lets the hub in at."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]
    connector: Annotated[NodeId, Meta(description="Connector instance of the partner.")]


class StartGrantOutcome(Outcome, frozen=True, kw_only=True):
    """A grant that was begun."""

    customer: str
    connector: str
    flow: str
    expires_at: dt.datetime


class RevokeGrantOutcome(Outcome, frozen=True, kw_only=True):
    """A grant that was taken back."""

    customer: str
    connector: str


class StartGrantPayload(Payload, frozen=True, kw_only=True):
    """What beginning a grant did."""

    url: Annotated[
        str | None,
        Meta(
            description="Where to send the customer's browser: an address of the hub that leads to the "
            "partner's page. It works once, and only that browser may come back."
        ),
    ] = None
    expires_at: Annotated[dt.datetime | None, Meta(description="Until when the customer may take.")] = None
    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class RevokeGrantPayload(Payload, frozen=True, kw_only=True):
    """What taking a grant back did."""

    customer: Annotated[
        CustomerNode | None, Meta(description="The customer, with the grant as it is now.")
    ] = None


class StartGrant(Mutation):
    """Begins a grant."""

    name = "startGrant"
    description = (
        "Begins to ask a customer for access to their data at a partner: send the customer's browser to "
        "`url`. It comes back to the hub, which keeps the grant and sends the browser on to `redirect` with "
        "`grant=granted`, `denied` or `failed`."
    )
    input_type = StartGrantInput
    outcome_type = StartGrantOutcome
    payload_type = StartGrantPayload
    rule = needs(Scope.GRANTS_WRITE)

    def check(self) -> None:
        """Read the id."""
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")

    async def ask(self, host: Host) -> None:
        """Make the question. Nobody is asked yet.

        Raises:
            Refusal: There is no such partner, it cannot be asked, or customers are not sent there.
        """
        connector = self.asked.connector
        if connector not in self.order:
            message = "There is no such connector: see `connectors`."
            raise Refusal(NotFoundProblem(message=message, path=("input", "connector")))
        try:
            self._pending: Pending = host.begin_grant(connector, self.asked.redirect)
        except RedirectRefused as refused:
            raise _refusal(str(refused), "redirect", ProblemCode.REDIRECT_NOT_ALLOWED) from None
        except GrantRefused as refused:
            raise _refusal(str(refused), "connector", ProblemCode.CANNOT_GRANT) from None
        except ConnectorError as error:
            raise _refusal(error.user_message, "connector", ProblemCode.CANNOT_GRANT) from None
        self._start = host.grant_settings.start_url

    async def effect(self, unit: Unit) -> StartGrantOutcome:
        """Keep the question until the customer comes back."""
        held = await unit.customers.hold([self._customer])
        customer = held.get(self._customer)
        if customer is None:
            raise Refusal(NotFoundProblem(message=_GONE, path=("input", "customerId")))
        connector = self.asked.connector
        parties = [link.party_id for link in customer.links if link.connector == connector]
        if self.asked.party_id is not None:
            parties = [party for party in parties if party == self.asked.party_id]
        if not parties:
            message = "The customer has no such record at this partner: link it first."
            raise Refusal(NotFoundProblem(message=message, path=("input", "connector")))
        if len(parties) > 1:
            message = "The customer has several records at this partner: say which one by `partyId`."
            raise _refusal(message, "partyId", ProblemCode.BAD_USER_INPUT)
        flow = FlowDraft(
            id=secrets.token_urlsafe(32),
            customer_id=customer.id,
            connector=connector,
            party_id=parties[0],
            subject=self.actor,
            url=self._pending.url,
            state=self._pending.state,
            verifier=self._pending.verifier,
            return_to=self.asked.redirect,
            expires_at=self.at + LIFE,
        )
        if not await unit.grant_flows.begin(flow):
            raise Refusal(NotFoundProblem(message=_GONE, path=("input", "customerId")))
        return StartGrantOutcome(
            customer=customer.id, connector=connector, flow=flow.id, expires_at=flow.expires_at
        )

    def audit_detail(self, outcome: StartGrantOutcome) -> Mapping[str, str]:
        """At which partner."""
        return {"connector": outcome.connector}

    def concerns(self, outcome: StartGrantOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def payload(self, outcome: StartGrantOutcome, shown: Shown) -> StartGrantPayload:
        """Where the customer sets out from."""
        return StartGrantPayload(
            url=self._start(outcome.flow),
            expires_at=outcome.expires_at,
            customer=shown.customers.get(outcome.customer),
        )


class RevokeGrant(Mutation):
    """Takes a grant back."""

    name = "revokeGrant"
    description = (
        "Takes back what a customer granted at a partner: from now on nothing is read there, and the copies "
        "of what was read are deleted. The partner is told as soon as it can be reached, and the consents "
        "end that the hub asked it for."
    )
    input_type = RevokeGrantInput
    outcome_type = RevokeGrantOutcome
    payload_type = RevokeGrantPayload
    rule = needs(Scope.GRANTS_WRITE)

    def check(self) -> None:
        """Read the id."""
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")

    async def effect(self, unit: Unit) -> RevokeGrantOutcome:
        """Take it back."""
        held = await unit.customers.hold([self._customer])
        customer = held.get(self._customer)
        if customer is None:
            raise Refusal(NotFoundProblem(message=_GONE, path=("input", "customerId")))
        connector = self.asked.connector
        revoked = await unit.grants.revoke(customer.id, connector, at=self.at)
        undone = await take_back(unit, customer.id, connector, purpose=self.access.purpose, at=self.at)
        if not revoked and not undone:
            message = "The customer has no grant there that could be taken back."
            raise Refusal(NotFoundProblem(message=message, path=("input", "connector")))
        return RevokeGrantOutcome(customer=customer.id, connector=connector)

    def audit_detail(self, outcome: RevokeGrantOutcome) -> Mapping[str, str]:
        """At which partner."""
        return {"connector": outcome.connector}

    def concerns(self, outcome: RevokeGrantOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def payload(self, outcome: RevokeGrantOutcome, shown: Shown) -> RevokeGrantPayload:
        """The customer."""
        return RevokeGrantPayload(customer=shown.customers.get(outcome.customer))


def _refusal(message: str, field: str, code: ProblemCode) -> Refusal:
    return Refusal(GrantProblem(message=message, path=("input", field), code=code))
