"""Registered documents: known by id, so that some callers need send nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from graphql import GraphQLError, parse

from c360.errors import ConfigError
from schema.engine import GraphEngine
from schema.errors import RequestError

SETTING = "admission.documents"
_SHA = "sha256:"


def read_documents(file: Path) -> Mapping[str, str]:
    """Texts by id, as a client's compiler writes them.

    An object of texts by id (Relay, graphql-codegen), or Apollo's manifest with ``operations``. An id that is
    a SHA-256 of its text is also found with the prefix ``sha256:``, as the specification writes it.

    Raises:
        ConfigError: the file is neither.
    """
    try:
        found = msgspec.json.decode(file.read_bytes())
    except OSError as error:
        raise ConfigError(SETTING, type(error).__name__, "name a readable JSON file") from None
    except msgspec.DecodeError:
        raise ConfigError(SETTING, "no JSON", "give an object of texts by id") from None
    texts = _texts(found)
    for name, text in list(texts.items()):
        if hashlib.sha256(text.encode()).hexdigest() == name.removeprefix(_SHA):
            texts[name.removeprefix(_SHA)] = texts[_SHA + name.removeprefix(_SHA)] = text
    return texts


def _texts(found: Any) -> dict[str, str]:
    if isinstance(found, dict) and isinstance(found.get("operations"), list):
        found = {one.get("id"): one.get("body") for one in found["operations"] if isinstance(one, dict)}
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(text, str) for name, text in found.items()
    ):
        raise ConfigError(SETTING, "another JSON", "give an object of texts by id, or Apollo's manifest")
    return found


def warm(engine: GraphEngine, documents: Mapping[str, str]) -> None:
    """Prepare every registered document, so that the first who sends it does not wait.

    Raises:
        ConfigError: one does not fit the graph, or asks for more than is allowed.
    """
    for name, text in documents.items():
        try:
            engine.prepare(text)
        except RequestError as refused:
            what = f"the document {name[:20]} cannot be executed ({refused.errors[0].message})"
            raise ConfigError(SETTING, what, "mend it where it comes from and register it anew") from None


def manifest_of(files: Iterable[Path]) -> Mapping[str, str]:
    """A manifest of the documents in files, each by the SHA-256 of its text.

    Raises:
        ConfigError: a file is no GraphQL.
    """
    made: dict[str, str] = {}
    for file in files:
        text = file.read_text("utf-8")
        try:
            parse(text)
        except GraphQLError as error:
            raise ConfigError(str(file), f"no GraphQL ({error.message})", "mend the document") from None
        made[_SHA + hashlib.sha256(text.encode()).hexdigest()] = text
    return made
