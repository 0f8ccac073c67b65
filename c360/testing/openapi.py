"""A partner's OpenAPI 3 file, as far as generated answers need it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import yaml

from c360.errors import C360Error

Schema = Mapping[str, Any]

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head"})


class OpenApiError(C360Error):
    """A file cannot be read as OpenAPI 3: names the file and what was found."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation with the schemas of its good answers."""

    method: str
    path: str
    """The template, such as ``/members/{id}``."""
    answers: tuple[tuple[int, Schema], ...]
    """Status and JSON schema of each 2xx answer; none where it has no JSON."""
    document: Any
    """The :class:`Document` that its references lead into."""


class Document:
    """A file, read once.

    Args:
        root: what it holds.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._found: dict[tuple[str, str], Operation | None] = {}

    @classmethod
    def load(cls, file: Path) -> Document:
        """Read a file, JSON or YAML.

        Raises:
            OpenApiError: it cannot be read, or is not OpenAPI 3.
        """
        try:
            text = file.read_text("utf-8")
            found = json.loads(text) if file.suffix == ".json" else yaml.load(text, Loader=_loader())  # noqa: S506  # made safe
        except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
            raise OpenApiError(f"{file} cannot be read ({type(error).__name__})") from None
        if not isinstance(found, dict) or not str(found.get("openapi", "")).startswith("3"):
            raise OpenApiError(f"{file} is no OpenAPI 3 file: the field openapi has to begin with 3")
        return cls(_texts_as_keys(found))

    def resolve(self, node: Any) -> Any:
        """Follow references until something else comes.

        Raises:
            OpenApiError: a reference leads nowhere, to another file, or in a circle.
        """
        for _ in range(50):
            if not isinstance(node, dict) or "$ref" not in node:
                return node
            node = self._target(str(node["$ref"]))
        raise OpenApiError("a reference leads in a circle")

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise OpenApiError(f"the reference {reference!r} leads to another file: bundle them into one")
        node: Any = self.root
        for part in reference.removeprefix("#").strip("/").split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and name.isdigit() and int(name) < len(node):
                node = node[int(name)]
            elif isinstance(node, dict) and name in node:
                node = node[name]
            else:
                raise OpenApiError(f"the reference {reference!r} leads nowhere")
        return node

    @functools.cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All operations."""
        return tuple(self._operations())

    def _operations(self) -> Iterator[Operation]:
        for path, item in (self.root.get("paths") or {}).items():
            for method, operation in self.resolve(item).items():
                if method in _METHODS and isinstance(operation, dict):
                    answers = tuple(self._answers(operation))
                    yield Operation(method=method.upper(), path=path, answers=answers, document=self)

    def _answers(self, operation: Mapping[str, Any]) -> Iterator[tuple[int, Schema]]:
        for status, answer in (operation.get("responses") or {}).items():
            if not status.startswith("2") and status != "default":
                continue
            for media, content in (self.resolve(answer).get("content") or {}).items():
                if "json" in media or media == "*/*":
                    number = int(status) if status.isdigit() else 200
                    yield number, self.resolve(content.get("schema") or {})

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request's path, whatever base path comes before it; the longest template."""
        key = (method, path)
        if key not in self._found:
            self._found[key] = self._find(method, path)
        return self._found[key]

    def _find(self, method: str, path: str) -> Operation | None:
        fits = [
            operation
            for operation in self.operations
            if operation.method == method and operation.answers and _template(operation.path).search(path)
        ]
        return max(fits, key=lambda it: (it.path.count("/"), -it.path.count("{"), len(it.path)), default=None)


@functools.cache
def _template(path: str) -> re.Pattern[str]:
    bare = path.partition("?")[0].rstrip("/")
    parts = re.split(r"\{[^}]*\}", bare)
    return re.compile("[^/]+".join(map(re.escape, parts)) + "/?$")


def _texts_as_keys(node: Any) -> Any:
    """YAML reads the status ``200`` as a number; as a key it is a text."""
    if isinstance(node, dict):
        return {str(key): _texts_as_keys(value) for key, value in node.items()}
    return [_texts_as_keys(value) for value in node] if isinstance(node, list) else node


@functools.cache
def _loader() -> type[Any]:
    """YAML as OpenAPI reads it: no dates, and ``NO`` is Norway, not false."""
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one where it was built

    class Loader(base):  # type: ignore[misc]  # which of the two, is known when it runs
        pass

    Loader.yaml_implicit_resolvers = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if not tag.endswith(":timestamp") and (not tag.endswith(":bool") or first in "tTfF")
        ]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return Loader
