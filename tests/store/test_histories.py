"""Random histories of who is who, against a model that knows nothing but a forest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.access import TenantId
from c360.contract import KeyKind
from store.data import SnapshotKeyData, StatedValue, Statement
from store.data_identity import PartyRef
from store.database import Database
from store.unit import Unit
from tests.fixtures.sizes import size
from tests.store.identity import DRAFT, STEWARD, Run, furnish, link, person, ref

NAMES = ("b1", "b2", "h1", "h2", "b3", "h3", "b4", "h4", "b5", "h5", "b6")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("enrol", "observe", "link", "merge", "merge", "split", "unmerge", "unmerge", "restore", "fetch")
        ),
        st.integers(0, 99),
        st.integers(0, 99),
    ),
    min_size=4,
    max_size=14,
)


class Forest:
    """What should be: customers are nodes under what they were merged into, parties hang on nodes."""

    def __init__(self) -> None:
        self.up: dict[str, str] = {}
        self.nodes: list[str] = []
        self.home: dict[str, str] = {}
        self.email: dict[str, str] = {}
        self.splits: list[tuple[str, str, dict[str, str], str]] = []
        """Entry, customer that it made, where its parties hung before, and the customer that was split."""

    def root(self, node: str) -> str:
        while node in self.up:
            node = self.up[node]
        return node

    def roots(self) -> list[str]:
        return [node for node in self.nodes if node not in self.up]

    def parties(self, root: str) -> list[str]:
        return sorted(name for name, home in self.home.items() if self.root(home) == root)

    def shown(self) -> dict[str, Any]:
        return {
            root: {name: self.email[name] for name in self.parties(root)} for root in sorted(self.roots())
        }


class Story:
    """Tells a history to the store and to the model."""

    def __init__(self, database: Database, tenant: TenantId, clock: Any) -> None:
        self.database, self.tenant, self.clock = database, tenant, clock
        self.model = Forest()
        self.fresh = list(NAMES)

    async def enrol(self, unit: Unit, a: int, b: int) -> None:
        names = [self.fresh.pop(0) for _ in range(min(1 + a % 2, len(self.fresh)))]
        if not names:
            return
        external = f"c{len(self.model.nodes)}"
        await unit.customers.enrol([person(external, *names)])
        owner = (await unit.customers.by_party_refs([(ref(names[0]).connector, names[0])]))[
            ref(names[0]).connector, names[0]
        ]
        self.model.nodes.append(owner)
        for name in names:
            self.model.home[name] = owner
            self.model.email[name] = f"{name}@example.com"

    async def observe(self, unit: Unit, a: int, b: int) -> None:
        if not self.model.home:
            return
        name = _pick(sorted(self.model.home), a)
        address = f"{name}.{b}@example.com"
        said = Statement(
            connector=ref(name).connector,
            party_id=name,
            values=(StatedValue(attribute="email", value=address),),
        )
        # Whoever told the hub may have looked long ago: the party counts.
        await unit.profiles.observe({_pick(self.model.nodes, b): [said]})
        self.model.email[name] = address

    async def link(self, unit: Unit, a: int, b: int) -> None:
        if not self.fresh or not self.model.nodes:
            return
        name, target = self.fresh.pop(0), _pick(self.model.nodes, a)
        await unit.ledger.link(target, link(name), STEWARD)
        self.model.home[name] = self.model.root(target)
        self.model.email[name] = f"{name}@example.com"

    async def merge(self, unit: Unit, a: int, b: int) -> None:
        if len(self.model.nodes) < 2:
            return
        survivor, other = _pick(self.model.nodes, a), _pick(self.model.nodes, b)
        result = await unit.ledger.merge(survivor, [other], STEWARD, overrule=True)
        top, below = self.model.root(survivor), self.model.root(other)
        assert (result.entry is None) == (top == below)
        if top != below:
            self.model.up[below] = top

    async def split(self, unit: Unit, a: int, b: int) -> None:
        splittable = [root for root in self.model.roots() if len(self.model.parties(root)) > 1]
        if not splittable:
            return
        root = _pick(splittable, a)
        names = self.model.parties(root)
        leaving = names[: 1 + b % (len(names) - 1)]
        result = await unit.ledger.split(root, [ref(name) for name in leaving], DRAFT, STEWARD)
        self.model.splits.append(
            (result.entry.id, result.created, {name: self.model.home[name] for name in leaving}, root)
        )
        self.model.nodes.append(result.created)
        for name in leaving:
            self.model.home[name] = result.created

    async def unmerge(self, unit: Unit, a: int, b: int) -> None:
        if not self.model.up:
            return
        node = _pick(sorted(self.model.up), a)
        survivor = self.model.root(node)
        before = self.model.parties(survivor)
        result = await unit.ledger.unmerge(STEWARD, customer_id=node)
        del self.model.up[node]
        assert (result.survivor, result.restored) == (survivor, (node,))
        assert [party.party_id for party in result.moved] == sorted(self.model.parties(node), key=ref)
        assert sorted([*self.model.parties(node), *self.model.parties(survivor)]) == before

    async def restore(self, unit: Unit, a: int, b: int) -> None:
        if not self.model.splits:
            return
        place = a % len(self.model.splits)
        entry, created, homes, source = self.model.splits[place]
        back = [name for name in homes if self.model.home[name] == created]
        if not back:
            return
        del self.model.splits[place]
        await unit.ledger.undo(entry, STEWARD)
        for name in back:
            self.model.home[name] = homes[name]
        alone = created not in self.model.home.values() and created not in self.model.up.values()
        if alone and self.model.root(created) == created and self.model.root(source) != created:
            self.model.up[created] = self.model.root(source)

    async def fetch(self, unit: Unit, a: int, b: int) -> None:
        if self.model.nodes:
            await furnish(unit, _pick(self.model.nodes, a), self.clock.now)

    async def told(self) -> dict[str, Any]:
        """What the store shows, in the model's words."""
        async with self.database.read(self.tenant) as unit:
            ids = (await unit.customers.page(first=100)).ids
            loaded = await unit.customers.load(ids)
            return {
                each: {
                    link.party_id: next(
                        value.value
                        for value in loaded[each].values
                        if (value.attribute, value.party_id) == ("email", link.party_id)
                    )
                    for link in sorted(loaded[each].links, key=lambda link: link.party_id)
                }
                for each in sorted(ids)
            }

    async def check(self) -> None:
        """That everything follows its party, and every id leads to whom it should."""
        model = self.model
        assert await self.told() == model.shown()
        async with self.database.read(self.tenant) as unit:
            assert await unit.customers.resolve(model.nodes) == {
                node: model.root(node) for node in model.nodes
            }
            keys = await unit.customers.by_keys((KeyKind.EMAIL, f"{name}@example.com") for name in model.home)
            assert keys == {
                (KeyKind.EMAIL, f"{name}@example.com"): (model.root(home),)
                for name, home in model.home.items()
            }
            summaries = await unit.summaries.of(model.roots())
            for root in model.roots():
                held = {ref(name) for name in model.parties(root)}
                known = summaries.get(root, ())
                assert {PartyRef(one.connector, one.party_id) for one in known} == held
                for one in known:
                    assert {figure.measure for figure in one.figures} <= {one.party_id}
            asked = [
                (root, each.connector, each.party_id)
                for root in model.roots()
                for each in map(ref, model.parties(root))
            ]
            tokens = await unit.grants.tokens(asked)
            for (_, connector, party_id), token in tokens.items():
                assert token is not None
                mine = ref(token.reveal().removeprefix("token-"))
                assert (mine.connector, mine.party_id) == (connector, party_id)
            copies = await unit.snapshots.read(
                [
                    SnapshotKeyData(customer_id=root, connector=connector, kind="k")
                    for root in model.roots()
                    for connector in ("bank", "hotel")
                ]
            )
            shown: dict[tuple[str, str], list[str]] = {}
            for copy in copies:
                assert copy.content.decode().split() == list(copy.parties or ())
                shown.setdefault((copy.customer_id, copy.connector), []).extend(copy.parties or ())
            for (root, connector), parties in shown.items():
                assert sorted(parties) == [each.party_id for each in _at(connector, model.parties(root))]


