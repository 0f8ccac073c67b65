"""The demo: sandbox partners, database, identity links, server and worker, all on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec

from api import offers, seeding, settings
from api.authentication import development
from api.processes import Children, stop_event
from c360.errors import C360Error
from schema.permissions.roles import ROLES
from store import migrate

PARTNERS = 7
"""Six partners and the back office."""
EXAMPLE = """\
{
  customer(by: {email: "EMAIL"}) {
    displayName
    complete
    sources { connector status latency }
    banking { totals { deposits { amount currency } debts { amount currency } } }
    insurance { policies { line productName premium { total { amount currency } } } }
    loyalty { memberships { points } }
    hotel { stays(first: 2) { edges { node { checkIn status } } } }
  }
}
"""
"""A query that newcomers try first; the README shows it with its answer."""
READY_WITHIN = 30.0
RATES = "rates.toml"
"""Written beside the settings."""


class DemoError(C360Error):
    """The demo cannot start; the message says what to do."""


class SandboxRates(msgspec.Struct, frozen=True):
    """The exchange rates of the made-up lives."""

    currency: str
    source: str
    date: date
    rates: dict[str, float]


class PartnersReady(msgspec.Struct, frozen=True):
    """The line the sandbox prints once every partner listens."""

    connectors: dict[str, dict[str, str | int]]
    """Settings of a connector instance per partner, by instance id."""
    rates: SandboxRates


class _Customer(msgspec.Struct, frozen=True):
    id: str


class _Data(msgspec.Struct, frozen=True):
    customer: _Customer | None


class _Found(msgspec.Struct, frozen=True):
    data: _Data | None


@dataclass(frozen=True, kw_only=True)
class Demo:
    """One run of the demo."""

    folder: Path
    port: int
    people: int
    companies: int
    seed: int
    today: date

    async def run(self) -> int:
        """Start everything, say where it is, and wait for Ctrl-C or for a part to fail."""
        children = Children()
        stop = stop_event()
        try:
            return await self._until(stop, children)
        finally:
            await children.stop()

    async def _until(self, stop: asyncio.Event, children: Children) -> int:
        starting = asyncio.ensure_future(self._start(children))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            return 130
        click.echo(starting.result())
        ending = asyncio.ensure_future(children.first_to_end())
        await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            ending.cancel()
            click.echo("\nstopping …")
            return 0
        name, code = ending.result()
        raise DemoError(f"{name} ended with exit code {code}; its last lines above say why")

    async def _start(self, children: Children) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        check_ports(self.port, PARTNERS + 1)
        click.echo(
            f"starting six partners and a back office with {self.people:,} people and"
            f" {self.companies:,} companies …"
        )
        exported = asyncio.ensure_future(self._export())
        file = self._settings(await self._partners(children))
        loaded = settings.load(file, environ={})
        click.echo("preparing the database …")
        await asyncio.to_thread(migrate.upgrade, settings.database_url(loaded))
        customers = await exported
        await seeding.seed(loaded, customers, report=click.echo)
        await seeding.fill_book(loaded, customers, agent="agent")
        await offers.bring_in_shipped(loaded)
        for name in ("serve", "worker"):
            await children.start(name, ["api", "--config", str(file), name])
        await self._answers()
        return await self._banner(customers, file, loaded)

    async def _partners(self, children: Children) -> PartnersReady:
        arguments = ["sandbox", "serve", "--port", str(self.port + 1), *self._population()]
        process = await children.start("sandbox", arguments, listen=True)
        assert process.stdout is not None  # noqa: S101  # asked for with listen=True
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN)
        except TimeoutError:
            raise DemoError(
                f"the sandbox did not start within {READY_WITHIN:g} s; run it alone: python -m sandbox serve"
            ) from None
        if not line:
            raise DemoError("the sandbox did not start; the line above says why")
        return msgspec.json.decode(line, type=PartnersReady)

    def _population(self) -> list[str]:
        return [
            *("--people", str(self.people)),
            *("--companies", str(self.companies)),
            *("--seed", str(self.seed)),
        ]

    async def _export(self) -> Path:
        """Links and grants, as an operator would bring them; kept for the next start."""
        name = f"linked-{self.people}-{self.companies}-{self.seed}-{self.today}.jsonl"
        file = self.folder / name
        if not file.exists():
            children = Children()
            process = await children.start(
                "export",
                [
                    "sandbox",
                    "export",
                    "--out",
                    str(file),
                    "--back-office",
                    "--today",
                    self.today.isoformat(),
                    *self._population(),
                ],
            )
            try:
                if await process.wait():
                    raise DemoError("the sandbox could not write its customers; the line above says why")
            finally:
                await children.stop()
        return file

    def _settings(self, partners: PartnersReady) -> Path:
        for name in ("master.key", "lookup.key"):
            key = self.folder / name
            if not key.exists():
                key.touch(mode=0o600)
                key.write_text(secrets.token_hex(32), encoding="ascii")
        (self.folder / RATES).write_text(_rates(partners.rates), encoding="utf-8")
        file = self.folder / "c360.toml"
        database = "c360.db"
        file.write_text(
            f"# Written by the demo at every start; try: python -m api --config {file.name} config\n"
            f"[server]\nport = {self.port}\n\n"
            '[authentication]\ndevelopment = true\ndevelopment_key = "development-issuer.json"\n\n'
            f'[grants]\ncallback_url = "http://127.0.0.1:{self.port}/grants/callback"\n'
            f'return_to = ["http://127.0.0.1:{self.port}/health/live"]\n\n'
            f'[database]\nurl = "sqlite+aiosqlite:///{database}"\n\n'
            '[security]\nmaster_key_file = "master.key"\nlookup_pepper_file = "lookup.key"\n'
            'allowed_partner_networks = ["127.0.0.0/8"]\n\n'
            f'[money]\ncurrency = "{partners.rates.currency}"\nrates = "{RATES}"\n\n'
            '[logging]\nlevel = "WARNING"\n\n'
            + "\n".join(_table(f"connectors.{name}", values) for name, values in partners.connectors.items()),
            encoding="utf-8",
        )
        return file

    async def _answers(self) -> None:
        address = f"http://127.0.0.1:{self.port}/health/ready"
        try:
            async with httpx.AsyncClient() as client, asyncio.timeout(READY_WITHIN):
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        if (await client.get(address)).status_code == httpx.codes.OK:
                            return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise DemoError(
                f"the server did not answer within {READY_WITHIN:g} s; lines of its own above say why"
            ) from None

    async def _banner(self, customers: Path, file: Path, loaded: settings.Settings) -> str:
        address = f"http://127.0.0.1:{self.port}/graphql"
        email = seeding.example(customers)
        query = EXAMPLE.replace("EMAIL", email)
        body = msgspec.json.encode({"query": " ".join(query.split())}).decode()
        tokens = await _tokens(loaded, address, email)
        listed = "\n".join(f"  {role:<11} {token}" for role, token in tokens.items())
        return (
            f"\nThe graph answers at {address}; a customer to try:\n\n{query}\n"
            f"Tokens for {development.HOURS} hours, one for each role (customer: of the one above):\n\n"
            f"{listed}\n\n"
            "The agent finds customers of its book of business, masked until it verified who is calling\n"
            "(docs/access.md); the one above is in it.\n\n"
            f"Others: python -m api --config {_short(file)} token --help\n\n"
            "Ask it:\n\n"
            f"  curl -s {address} -H 'content-type: application/json' \\\n"
            f"    -H 'authorization: Bearer {tokens['front-end']}' \\\n    -d '{body}'\n\n"
            "Ctrl-C stops everything."
        )


async def _tokens(loaded: settings.Settings, address: str, email: str) -> dict[str, str]:
    """A token for each role; that of the role customer is the example's, that of a partner the bank's."""
    issuer = development.DevelopmentIssuer(loaded.authentication, loaded.folder)
    query = "query ($email: String!) { customer(by: {email: $email}) { id } }"
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            address,
            json={"query": query, "variables": {"email": email}},
            headers={"authorization": f"Bearer {issuer.token('front-end')}"},
        )
    found = msgspec.json.decode(answer.content, type=_Found).data
    own = found.customer.id if found and found.customer else ""
    more: dict[str, dict[str, Any]] = {
        "customer": {"customer_id": own},
        "partner": {"connectors": ["banking"]},
    }
    return {role: issuer.token(role, **more.get(role, {})) for role in ROLES}


def _short(file: Path) -> Path:
    """A path as one would type it here."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _rates(found: SandboxRates) -> str:
    head = _lines({"currency": found.currency, "source": found.source})
    return "\n".join([*head, f"date = {found.date}", "", _table("rates", found.rates)])


def _table(name: str, values: Mapping[str, str | float]) -> str:
    return "\n".join([f"[{name}]", *_lines(values), ""])


def _lines(values: Mapping[str, str | float]) -> list[str]:
    """Of a TOML table; a JSON string is a TOML string, a number a number."""
    return [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in values.items()]


def check_ports(first: int, count: int) -> None:
    """Make sure that consecutive ports are free on loopback.

    Raises:
        DemoError: one is taken.
    """
    for port in range(first, first + count):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise DemoError(
                    f"port {port} is taken; stop what uses it, or choose another: "
                    f"make run ARGS='--port {first + 1000}'"
                ) from None
