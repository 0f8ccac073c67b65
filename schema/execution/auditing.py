"""What the audit is told of an operation: who read which fields of whom, and who changed what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from c360.access import Access, TenantId
from c360.errors import C360Error
from connectors.results import SourceResult, SourceState
from store.data_audit import ReadEntry, SealEntry


class AuditBehind(C360Error):
    """What is read cannot be kept at the moment, so nothing personal is read."""


_NOT_LINKED, _NOT_REQUESTED = SourceState.NOT_LINKED, SourceState.NOT_REQUESTED
PLUMBING = ("Connection", "Edge", "PageInfo")
"""How types are named that say nothing of anybody, but lead to those that do."""
_WORST = {state.value: place for place, state in enumerate(SourceState)}
"""The states in the order in which they are declared: from answered to withheld."""


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that an operation asks for, and their digest."""

    digest: str
    fields: tuple[str, ...]
    """Coordinates such as ``Profile.familyName``, sorted."""


class AuditSink(Protocol):
    """Takes what happened and keeps it within a second; see :class:`api.auditing.Recorder`."""

    def check(self) -> None:
        """Make sure that what is read now can be kept.

        Raises:
            AuditBehind: it cannot: nothing personal is read unseen.
        """
        ...

    def read(self, tenant: TenantId, entry: ReadEntry, selected: Selected) -> None:
        """Take a reading."""
        ...

    def seal(self, tenant: TenantId, entry: SealEntry) -> None:
        """Take a change that was committed, to chain it."""
        ...


class Unaudited:
    """Takes everything and keeps nothing: for engines that answer nobody, such as in a benchmark."""

    def check(self) -> None:
        """See :class:`AuditSink`."""

    def read(self, tenant: TenantId, entry: ReadEntry, selected: Selected) -> None:
        """See :class:`AuditSink`."""

    def seal(self, tenant: TenantId, entry: SealEntry) -> None:
        """See :class:`AuditSink`."""


def selected(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> Selected:
    """What an operation asks for. To be remembered with its document: it walks through all of it."""
    found: set[str] = set()
    walked: set[str] = set()

    def walk(selections: SelectionSetNode, name: str) -> None:
        fields = getattr(schema.get_type(name), "fields", {})
        for node in selections.selections:
            if isinstance(node, FieldNode):
                field = fields.get(node.name.value)
                if field is None:
                    continue
                if not name.endswith(PLUMBING):
                    found.add(f"{name}.{node.name.value}")
                if node.selection_set is not None:
                    walk(node.selection_set, get_named_type(field.type).name)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                walk(node.selection_set, condition.name.value if condition else name)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in walked:
                walked.add(node.name.value)
                fragment = fragments[node.name.value]
                walk(fragment.selection_set, fragment.type_condition.name.value)

    root = schema.get_root_type(operation.operation)
    if root is not None:
        walk(operation.selection_set, root.name)
    names = tuple(sorted(found))
    return Selected(digest=hashlib.sha256(" ".join(names).encode()).hexdigest()[:32], fields=names)


def reading(
    access: Access,
    customers: Iterable[str],
    chosen: Selected,
    results: Iterable[Sequence[SourceResult]],
    at: datetime,
) -> ReadEntry:
    """The entry of an operation that read of customers."""
    # Once for each operation and source: compared by identity, since hashing an enum is a call of its own.
    states: dict[str, str] = {}
    for sources in results:
        for source in sources:
            state = source.state
            if state is _NOT_LINKED or state is _NOT_REQUESTED:
                continue
            told: str = state._value_
            known = states.get(source.connector)
            if known is None or (known is not told and _WORST[told] > _WORST[known]):
                states[source.connector] = told
    principal = access.principal
    return ReadEntry(
        at=at,
        principal=principal.subject,
        client=principal.client,
        purpose=access.purpose._value_,
        customers=tuple(customers),
        selection=chosen.digest,
        sources=states,
    )
