"""The tables of the documentation say what the code says."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import typing
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from api.commands import COMMANDS
from api.settings import Settings
from c360 import errors
from c360.config import ConnectorConfig
from c360.contract import Description, Feed
from c360.enrolment import CustomerLine, GrantLine, KeyLine, LinkLine
from c360.errors import ConnectorError, ProblemCode
from c360.kinds import kinds
from c360.tables import TableMapping
from c360.values import Secret
from connectors.manager import PluginManager
from connectors.problems import COPY_STANDS_IN, problem
from connectors.results import SourceProblem, SourceResult, SourceState
from plugins.files.config import FileTable
from plugins.sql.config import SqlTable
from resolvers.joins import joins_of
from resolvers.view import CustomerView
from sandbox.population.numbers import DOMAINS
from schema.build import build_schema
from schema.docs import description, member_descriptions, prose
from schema.errors import ErrorCode
from schema.execution.limits import Limits
from schema.groups import discover
from schema.mutations import problems as mutation_codes
from schema.scalars import scalar_map
from tests.docs.identity_tables import identity_tables

Rows = list[tuple[str, ...]]
NONE = "\N{EN DASH}"


def markdown(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def code(text: object) -> str:
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    return ", ".join(code(text) for text in texts) or NONE


def ended(text: str) -> str:
    """A sentence without its final stop, as cells have it."""
    return text[:1].upper() + text[1:].rstrip(".")


# --- the graph ---------------------------------------------------------------------------------


def windows() -> str:
    rows = []
    for group in discover():
        for one in group.connections:
            line = one.timeline
            ahead = f"{line.ahead} days ahead" if line.ahead else "today"
            field = "".join((one.name.split("_")[0], *map(str.capitalize, one.name.split("_")[1:])))
            rows.append((code(f"{group.domain}.{field}"), f"{line.back} days back", ahead))
    return markdown(("connection", "from", "to"), rows)


def _view(state: SourceState) -> CustomerView:
    source = SourceResult(connector="x", domain="banking", state=state)
    unused: Any = None
    return CustomerView(unused, [source], today=unused, at=unused, order=())


def source_states() -> str:
    texts = member_descriptions(SourceState)
    rows = [
        (code(state.name), ended(texts[state.name]), "yes" if _view(state).complete else "**no**")
        for state in SourceState
    ]
    return markdown(("status", "meaning", "complete"), rows)


def problem_codes() -> str:
    rows = []
    for each in ProblemCode:
        copy = "stands in" if each in COPY_STANDS_IN else "not shown"
        searching = each is ProblemCode.NOT_SEARCHABLE
        rows.append(
            (code(each.name), ended(problem(each).message), "only in `search`" if searching else copy)
        )
    return markdown(("code", "meaning", "last-known copy"), rows)


def scalars() -> str:
    rows = [(code(each.name), ended(each.description or "")) for each in scalar_map().values()]
    return markdown(("scalar", "in JSON"), sorted(rows))


def error_codes() -> str:
    texts = member_descriptions(ErrorCode)
    return markdown(("code", "meaning"), [(code(each.name), ended(texts[each.name])) for each in ErrorCode])


def mutation_problems() -> str:
    texts = member_descriptions(mutation_codes.ProblemCode)
    rows = [(code(each.name), ended(texts[each.name])) for each in mutation_codes.ProblemCode]
    return markdown(("code", "meaning"), rows)


def http_codes() -> str:
    """Read from the endpoint's source: every ``RefusedError(status, message, code)``."""
    found = {}
    module = importlib.import_module("api.http")
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RefusedError":
            status, _, name = (ast.unparse(argument).strip("'") for argument in node.args)
            found[int(status), name] = MEANINGS[name]
    return markdown(
        ("status", "code", "when"),
        [(str(status), code(name), text) for (status, name), text in sorted(found.items())],
    )


MEANINGS = {
    "BAD_REQUEST": "The body or a parameter is not what GraphQL over HTTP describes",
    "NOT_ACCEPTABLE": "`Accept` takes neither `application/json` nor `application/graphql-response+json`",
    "REQUEST_TIMEOUT": "The body did not arrive within `server.body_timeout`",
    "PAYLOAD_TOO_LARGE": "The body is larger than `server.body_limit`",
    "UNSUPPORTED_MEDIA_TYPE": "The body is not `application/json` in UTF-8",
}


def limits() -> str:
    words = {
        "depth": "levels of fields",
        "nesting": "levels of selections, fragments included",
        "fields": "fields of an operation, fragments spread out",
        "all_fields": "fields of the document, fragments spread out",
        "root_fields": "root fields",
        "repetitions": "pairs of fields with the same name in the same place",
    }
    told = msgspec.structs.asdict(Limits())
    return markdown(
        ("at the most", "of"), [(f"{value:,}", words.get(name, name)) for name, value in told.items()]
    )


# --- plugins -----------------------------------------------------------------------------------


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


