"""``search``: the hub's index and every partner that can be searched, in two stages.

First partners are searched by the text and the hub's index is read; then data is gathered for the
customers of the page. Whatever partners say of parties that the hub has not linked is shown too, with the
customers whom they probably are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from c360.contract import KeyKind, PartyQuery
from c360.records.party import Party
from connectors.identify import IdentifyResult
from connectors.results import SourceState
from resolvers.identity import normalise
from resolvers.identity.decide import Decision
from resolvers.identity.recognition import Recogniser
from schema.answers import CustomerAnswer, problem
from schema.errors import ErrorCode, InputError
from schema.identity.answers import probable, probable_matches
from schema.identity.shapes import ProbableCustomer
from schema.inputs import SearchArguments
from schema.paging import Connection, Stretch, connect, page_size
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.permissions.types import ADDRESSED
from schema.ports import Unit
from schema.roots.base import Lookups, RootField, Search, Searched
from schema.shapes import SearchSource
from store.data import CustomerData

HITS = 200
"""Customers that the hub's index gives for one text at the most; who needs more narrows the text."""
_LIVE_MATCHES = 20
_NUMBERS = (
    KeyKind.CUSTOMER_NUMBER,
    KeyKind.POLICY_NUMBER,
    KeyKind.ACCOUNT_NUMBER,
    KeyKind.MEMBERSHIP_NUMBER,
    KeyKind.TAX_ID,
)
_LOOKED_UP_BY = {
    KeyKind.POLICY_NUMBER: Scope.INSURANCE_READ,
    KeyKind.ACCOUNT_NUMBER: Scope.BANKING_READ,
    KeyKind.MEMBERSHIP_NUMBER: Scope.LOYALTY_READ,
}
"""What it takes to find somebody by a number: whoever finds them learns that it is theirs."""
_ALWAYS = Scope.PROFILE_READ
"""What every search takes."""
_NO_NAMES = frozenset({KeyKind.EMAIL, KeyKind.PHONE})
"""Keys whose text is no name: its words would find strangers."""
_PHONE_CHARACTERS = frozenset("0123456789 .-/()")
_STATES = (SourceState.FRESH, SourceState.UNAVAILABLE, SourceState.NOT_REQUESTED)
"""Of several searches at one source, the best outcome counts."""


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One result: a customer, or a party that no customer is linked to."""

    customer: CustomerAnswer | None
    parties: tuple[Party, ...]
    probably: tuple[ProbableCustomer, ...] = ()


class SearchConnection(Connection, frozen=True, kw_only=True):
    """A stretch of the results, with what became of the search at each source."""

    sources: Sequence[SearchSource]
    truncated: bool


class SearchRoot(RootField):
    """Searches by free text."""

    name = "search"
    weight = 100  # every partner that can be searched is asked
    rule = needs(Scope.CUSTOMERS_READ, Scope.PROFILE_READ, purposes=ADDRESSED)
    description = (
        "Customers and partner records by a name, e-mail address, phone or other number. Asks the hub's "
        "index and, live, every partner that can be searched by such a text; `sources` says which did "
        f"not answer or cannot be searched. The hub's index gives {HITS} customers at the most. Numbers are "
        "looked up in those domains that the caller may read."
    )
    arguments_type = SearchArguments
    arguments: SearchArguments

    def check(self) -> None:
        """Find out what the text can be."""
        text = normalise.name(self.arguments.text)
        if text is None:
            long = len(self.arguments.text) > normalise.MAX_KEY
            code = ErrorCode.LIMIT_EXCEEDED if long else ErrorCode.BAD_USER_INPUT
            message = f"Give 1 to {normalise.MAX_KEY} readable characters to search for."
            raise InputError(message, code=code, argument="text")
        self._text = text
        self._keys = tuple(key for key in keys_in(text) if self.may(_LOOKED_UP_BY.get(key[0], _ALWAYS)))
        self._hub_keys = (*self._keys, *_bare_phone(text))
        self._size = page_size(self.arguments.first, "first")
        domains = frozenset(str(domain) for domain in self.arguments.domains)
        self._instances = {info.id: info for info in self.infos if not domains or info.domain in domains}
        self._domains = domains
        self._results: tuple[IdentifyResult, ...] = ()
        self._hits: tuple[str, ...] = ()
        self._truncated = False
        self._decisions: dict[tuple[str, str], Decision] = {}

    def queries(self) -> Sequence[Search]:
        """A search for each thing the text can be."""
        only = frozenset(self._instances)
        keys = self._keys or ((KeyKind.NAME, self._text),)
        return tuple(
            Search(query=PartyQuery(key=kind, value=value, limit=_LIVE_MATCHES), only=only)
            for kind, value in keys
        )

    def want(self, lookups: Lookups, searched: Searched) -> None:
        """The keys, and the customers whom the parties found belong to."""
        self._results = tuple(_merged([r for search in self.queries() for r in searched.get(search, ())]))
        for key in self._hub_keys:
            lookups.keys[key] = None
        for party in self._parties():
            lookups.refs[party.connector, party.party_id] = None
        self._lookups = lookups

    async def read(self, unit: Unit) -> None:
        """Read the hub's index of names, unless the text cannot be one, and recognise who is new to it."""
        if not any(kind in _NO_NAMES for kind, _ in self._keys):
            page = await unit.customers.search(self._text, limit=HITS)
            self._hits, self._truncated = page.ids, page.has_next
        loose = [party for party in self._parties() if _ref(party) not in self._lookups.by_ref]
        if self.recogniser is not None and loose:
            self._decisions = await _recognised(unit, self.recogniser, loose)

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Customers by key, by name, by the parties found, and whom the others may be, in this order."""
        self._linked = {ref: lookups.by_ref[ref] for ref in self._refs() if ref in lookups.by_ref}
        by_key = (one for key in self._hub_keys for one in lookups.by_key.get(key, ()))
        self._found = dict.fromkeys((*by_key, *self._hits, *self._linked.values()))
        probable = (match for one in self._decisions.values() for match in probable_matches(one))
        return tuple(dict.fromkeys((*self._found, *(match.customer_id for match in probable))))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """The customers of the page: those at partners of the domains asked for."""
        held = (
            one
            for one in loaded.values()
            if one.id in self._found and (not self._domains or self._holds(one))
        )
        rows: list[tuple[str, str | Party]] = [(f"c{one.id}", one.id) for one in held]
        loose = (party for party in self._parties() if self._linked.get(_ref(party)) not in loaded)
        rows += [(f"p{party.connector}/{party.party_id}", party) for party in loose]
        numbered = [((f"{place:05d}", identity), element) for place, (identity, element) in enumerate(rows)]
        asked = Stretch(size=self._size, forward=True, after=self.arguments.after, before=None)
        self._stretch = connect(numbered, asked, scope="search", descending=False)
        shown = dict.fromkeys(
            customer_id for edge in self._stretch.edges for customer_id in self._shown(edge.node)
        )
        return [one for one in shown if one in loaded]

    def _shown(self, element: str | Party) -> Iterable[str]:
        """The customers whom a result shows: itself, or whom it probably is."""
        if isinstance(element, str):
            return (element,)
        decision = self._decisions.get(_ref(element))
        return () if decision is None else (match.customer_id for match in probable_matches(decision))

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The results with the outcome at each source."""
        found = self._stretch
        edges = [msgspec.structs.replace(edge, node=self._node(edge.node, customers)) for edge in found.edges]
        return SearchConnection(
            edges=edges,
            page_info=found.page_info,
            total_count=found.total_count,
            sources=[self._source(result) for result in self._results],
            truncated=self._truncated,
        )

    def _node(self, element: str | Party, customers: Mapping[str, CustomerAnswer]) -> SearchAnswer:
        if isinstance(element, Party):
            decision = self._decisions.get(_ref(element))
            probably = () if decision is None else probable(decision, customers)
            return SearchAnswer(customer=None, parties=(element,), probably=probably)
        mine = tuple(party for party in self._parties() if self._linked.get(_ref(party)) == element)
        return SearchAnswer(customer=customers[element], parties=mine)

    def _source(self, result: IdentifyResult) -> SearchSource:
        info = self._instances.get(result.connector)
        return SearchSource(
            connector=result.connector,
            domain=(info.domain or None) if info else None,
            status=result.state,
            matches=len(result.parties),
            latency=result.latency,
            problem=problem(result.problem),
        )

    def _parties(self) -> Iterable[Party]:
        return (party for result in self._results for party in result.parties)

    def _refs(self) -> Iterable[tuple[str, str]]:
        return (_ref(party) for party in self._parties())

    def _holds(self, customer: CustomerData) -> bool:
        return any(link.connector in self._instances for link in customer.links)


