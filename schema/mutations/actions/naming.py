"""Records that an action names: nothing is asked for about one that the customer does not have.

A back office that carries out a work order does not know whose account it is. Without this, whoever may do
something for one customer could have it done to another's account, whose number they know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

import msgspec
from strawberry.utils.str_converters import to_camel_case

from c360.contract import Need
from c360.kinds import kinds
from connectors.infos import InstanceInfo
from connectors.results import SourceResult, SourceState
from schema.answers import CustomerAnswer
from schema.mutations.problems import ActionProblem, NotFoundProblem, Problem, ProblemCode, Refusal
from schema.roots.base import Lookups, RootField
from store.data import CustomerData
from store.data_folders import Part

BEFORE, AHEAD = timedelta(days=60), timedelta(days=730)
"""Days around the present in which records are looked for that pile up, such as stays."""
_UNASKED = frozenset({SourceState.NOT_LINKED, SourceState.NOT_REQUESTED})
_UNCHECKED = (
    "Whether the customer has this cannot be found out at the moment, since a partner does not answer: "
    "send it again in a while."
)


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A record that an input names."""

    field: str
    """Of the input, by its name in Python."""
    kind: str
    id: str
    """As its partner numbers it."""


class NamedField(RootField):
    """Gathers the records of one customer among which those have to be that are named.

    Args:
        customer: Local id.
        named: The records.
        infos: The configured connector instances.
    """

    takes: ClassVar[frozenset[Part]] = frozenset({Part.LINKS})

    def __init__(self, customer: str, named: Sequence[Named], infos: Sequence[InstanceInfo]) -> None:
        self._customer = customer
        self._named = named
        super().__init__(None, count=False, infos=infos)

    def want(self, lookups: Lookups, searched: object) -> None:  # nothing is searched
        """The customer."""
        lookups.ids[self._customer] = None

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Who answers for the id now."""
        known = lookups.known.get(self._customer)
        return () if known is None else (known,)

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """The same."""
        return tuple(loaded)

    def needs(self, customer_id: str, today: date) -> Collection[Need]:
        """The kinds of record that are named."""
        return {
            Need(kind=kind, since=today - BEFORE, until=today + AHEAD)
            if kinds()[kind].windowed
            else Need(kind=kind)
            for kind in {one.kind for one in self._named}
        }

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """Nothing.

        Raises:
            Refusal: A record is not the customer's, or it cannot be found out.
        """
        for customer in customers.values():  # one at the most: the effect says where there is none
            problems = tuple(self._problems(customer.view.sources))
            if problems:
                raise Refusal(*problems)

    def _problems(self, sources: Sequence[SourceResult]) -> Iterator[Problem]:
        for one in self._named:
            kind = kinds()[one.kind]
            asked = [
                source for source in sources if source.domain == kind.domain and source.state not in _UNASKED
            ]
            found = [source.kinds[one.kind] for source in asked if one.kind in source.kinds]
            if any(
                getattr(record, str(kind.identity)) == one.id for each in found for record in each.records
            ):
                continue
            path = ("input", to_camel_case(one.field))
            if len(found) < len(asked) or any(
                each.problem or each.state is SourceState.UNAVAILABLE for each in found
            ):
                yield ActionProblem(message=_UNCHECKED, path=path, code=ProblemCode.RECORD_UNCHECKED)
            else:
                message = f"The customer has no such record: see their `{kind.domain}`."
                yield NotFoundProblem(message=message, path=path)
