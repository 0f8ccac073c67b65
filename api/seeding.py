"""Importing customers whose links are known, in batches that can be interrupted.

Each batch is one transaction that also moves the import's position, so that a killed import goes on
where it stopped; the same file again is recognised by its content and changes nothing.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from api.settings import Settings
from api.wiring import open_store
from c360.access import TenantId
from c360.contract import KeyKind
from c360.enrolment import CustomerLine, LinkLine
from c360.errors import C360Error
from c360.records.party import PartyKind
from c360.values import Secret
from resolvers.identity import normalise
from resolvers.identity.keeping import party_draft, party_link
from resolvers.survivorship import AS_EVER, ProfileRules
from store.data import EnrolCustomer, EnrolGrant, EnrolKey, EnrolLink, EnrolResult

BATCH = 250
FIRST = 500
"""The lines of a file among which an example and a book of business are looked for."""


class EnrolmentError(C360Error):
    """The file cannot be imported; the message names the line and what to do."""


async def seed(settings: Settings, file: Path, *, report: Callable[[str], None]) -> EnrolResult:
    """Import a file of :class:`~c360.enrolment.CustomerLine`, one a line.

    Args:
        settings: where the store is.
        file: the file.
        report: takes a line of progress now and then.

    Raises:
        EnrolmentError: the file is not readable or a line is wrong; what came before it is kept.
    """
    name = f"seed:{_fingerprint(file)}"
    tenant = TenantId(settings.tenant)
    total = EnrolResult()
    async with open_store(settings) as store:
        async with store.database.read(tenant) as unit:
            job = await unit.jobs.get(name)
        done = job.position if job else 0
        if job and job.total is not None and done >= job.total:
            report(f"{done:,} customers are loaded already")
            return total
        if done:
            report(f"going on after customer {done:,}")
        count = sum(1 for _ in _lines(file))
        position, order, analyzed = done, tuple(settings.connectors), 0
        for batch in _batches(file, done):
            customers = [_customer(line, number, settings, order) for number, line in batch]
            async with store.database.unit(tenant) as unit:
                total += await unit.customers.enrol(customers)
                position += len(batch)
                await unit.jobs.save(name, position, total=count)
            report(f"loaded {position:,} of {count:,} customers")
            if position >= 4 * analyzed or position == count:
                await store.database.analyze()
                analyzed = position
    return total


def example(file: Path) -> str:
    """The e-mail address of a customer known to many partners, to try the graph with."""
    best = ""
    most = 0
    for line in _first(file):
        addresses = [email for link in line.links for email in link.party.emails]
        if line.kind is PartyKind.PERSON and len(line.links) > most and addresses:
            best, most = addresses[0], len(line.links)
    return best


async def fill_book(settings: Settings, file: Path, agent: str) -> None:
    """Bring the customers of a file's first lines, who are imported, into an agent's book of business."""
    parties = [(link.connector, link.party.party_id) for line in _first(file) for link in line.links[:1]]
    async with open_store(settings) as store, store.database.unit(TenantId(settings.tenant)) as unit:
        customers = await unit.customers.by_party_refs(parties)
        await unit.books.assign(agent, set(customers.values()), by="demo")


def _first(file: Path) -> Iterator[CustomerLine]:
    for _, text in itertools.islice(_lines(file), FIRST):
        yield msgspec.json.decode(text, type=CustomerLine)


def _fingerprint(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:32]
    except OSError as error:
        raise EnrolmentError(
            f"{file} cannot be read ({type(error).__name__}); name a readable file"
        ) from None


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield number, line


def _batches(file: Path, skip: int) -> Iterator[list[tuple[int, bytes]]]:
    batch: list[tuple[int, bytes]] = []
    for index, item in enumerate(_lines(file)):
        if index < skip:
            continue
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _customer(text: bytes, number: int, settings: Settings, order: Sequence[str]) -> EnrolCustomer:
    try:
        line = msgspec.json.decode(text, type=CustomerLine)
        return customer(line, settings.phone_region, order, settings.profile)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise EnrolmentError(
            f"line {number}: {place or 'the line'}: {what}; mend it and import again"
        ) from None
    except msgspec.DecodeError:
        raise EnrolmentError(f"line {number}: not a JSON object; mend it and import again") from None


def customer(
    line: CustomerLine, region: str, order: Sequence[str] = (), rules: ProfileRules = AS_EVER
) -> EnrolCustomer:
    """What the store is given for a line of the import format.

    Args:
        line: the line.
        region: country of phone numbers written without one.
        order: connector instances, the most trusted first: the name is the golden one.
        rules: by which it wins.
    """
    parties = [msgspec.structs.replace(link.party, connector=link.connector) for link in line.links]
    called = party_draft(parties, order, kind=line.kind, otherwise=line.external_id, rules=rules)
    return EnrolCustomer(
        external_id=line.external_id,
        kind=line.kind,
        display_name=called.display_name,
        sort_name=called.sort_name,
        names=called.names,
        country=called.country,
        links=tuple(_link(link, region) for link in line.links),
    )


def _link(link: LinkLine, region: str) -> EnrolLink:
    found = party_link(msgspec.structs.replace(link.party, connector=link.connector), region)
    keys = dict.fromkeys(found.keys)
    for line in link.keys:
        phone = line.kind is KeyKind.PHONE
        value = normalise.phone(line.value, region) if phone else normalise.key(line.kind, line.value)
        if value:
            keys[EnrolKey(kind=line.kind, value=value)] = None
    return msgspec.structs.replace(
        found,
        keys=tuple(keys),
        grant=EnrolGrant(
            token=Secret(link.grant.token), scopes=link.grant.scopes, expires_at=link.grant.expires_at
        )
        if link.grant
        else None,
        linked_at=link.linked_at,
        evidence="imported with the customer",
    )
