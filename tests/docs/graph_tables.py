"""The tables of the guide to the graph."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from api.authentication.errors import Code, PurposeNotAllowed, Unauthenticated
from c360.errors import ProblemCode
from connectors.problems import COPY_STANDS_IN, problem
from connectors.results import SourceResult, SourceState
from resolvers.view import CustomerView
from schema.docs import member_descriptions
from schema.errors import ErrorCode
from schema.execution.limits import Limits
from schema.groups import discover
from schema.mutations import problems as mutation_codes
from schema.scalars import scalar_map
from tests.docs.cells import code, ended, markdown


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
    """Every ``RefusedError(status, message, code)`` in the endpoint, and who is turned away."""
    found = {}
    module = importlib.import_module("api.http")
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RefusedError":
            status, _, name = (ast.unparse(argument).strip("'") for argument in node.args)
            found[int(status), name] = MEANINGS[name]
    refused = member_descriptions(Code)
    for kind in (Unauthenticated, PurposeNotAllowed):
        found[kind.status, kind.code.name] = refused[kind.code.name].rstrip(".")
    return markdown(
        ("status", "code", "when"),
        [(str(status), code(name), text) for (status, name), text in sorted(found.items())],
    )


MEANINGS = {
    "BAD_REQUEST": "The body or a parameter is not what GraphQL over HTTP describes",
    "NOT_ACCEPTABLE": (
        "`Accept` takes none of `application/json`, `application/graphql-response+json`, `text/event-stream`"
    ),
    "REQUEST_TIMEOUT": "The body did not arrive within `server.body_timeout`",
    "PAYLOAD_TOO_LARGE": "The body is larger than `server.body_limit`",
    "UNSUPPORTED_MEDIA_TYPE": "The body is not `application/json` in UTF-8, or is compressed",
}


def limits() -> str:
    words = {
        "directives_together": "directives in one place",
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


TABLES: dict[str, Callable[[], str]] = {
    "windows": windows,
    "source-states": source_states,
    "problem-codes": problem_codes,
    "scalars": scalars,
    "error-codes": error_codes,
    "mutation-problems": mutation_problems,
    "http-codes": http_codes,
    "limits": limits,
}