def _descriptions(*also: str) -> list[tuple[str, Description]]:
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
    for name, one in _descriptions():
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


# --- operating ---------------------------------------------------------------------------------


def commands() -> str:
    rows = []
    for name, summary in COMMANDS.items():
        command = importlib.import_module(f"api.commands.{name}").command
        options = [parameter.opts[0] for parameter in command.params if parameter.opts[0].startswith("--")]
        arguments = [
            parameter.name.upper() for parameter in command.params if not parameter.opts[0].startswith("--")
        ]
        rows.append((code(" ".join((name, *arguments))), ended(summary), codes(options)))
    return markdown(("command", "what it does", "options"), rows)


def _meta(hint: Any) -> str:
    for each in getattr(hint, "__metadata__", ()):
        if isinstance(each, msgspec.Meta) and each.description:
            return ended(each.description)
    return ""


def _default(field: msgspec.structs.FieldInfo, hint: Any) -> str:
    plain = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    if field.required:
        return "required, secret" if plain is Secret else "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return NONE if value is None else code(msgspec.json.encode(value).decode())


def _fields(kind: type[msgspec.Struct], prefix: str, skip: Iterable[str] = ()) -> Rows:
    hints = typing.get_type_hints(kind, include_extras=True)
    rows: Rows = []
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if field.name in skip or not _meta(hint):
            continue
        rows.append((code(prefix + field.name), _default(field, hint), _meta(hint)))
    return rows


def settings() -> str:
    rows = _fields(Settings, "")
    for name, kind in typing.get_type_hints(Settings).items():
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            rows += _fields(kind, f"{name}.")
    return markdown(("setting", "default", "meaning"), rows)


def connector_settings() -> str:
    rows = [("any", *row) for row in _fields(ConnectorConfig, "")]
    common = {field.name: field for field in msgspec.structs.fields(ConnectorConfig)}
    for name, one in _descriptions("sql/hotel", "files/hotel"):
        same = [
            field.name
            for field in msgspec.structs.fields(one.config)
            if field.name in common and field.required == common[field.name].required
        ]
        rows += [(name.partition("/")[0], *row) for row in _fields(one.config, "", same)]
    return markdown(("plugin", "setting", "default", "meaning"), rows)


def mapping() -> str:
    rows = [("both", *row) for row in _fields(TableMapping, "")]
    common = [field.name for field in msgspec.structs.fields(TableMapping)]
    for name, kind in (("sql", SqlTable), ("files", FileTable)):
        rows += [(name, *row) for row in _fields(kind, "", common)]
    return markdown(("plugin", "in `tables`", "default", "meaning"), rows)


def import_table() -> str:
    places: dict[type[msgspec.Struct], str] = {
        CustomerLine: "",
        LinkLine: "links[].",
        KeyLine: "links[].keys[].",
        GrantLine: "links[].grant.",
    }
    rows = []
    for kind, prefix in places.items():
        texts = _attribute_texts(kind)
        rows += [
            (code(prefix + field.name), "yes" if field.required else "no", texts.get(field.name, ""))
            for field in msgspec.structs.fields(kind)
        ]
    return markdown(("field", "required", "meaning"), rows)


def _attribute_texts(kind: type) -> dict[str, str]:
    """The docstrings beneath a class's attributes."""
    module = importlib.import_module(kind.__module__)
    tree = ast.parse(inspect.getsource(module))
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__
    )
    return {
        statement.target.id: ended(prose(following.value.value))
        for statement, following in itertools.pairwise(body)
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
        and isinstance(following.value.value, str)
    }


TABLES: dict[str, Callable[[], str]] = {
    "windows": windows,
    "source-states": source_states,
    "problem-codes": problem_codes,
    "scalars": scalars,
    "error-codes": error_codes,
    "mutation-problems": mutation_problems,
    "http-codes": http_codes,
    "limits": limits,
    "kinds": kind_table,
    "errors": error_table,
    "shipped": shipped,
    "commands": commands,
    "settings": settings,
    "connector-settings": connector_settings,
    "mapping": mapping,
    "import": import_table,
    **identity_tables(markdown),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_in_step(name: str, tables: dict[str, str]) -> None:
    expected = TABLES[name]()
    assert tables.get(name) == expected, f"put this between the marks of the table {name!r}:\n\n{expected}"


def test_every_mark_has_its_table(tables: dict[str, str]) -> None:
    assert sorted(tables) == sorted(TABLES)


def test_every_problem_of_a_source_is_in_the_graph() -> None:
    built = build_schema().graphql.type_map["SourceProblemCode"]
    assert sorted(built.values) == sorted(each.name for each in ProblemCode)  # type: ignore[attr-defined]  # an enum
    assert {each.name for each in ProblemCode} == {problem(each).code.name for each in ProblemCode}
    assert isinstance(problem(ProblemCode.RATE_LIMITED, 3.0), SourceProblem)
