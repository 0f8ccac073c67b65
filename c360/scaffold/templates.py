"""The files of a new distribution, as texts with places to fill (``$name``)."""

from __future__ import annotations

from collections.abc import Mapping

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "c360-$dashed"
version = "0.1.0"
description = "$title for c360."
requires-python = ">=3.11"
dependencies = ["c360"]

[project.optional-dependencies]
test = ["pytest"]

# The name of the entry point is what the hub's settings call the plugin.
[project.entry-points.c360]
$name = "$name"

[tool.hatch.build.targets.wheel]
packages = ["$name"]

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
pythonpath = [".", "tests"]
testpaths = ["tests"]
"""

README = """\
# $title for c360

Connects the hub to $title: `party.profile` and `$kind`, found by customer number or e-mail address.

```sh
python -m c360 check                 # the conformance suite, and what to change
python -m pytest                     # the same as tests, with those of your own
python -m c360 try $name --set base_url=https://api.$host/v1 --set api_key_file=key --email ada@mail.example
python -m c360 record $name --set base_url=... --set api_key_file=key --party ID --party ID --unknown ID
```

What stands here is a made-up API: `GET /customers/{id}`, `GET /customers?email=`,
`GET /customers/{id}/$things` by page. Make it yours in this order:

1. `payloads.py`: what the partner sends, as far as you read it.
2. `mapping.py`: from payload to record. Leave empty what the API does not have.
3. `connector.py`: paths, parameters, paging, and in `description` what the API really offers.
4. `config.py`: what an operator has to set.
5. `tests/recordings`: record real exchanges over the made-up ones; secrets and personal data stay out.

After each step: `python -m c360 check`. A failing check says what to change. What the partner's API does not
offer is declared in `description.exemptions`, with the reason; `python -m c360 check -v` lists the rules.

The operator connects it with

```toml
[connectors.$name]
plugin = "$name"
base_url = "https://api.$host/v1"
api_key_file = "$name.key"
```
"""

INIT = '''\
"""$title: the plugin.

Used of the API: ``GET /customers``, ``GET /customers/{id}``, ``GET /customers/{id}/$things``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin."""
    from $name.connector import $Class

    return ($Class,)
'''

CONFIG = '''\
"""Settings of one instance."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.values import Secret


class ${Class}Config(ConnectorConfig, frozen=True, kw_only=True):
    """How $title is reached."""

    api_key: Annotated[Secret, Meta(description="Key that the partner issued to the hub.")]
    page_size: Annotated[int, Meta(description="Things asked for in one page.", ge=1, le=200)] = 100
'''

PAYLOADS = '''\
"""The parts of the partner's answers that are used. Fields it adds are ignored."""

from __future__ import annotations

import msgspec


class Customer(msgspec.Struct, frozen=True):
    """A customer."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    birth_date: str | None = None


class Customers(msgspec.Struct, frozen=True):
    """The answer to a search."""

    customers: list[Customer]


class Item(msgspec.Struct, frozen=True):
    """One of a customer's $things."""

$wire

class Items(msgspec.Struct, frozen=True):
    """A page of them."""

    items: list[Item]
    next_cursor: str | None = None
'''

MAPPING = '''\
"""From the partner's payloads to records, field by field."""

from __future__ import annotations
$standard
from c360.converters import $converters
from c360.mapping import Mapping, field
$imports
from c360.records.party import Party
from $name.payloads import Customer, Item
$tables
PARTY = Mapping(
    Customer,
    Party,
    party_id="id",
    given_name=field("first_name", to=text),
    family_name=field("last_name", to=text),
    birth_date=field("birth_date", to=day),
    emails=field("email", to=lambda email: (email,)),
    phones=field("phone", to=lambda phone: (phone,)),
)

ITEM = Mapping(
    Item,
    $record,
$mapping)
'''

CONNECTOR = '''\
"""$title as one of the hub's partners."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from c360.auth import ApiKey, Auth
from c360.contract import (
    Connector,
    Description,
    Fetch,
    Fetched,
    KeyKind,
    Limits,
    Lookup,
    Need,
    PartyQuery,
    Ref,
    fetch_each,
)
from c360.kinds import PARTY
from c360.lookups import segment
from c360.paging import Cursor, every, pages
from c360.records.base import Record
from c360.records.party import Party
from $name import mapping
from $name.config import ${Class}Config
from $name.payloads import Customer, Customers, Items

KIND = "$kind"


class $Class(Connector[${Class}Config]):
    """One instance of $title."""

    description = Description(
        name="$name",
        title="$title",
        domain="$domain",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind=PARTY), Fetch(kind=KIND)),
        identifies=(KeyKind.EMAIL,),
        config=${Class}Config,
        limits=Limits(concurrency=4, requests_per_second=10),
        documentation="https://developer.$host",
    )

    def auth(self) -> Auth:
        """The hub's key."""
        return ApiKey("x-api-key", self.config.api_key)

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """Everything at once, customer by customer."""
        return fetch_each(needs, refs, {PARTY: self._profile, KIND: self._items})

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        """Customers with an e-mail address."""
        params = {"email": query.value, "limit": query.limit}
        found = (await self.ctx.http.get("/customers", params=params)).decode(Customers)
        return [mapping.PARTY(customer) for customer in found.customers][: query.limit]

    async def _profile(self, ref: Ref, _: Need) -> Sequence[Record]:
        answer = await self.ctx.http.get(f"/customers/{segment(ref.party_id)}")
        return [mapping.PARTY(answer.decode(Customer))]

    async def _items(self, ref: Ref, need: Need) -> Sequence[Record]:
        path = f"/customers/{segment(ref.party_id)}/$things"
$window        found = pages(
            lambda step: self.ctx.http.get(step.path(path), params=step.params($params)),
            lambda answer: answer.decode(Items),
            Cursor(lambda page: page.next_cursor, size=("limit", self.config.page_size)),
        )
        items = await every(found, lambda page: page.items)
        return [mapping.ITEM(item) for item in items]
'''

WINDOW = """\
        since, until = need.since, need.until
        window = {"from": since and since.isoformat(), "to": until and until.isoformat()}
"""

TEST = '''\
"""$title keeps the contract: a test for each check of the conformance suite."""

from __future__ import annotations

from c360.testing import ConnectorSuite
from $name.connector import $Class


class Test$Class(ConnectorSuite):
    """The recording brings the customers and the clock."""

    connector = $Class
    config = {"base_url": "https://api.$host/v1", "api_key": "a-made-up-key"}
    recordings = "recordings"
'''

FILES: Mapping[str, str] = {
    "pyproject.toml": PYPROJECT,
    "README.md": README,
    "$name/__init__.py": INIT,
    "$name/config.py": CONFIG,
    "$name/payloads.py": PAYLOADS,
    "$name/mapping.py": MAPPING,
    "$name/connector.py": CONNECTOR,
    "tests/test_conformance.py": TEST,
}
"""By path, which has places to fill as well."""
