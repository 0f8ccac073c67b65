"""``erasureCertificate`` and ``retentionRules``: what was forgotten, and when what will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema import ids
from schema.answers import CustomerAnswer
from schema.inputs import Arguments, NodeId
from schema.permissions.rules import Rule
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.privacy.retention import RetentionRule, retention_rule
from schema.privacy.shapes import CERTIFICATE, ErasureCertificate, certificate
from schema.roots.base import Lookups, RootField
from store.data import CustomerData


class ErasureCertificateArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``erasureCertificate``."""

    id: Annotated[NodeId, Meta(description="Id of the certificate.")]


class _OfNobody(RootField):
    """Shows what is of no customer, or of none any more."""

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # nobody is looked up
        """Nobody."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """Nobody."""
        return ()


class ErasureCertificateRoot(_OfNobody):
    """Finds a certificate."""

    name = "erasureCertificate"
    description = "What an erasure deleted, signed; null where there is none of that id. It names no one."
    arguments_type = ErasureCertificateArguments
    arguments: ErasureCertificateArguments
    rule = Rule(scopes=((Scope.AUDIT_READ,), (Scope.PRIVACY_WRITE,)))

    def check(self) -> None:
        """Read the id."""
        self._id = ids.decode_as(CERTIFICATE, self.arguments.id, argument="id")
        self._found: ErasureCertificate | None = None

    async def read(self, unit: Unit) -> None:
        """Read it, and hold it against its signature."""
        found = (await unit.erasures.get([self._id])).get(self._id)
        if found is not None:
            self._found = certificate(found, genuine=unit.erasures.genuine(found))

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The certificate."""
        return self._found


class RetentionRulesRoot(_OfNobody):
    """Lists the rules."""

    name = "retentionRules"
    description = (
        "How long each kind of record is kept, by kind, with what the worker last deleted by it. A kind "
        "without a rule is kept as long as the customer is one."
    )
    rule = Rule(scopes=((Scope.AUDIT_READ,), (Scope.PRIVACY_WRITE,)))

    async def read(self, unit: Unit) -> None:
        """Read the rules: they are few."""
        runs = await unit.holds.runs()
        self._rules: list[RetentionRule] = [
            retention_rule(one, runs.get(one.kind)) for one in await unit.holds.rules()
        ]

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The rules."""
        return self._rules
