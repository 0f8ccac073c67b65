"""From what a recorder heard to what may be kept: no secret, no personal value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from c360.config import ConnectorConfig
from c360.http import Request, Response
from c360.testing.known import Known
from c360.testing.pseudonyms import SCRUBBED, Category, Pseudonyms
from c360.testing.recording import (
    KEPT_HEADERS,
    About,
    Exchange,
    Recording,
    RecordingError,
    asked_of,
    value_of,
)
from c360.values import Secret

_SECRET_NAMES = re.compile(
    r"(?i).*(secret|password|passwd|api[-_]?key|access[-_]?token|refresh[-_]?token|id[-_]?token|signature"
    r"|client[-_]?assertion|authorization|credential|private[-_]?key|code[-_]?verifier)"
)
_SHORT = 6
"""Secrets shorter than this are looked for as whole values alone: they stand in other words by chance."""


def scrub(
    exchanges: Iterable[tuple[Request, Response]],
    *,
    about: About,
    secrets: Sequence[Secret] = (),
    pseudonyms: Pseudonyms | None = None,
) -> Recording:
    """What may be kept of exchanges: secrets gone, personal values replaced.

    Args:
        exchanges: what a :class:`~c360.testing.recording.Recorder` heard.
        about: what the recording is of; its customers are replaced as well.
        secrets: the instance's secrets and grants: see :func:`config_secrets`. What a request's ``auth``
            adds is never looked at, let alone kept.
        pseudonyms: further names of personal fields, or names to keep.

    Raises:
        RecordingError: something secret or personal is left; the message names the place, not the value.
    """
    names = pseudonyms or Pseudonyms()
    texts = [secret.reveal() for secret in secrets if secret]
    raw = [_kept(request, response, about.base_url) for request, response in exchanges]
    cleaned = [_without_secrets(exchange, texts) for exchange in raw]
    _learn(names, cleaned, about)
    done = tuple(_renamed(exchange, names) for exchange in cleaned)
    recording = Recording(about=_introduced(about, names), exchanges=done)
    _audit(recording, texts, names)
    return recording


def config_secrets(config: ConnectorConfig, customers: Iterable[Known] = ()) -> tuple[Secret, ...]:
    """The secrets that a config holds and the customers' grants."""
    values = [getattr(config, field.name) for field in msgspec.structs.fields(config)]
    grants = [Secret(customer.grant) for customer in customers if customer.grant]
    return (*(value for value in values if isinstance(value, Secret)), *grants)


def _kept(request: Request, response: Response, base_url: str) -> Exchange:
    headers = {name: value for name, value in response.headers.items() if KEPT_HEADERS.fullmatch(name)}
    asked = asked_of(request, base_url)
    return msgspec.structs.replace(
        asked, status=response.status, headers=headers, answer=value_of(response.content)
    )


def _without_secrets(exchange: Exchange, secrets: Sequence[str]) -> Exchange:
    def clean(text: str) -> str:
        for secret in secrets:
            if text == secret or (len(secret) >= _SHORT and secret in text):
                text = text.replace(secret, SCRUBBED)
            if len(secret) >= _SHORT and (quoted := quote(secret, safe="")) in text:
                text = text.replace(quoted, SCRUBBED)
        return text

    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {clean(field): walk(inner, field) for field, inner in value.items()}
        if isinstance(value, list | tuple):
            return [walk(inner, name) for inner in value]
        if isinstance(value, str):
            return SCRUBBED if value and _SECRET_NAMES.fullmatch(name) else clean(value)
        return value

    return msgspec.structs.replace(
        exchange,
        path=clean(exchange.path),
        params=tuple((name, walk(value, name)) for name, value in exchange.params),
        body=walk(exchange.body),
        headers={name: clean(value) for name, value in exchange.headers.items()},
        answer=walk(exchange.answer),
    )


def _learn(names: Pseudonyms, exchanges: Sequence[Exchange], about: About) -> None:
    """Customers first: what is known to be an id is one, whatever its field is called."""
    for customer in about.customers:
        names.name(customer.party_id, Category.ID)
        for key, value in customer.keys.items():
            kind = {"EMAIL": Category.EMAIL, "PHONE": Category.PHONE, "NAME": Category.FULL_NAME}
            names.name(value, kind.get(key.value, Category.ID))
        for ids in customer.objects.values():
            for value in ids:
                names.name(value, Category.ID)
    if about.unknown is not None:
        names.name(about.unknown, Category.ID)
    for exchange in exchanges:
        names.learn(exchange.answer)
        names.learn(exchange.body)
        for name, value in exchange.params:
            names.learn(value, name)


def _renamed(exchange: Exchange, names: Pseudonyms) -> Exchange:
    return msgspec.structs.replace(
        exchange,
        path=_path(exchange.path, names),
        params=tuple((name, names.replace(value, name)) for name, value in exchange.params),
        body=names.replace(exchange.body),
        headers={name: names.replace(value) for name, value in exchange.headers.items()},
        answer=names.replace(exchange.answer),
    )


def _path(path: str, names: Pseudonyms) -> str:
    bare, mark, query = path.partition("?")
    segments = [quote(names.replace(unquote(segment)), safe="") for segment in bare.split("/")]
    same = [
        old if unquote(old) == unquote(new) else new
        for old, new in zip(bare.split("/"), segments, strict=True)
    ]
    return "/".join(same) + mark + str(names.replace(query))


def _introduced(about: About, names: Pseudonyms) -> About:
    customers = tuple(
        msgspec.structs.replace(
            customer,
            party_id=names.replace(customer.party_id),
            keys={key: names.replace(value) for key, value in customer.keys.items()},
            objects={kind: tuple(names.replace(list(ids))) for kind, ids in customer.objects.items()},
            grant=None,
        )
        for customer in about.customers
    )
    unknown = None if about.unknown is None else str(names.replace(about.unknown))
    return msgspec.structs.replace(about, customers=customers, unknown=unknown)


def _audit(recording: Recording, secrets: Sequence[str], names: Pseudonyms) -> None:
    text = msgspec.json.encode(recording).decode()
    for secret in secrets:
        if len(secret) >= _SHORT and _escaped(secret) in text:
            raise RecordingError("a secret is left in the recording: name it in secrets as it is sent")
    for original in names.originals:
        if len(original) < _SHORT or original.isalpha():
            continue  # a word such as a town's name may stand elsewhere with another meaning
        escaped = _escaped(original)
        # Looked for as it is first: a pattern for each of thousands of values would take minutes.
        if escaped in text and re.search(rf"(?<![A-Za-z0-9]){re.escape(escaped)}(?![A-Za-z0-9])", text):
            kind = "an e-mail address" if "@" in original else f"a value of {len(original)} characters"
            raise RecordingError(f"{kind} that is personal is left in the recording: drop that exchange")


def _escaped(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]
