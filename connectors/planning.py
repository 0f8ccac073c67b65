"""What one gathering has to find out: pure bookkeeping, no I/O.

A *cell* is what the answer needs: one kind of one customer from one source. A *part* is what has to
be fetched for it: one kind of one party. They differ where a customer has two records at a partner,
or where two customers share one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from c360.contract import Need, Ref
from c360.records.base import Record
from connectors.instances import Instance
from connectors.results import GatherRequest, Link, SourceProblem, Target
from connectors.windows import merged, whole, wider


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """How the fetching of a part ended."""

    records: tuple[Record, ...] = ()
    problem: SourceProblem | None = None
    answered: bool = True
    """Whether the partner answered, if only by not knowing the customer."""
    at: datetime | None = None
    kept: bool = False
    """From memory: fetched a moment ago, by another operation."""


class Part(msgspec.Struct, gc=False, kw_only=True):
    """One kind of one party."""

    need: Need
    outcome: Outcome | None = None
    moment: float = 0.0
    """When it ended, on the event loop's clock."""


class Ask(msgspec.Struct, gc=False, kw_only=True):
    """One party to ask about, and what."""

    customer_id: str
    """The customer whose grant is used; with connectors by key, any of those who share the party."""
    ref: Ref
    parts: dict[str, Part] = {}
    """By kind."""


class Copy(msgspec.Struct, frozen=True, gc=False):
    """A decoded last-known copy that covers what is needed."""

    records: tuple[Record, ...]
    fetched_at: datetime


class Party(msgspec.Struct, frozen=True, gc=False):
    """A customer's record at an instance, and whose it is: what must not be mixed with another's."""

    owner: str
    """The customer whose grant is used; empty for connectors by key."""
    ref: Ref


class Cell(msgspec.Struct, gc=False, kw_only=True):
    """One kind of one customer from one source."""

    customer_id: str
    instance: Instance
    need: Need
    parties: Sequence[Party]
    linked: tuple[str, ...] = ()
    """Ids of all parties that the customer is linked to there, by whatever grant they are asked for."""
    parts: list[Part] = []
    copy: Copy | None = None
    looked: bool = False
    """Whether a copy has been looked for."""
    kept: bool = False
    """The copy is fresh enough: nothing is asked."""


Cells = Mapping[str, Mapping[str, Sequence[Cell]]]
"""By customer id, then instance id."""


def links_of(target: Target) -> Mapping[str, Sequence[Link]]:
    """A customer's links by instance id."""
    found: dict[str, list[Link]] = defaultdict(list)
    for link in target.links:
        found[link.connector].append(link)
    return found


def cells(instances: Sequence[Instance], request: GatherRequest) -> Cells:
    """Every cell of a request: a kind goes to each linked instance that declares it."""
    needs_once: dict[frozenset[Need], tuple[Need, ...]] = {}
    table: dict[str, dict[str, list[Cell]]] = {}
    for target in request.targets:
        wanted = request.needs.get(target.customer_id, frozenset())
        needs = needs_once.get(wanted)
        if needs is None:
            needs = needs_once[wanted] = merged(wanted if _for_itself(request) else map(whole, wanted))
        links = links_of(target)
        row = table.setdefault(target.customer_id, {})
        for instance in instances:
            mine = links.get(instance.id)
            if mine is None or instance.id in row:
                continue
            parties = _parties(target.customer_id, instance, mine)
            linked = tuple([party.ref.party_id for party in parties])
            row[instance.id] = [
                Cell(
                    customer_id=target.customer_id,
                    instance=instance,
                    need=need,
                    parties=parties,
                    linked=linked,
                )
                for need in needs
                if need.kind in instance.batches
            ]
    return table


def _for_itself(request: GatherRequest) -> bool:
    """Whether what is fetched serves this request alone, and so may be less than the whole of a record."""
    return not request.keep and not request.all_known_only and request.max_age == timedelta(0)