def keys_in(text: str) -> tuple[tuple[KeyKind, str], ...]:
    """The look-up keys that a text can be; none where it can only be a name."""
    address = normalise.email(text)
    if address is not None:
        return ((KeyKind.EMAIL, address),)
    if not any(char.isdigit() for char in text):
        return ()
    phone = normalise.phone(text)
    if phone is not None:
        return ((KeyKind.PHONE, phone),)
    number = normalise.number(text)
    return () if number is None else tuple((kind, number) for kind in _NUMBERS)


def _bare_phone(text: str) -> tuple[tuple[KeyKind, str], ...]:
    """The phone number that a text is where only its plus is missing.

    For the hub's own index alone: what looks like one may be an account's number, which no hotel needs.
    """
    bare = all(char in _PHONE_CHARACTERS for char in text) and normalise.phone(text) is None
    phone = normalise.phone(f"+{text}") if bare else None
    return () if phone is None else ((KeyKind.PHONE, phone),)


async def _recognised(
    unit: Unit, recogniser: Recogniser, parties: Sequence[Party]
) -> dict[tuple[str, str], Decision]:
    """Who parties probably are; candidates are looked up for all of them together."""
    keys = dict.fromkeys(key for party in parties for key in recogniser.keys(party))
    blocks = dict.fromkeys(block for party in parties for block in recogniser.blocks(party))
    found = await unit.candidates.find(keys, blocks)
    return {_ref(party): recogniser.recognise(party, found.candidates) for party in parties}


def _ref(party: Party) -> tuple[str, str]:
    return (party.connector, party.party_id)


def _merged(results: Sequence[IdentifyResult]) -> Iterable[IdentifyResult]:
    """One result per source: its best outcome, with the parties of all its searches."""
    by_source: dict[str, list[IdentifyResult]] = {}
    for result in results:
        by_source.setdefault(result.connector, []).append(result)
    for mine in by_source.values():
        best = min(mine, key=lambda result: _rank(result.state))
        parties = {_ref(party): party for result in mine for party in result.parties}
        yield msgspec.structs.replace(best, parties=tuple(parties.values()))


def _rank(state: SourceState) -> int:
    return _STATES.index(state) if state in _STATES else len(_STATES)