@settings(
    max_examples=size(5, 30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_every_history_ends_where_the_forest_says(
    database: Database, clock: Any, run: Run, steps: list[tuple[str, int, int]]
) -> None:
    async def go() -> None:
        story = Story(database, TenantId(uuid4().hex), clock)
        for _ in range(3):
            async with database.unit(story.tenant) as unit:
                await story.enrol(unit, 1, 0)
        for name, a, b in steps:
            clock.tick()
            async with database.unit(story.tenant) as unit:
                await getattr(story, name)(unit, a, b)
        await story.check()

    run(go())


@settings(
    max_examples=size(4, 24), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, pair=st.tuples(st.integers(0, 99), st.integers(0, 99)), more=st.booleans())
def test_whatever_came_before_an_unmerge_restores_it_to_the_last_bit(  # noqa: PLR0917  # pytest names them
    database: Database,
    clock: Any,
    run: Run,
    steps: list[tuple[str, int, int]],
    pair: tuple[int, int],
    more: bool,
) -> None:
    async def go() -> None:
        story = Story(database, TenantId(uuid4().hex), clock)
        for _ in range(3):
            async with database.unit(story.tenant) as unit:
                await story.enrol(unit, 1, 0)
        for name, a, b in steps:
            clock.tick()
            async with database.unit(story.tenant) as unit:
                await getattr(story, name)(unit, a, b)
        clock.tick()
        roots = sorted(story.model.roots())
        one, two = (_pick(roots, number) for number in pair)
        if one == two:
            return
        before = await everything(database, story.tenant, story.model.nodes)
        async with database.unit(story.tenant) as unit:
            merge = await unit.ledger.merge(one, [two], STEWARD, overrule=True)
            outer = None
            third = next((root for root in roots if root not in {one, two}), None)
            if more and third is not None:
                outer = await unit.ledger.merge(third, [one], STEWARD, overrule=True)
        clock.tick()
        async with database.unit(story.tenant) as unit:
            assert merge.entry is not None
            await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
            if outer is not None and outer.entry is not None:
                await unit.ledger.unmerge(STEWARD, entry_id=outer.entry.id)
        assert await everything(database, story.tenant, story.model.nodes) == before

    run(go())


async def everything(database: Database, tenant: TenantId, nodes: Iterable[str]) -> dict[str, Any]:
    """All that a reader can see of a tenant."""
    async with database.read(tenant) as unit:
        ids = (await unit.customers.page(first=100)).ids
        loaded = await unit.customers.load(ids)
        asked = [(each, link.connector, link.party_id) for each, one in loaded.items() for link in one.links]
        return {
            "customers": {each: msgspec.to_builtins(one) for each, one in loaded.items()},
            "keys": await unit.customers.by_keys((KeyKind.EMAIL, f"{name}@example.com") for name in NAMES),
            "names": {name: (await unit.customers.search(f"Given{name}")).ids for name in NAMES},
            "resolved": await unit.customers.resolve(nodes),
            "grants": {
                which: token and token.reveal() for which, token in (await unit.grants.tokens(asked)).items()
            },
            "summaries": await unit.summaries.of(ids),
            "copies": sorted(
                await unit.snapshots.read(
                    [
                        SnapshotKeyData(customer_id=each, connector=at, kind="k")
                        for each in ids
                        for at in ("bank", "hotel")
                    ]
                ),
                key=repr,
            ),
        }


def _pick(among: list[str], number: int) -> str:
    return among[number % len(among)]


def _at(connector: str, names: Iterable[str]) -> list[PartyRef]:
    return sorted(ref(name) for name in names if ref(name).connector == connector)