def _parties(customer_id: str, instance: Instance, links: Sequence[Link]) -> tuple[Party, ...]:
    """Each party once. By grant it is asked for under the customer's own grant, and never shared."""
    owner = customer_id if instance.by_grant else ""
    if len(links) == 1:
        return (Party(owner, _ref(links)),)
    return tuple(
        Party(owner, _ref([link for link in links if link.party_id == party_id]))
        for party_id in dict.fromkeys(link.party_id for link in links)
    )


def _ref(links: Sequence[Link]) -> Ref:
    if len(links) == 1:
        return Ref(party_id=links[0].party_id, objects=links[0].objects)
    objects: dict[str, tuple[str, ...]] = {}
    for link in links:
        for kind, ids in link.objects.items():
            objects[kind] = tuple(dict.fromkeys((*objects.get(kind, ()), *ids)))
    return Ref(party_id=links[0].party_id, objects=objects)


def asks(found: Iterable[Cell]) -> Mapping[Instance, Sequence[Ask]]:
    """What to ask for these cells; fills their parts."""
    table: dict[Instance, dict[tuple[str, str], Ask]] = defaultdict(dict)
    for cell in found:
        by_key = table[cell.instance]
        for party in cell.parties:
            key = (party.owner, party.ref.party_id)
            ask = by_key.get(key)
            if ask is None:
                ask = by_key[key] = Ask(customer_id=cell.customer_id, ref=party.ref)
            part = ask.parts.get(cell.need.kind)
            if part is None:
                part = ask.parts[cell.need.kind] = Part(need=cell.need)
            else:
                part.need = wider(part.need, cell.need)
            cell.parts.append(part)
    return {instance: tuple(by_key.values()) for instance, by_key in table.items()}


class Batch(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One call of a connector's ``fetch``."""

    needs: tuple[Need, ...]
    asks: tuple[Ask, ...]
    """Of distinct parties, no more than the batch size of the needs."""


def batches(instance: Instance, to_ask: Sequence[Ask]) -> Iterator[Batch]:
    """Divide what is still to be asked of an instance into as few calls as its batch sizes allow."""
    by_size: dict[int, list[tuple[tuple[Need, ...], Ask]]] = {}
    for ask in to_ask:
        wanted: dict[int, list[Need]] = {}
        for part in ask.parts.values():
            if part.outcome is None:
                wanted.setdefault(instance.batches[part.need.kind], []).append(part.need)
        for size, unknown in wanted.items():
            by_size.setdefault(size, []).append((tuple(sorted(unknown, key=_kind)), ask))
    for size, pairs in by_size.items():
        if size == 1 or len(pairs) == 1:  # nothing goes together
            yield from [Batch(needs=needs, asks=(ask,)) for needs, ask in pairs]
            continue
        for together, members in _groups(size, pairs):
            for layer in layers(members):
                for start in range(0, len(layer), size):
                    yield Batch(needs=together, asks=tuple(layer[start : start + size]))


def _kind(need: Need) -> str:
    return need.kind


def _groups(
    size: int, pairs: Sequence[tuple[tuple[Need, ...], Ask]]
) -> Collection[tuple[tuple[Need, ...], list[Ask]]]:
    """Asks that go together: those with the same needs, or need by need where that is fewer calls."""
    alike: dict[tuple[Need, ...], list[Ask]] = defaultdict(list)
    single: dict[tuple[Need, ...], list[Ask]] = defaultdict(list)
    for needs, ask in pairs:
        alike[needs].append(ask)
        for need in needs:
            single[(need,)].append(ask)

    def calls(groups: Mapping[tuple[Need, ...], list[Ask]]) -> int:
        return sum(len(needs) * -(-len(members) // size) for needs, members in groups.items())

    return (alike if calls(alike) <= calls(single) else single).items()


def layers(members: Iterable[Ask]) -> Iterable[list[Ask]]:
    """Keep asks about the same party (under different grants) out of one call."""
    layers: list[dict[str, Ask]] = []
    for ask in members:
        for layer in layers:
            if layer.setdefault(ask.ref.party_id, ask) is ask:
                break
        else:
            layers.append({ask.ref.party_id: ask})
    return [list(layer.values()) for layer in layers]
