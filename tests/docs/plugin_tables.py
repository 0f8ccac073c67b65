"""The tables of the guides to plugins: kinds, errors, and what is shipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from c360 import errors
from c360.config import ConnectorConfig
from c360.contract import Description, Feed, Limits
from c360.errors import ConnectorError
from c360.kinds import kinds
from c360.tables import TableMapping
from c360.testing.tiers import tier_of
from connectors.manager import PluginManager
from plugins.files.config import FileTable
from plugins.sql.config import SqlTable
from resolvers.joins import joins_of
from sandbox.population.numbers import DOMAINS
from schema.docs import description
from tests.docs.cells import NONE, Rows, code, codes, ended, fields, markdown


def kind_table() -> str:
    rows = []
    for name, kind in kinds().items():
        joined = [join.field for join in joins_of(kind.record)]
        where = f"`{kind.record.__name__}` in `{kind.record.__module__.replace('.', '/')}.py`"
        rows.append(
            (
                code(name),
                where,
                "yes" if kind.windowed else "no",
                codes(filter(None, [kind.identity])),
                codes(joined),
            )
        )
    return markdown(("kind", "record", "windowed", "id", "leave empty"), rows)


STATUSES = {
    "RetryLater": "408, 425, 429, 5xx, no answer",
    "OutcomeUnknown": "5xx (but 501, 503 with `Retry-After`) or no answer to what changes something",
    "Reauthorise": "401, 403 with a customer's grant",
    "Reconfigure": "401, 403 otherwise",
    "SkipCustomer": "404, 410",
    "PartnerFault": "any other that is not 2xx",
}


def error_table() -> str:
    found = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    rows = [
        (
            code(kind.__name__),
            ended(description(kind)),
            STATUSES.get(kind.__name__, NONE),
            code(kind.code.name),
        )
        for kind in found
        if issubclass(kind, ConnectorError) and kind is not ConnectorError
    ]
    return markdown(("error", "when", "by `ctx.http`", "problem"), rows)


def described(*also: str) -> list[tuple[str, Description]]:
    manager = PluginManager()
    names = (*DOMAINS, "workorders")
    manager.load((*names, "sql", "files"))
    assert not manager.errors
    return [(name, manager.find(name)[1]) for name in (*names, *also)]


def _feed(feed: Feed) -> str:
    notes = [*(["indexed"] if feed.indexed else []), *(["deletions"] if feed.deletions else [])]
    return code(feed.kind) + (f" ({', '.join(notes)})" if notes else "")


def shipped() -> str:
    rows = []
    for name, one in described():
        fetches = ", ".join(
            code(fetch.kind) + (f" ({fetch.batch} a call)" if fetch.batch > 1 else "")
            for fetch in one.fetches
        )
        rows.append(
            (
                f"`{name}`: [{one.title}]({one.documentation})",
                code(one.lookup.name),
                fetches,
                codes(key.name for key in one.identifies),
                ", ".join(_feed(feed) for feed in one.feeds) or NONE,
            )
        )
    return markdown(("plugin", "found", "fetches", "searched by", "feeds"), rows)


def mapping() -> str:
    rows = [("both", *row) for row in fields(TableMapping, "")]
    common = [field.name for field in msgspec.structs.fields(TableMapping)]
    for name, kind in (("sql", SqlTable), ("files", FileTable)):
        rows += [(name, *row) for row in fields(kind, "", common)]
    return markdown(("plugin", "in `tables`", "default", "meaning"), rows)


TABLED = ("sql", "files")


def page(name: str) -> str:
    """What a plugin says of itself, in the tables of its page."""
    about = described(f"{name}/hotel")[-1][1] if name in TABLED else dict(described())[name]
    parts = [markdown(("", ""), _facts(name, about))]
    if name not in TABLED:
        fetched = {one.kind: one for one in about.fetches}
        feeds = {one.kind: one for one in about.feeds}
        rows = [
            (
                code(kind),
                str(fetched[kind].batch) if kind in fetched else NONE,
                _follows(feeds.get(kind)),
                "yes" if about.webhooks and kind in about.webhooks.kinds else "no",
            )
            for kind in dict.fromkeys((*fetched, *feeds, *(about.webhooks.kinds if about.webhooks else ())))
        ]
        parts.append(markdown(("kind", "customers a call", "change feed", "told by calls"), rows))
    own = [field.name for field in msgspec.structs.fields(ConnectorConfig)]
    settings = fields(about.config, "", own)
    if settings:
        parts.append(markdown(("setting", "default", "meaning"), settings))
    if about.exemptions:
        exempt: Rows = [(code(one.rule), ended(one.reason)) for one in about.exemptions]
        parts.append(markdown(("exempt from", "because"), exempt))
    return "\n".join(parts)


def _facts(name: str, about: Description) -> Iterator[tuple[str, ...]]:
    tier = tier_of(f"plugins.{name}", about.name).tier
    limits = about.limits
    yield (
        "partner",
        about.title.partition(" (")[0] if name in TABLED else f"[{about.title}]({about.documentation})",
    )
    if name not in TABLED:
        yield "domain", code(about.domain)
    yield "tier", tier.value.lower() if tier else "none claimed"
    yield "customers are found", code(about.lookup.name)
    yield "reached by", code(about.medium.name)
    if name in TABLED:
        yield "searched by, fed and batched", f"as the tables are mapped; {_batch(about)} customers a call"
    else:
        yield "searched by", codes(key.name for key in about.identifies)
    yield "actions", ", ".join(f"`{one.kind}` (`{one.effect.name}`)" for one in about.actions) or NONE
    rate = f", {limits.requests_per_second:g} a second" if limits.requests_per_second else ""
    yield "requests", f"{limits.concurrency} at once{rate}"
    yield "cut off at", _bounds(limits)


def _batch(about: Description) -> int:
    return max(one.batch for one in about.fetches)


def _bounds(limits: Limits) -> str:
    return f"{limits.max_records:,} records of a customer and kind, {limits.max_bytes // 2**20} MiB an answer"


def _follows(feed: Feed | None) -> str:
    if feed is None:
        return "no"
    notes = [*(["indexed"] if feed.indexed else []), *(["deletions"] if feed.deletions else [])]
    return f"yes ({', '.join(notes)})" if notes else "yes"


def _paged(name: str) -> Callable[[], str]:
    return lambda: page(name)


SHIPPED = (*DOMAINS, "sql", "files", "workorders")

TABLES: dict[str, Callable[[], str]] = {
    "kinds": kind_table,
    "errors": error_table,
    "shipped": shipped,
    "mapping": mapping,
    **{f"plugin-{name}": _paged(name) for name in SHIPPED},
}
