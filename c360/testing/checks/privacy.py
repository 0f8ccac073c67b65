"""Secrets and personal data stay out of logs, errors, reprs and recordings.

Looked for in everything that was said while faults were put into every exchange.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping

import msgspec

from c360.errors import ConnectorError
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.checks.errors import FAULTS, MARKER
from c360.testing.lab import Lab, parties
from c360.testing.recording import HEADER
from c360.testing.validity import texts

_SHORT = 4
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9.-]+\.[A-Za-z]{2,})")
_RESERVED = re.compile(r"(?i)(.*\.)?(example|test|invalid|localhost|example\.(com|net|org))")


def _provoke(lab: Lab) -> None:
    """Put every fault into every exchange, so that whatever says too much has said it."""
    lab.sound()
    if lab.http:
        for name, misbehave in FAULTS.items():
            lab.faulted(name, misbehave)


def _marks(lab: Lab) -> dict[str, str]:
    """Values of the known customers that tell who they are, and what partners say in the faults."""
    found: set[str] = set()
    for party in parties(lab):
        bare = msgspec.structs.replace(party, language=None, updated_at=None)
        found |= {text for text in texts(bare) if len(text) >= _SHORT and not text.isalpha()}
        for name in (party.given_name, party.family_name, party.full_name, party.organization_name):
            if name and len(name) >= _SHORT:
                found.add(name)
    for customer in lab.customers:
        found |= {value for value in customer.keys.values() if len(value) >= _SHORT}
    found -= {party.party_id for party in parties(lab)}
    marks = {f"a customer's personal data ({len(it)} characters)": it for it in found}
    return {**marks, "a partner's text": MARKER}


def _said(lab: Lab) -> Iterator[tuple[str, str]]:
    for line in lab.ear.logged:
        yield "a log line", line
    if lab.ear.printed:
        yield "the output", lab.ear.printed


def _raised(lab: Lab) -> Iterator[tuple[str, str]]:
    for error in lab.ear.errors:
        name = type(error).__name__
        shown = f"{error} {error!r} {error.args}"
        if isinstance(error, ConnectorError):
            shown += error.user_message
        if error.__cause__ is not None:
            shown += "".join(traceback.format_exception_only(error.__cause__))
        yield f"the error {name}", shown


def _absent(said: Iterator[tuple[str, str]], values: Mapping[str, str], change: str) -> None:
    for where, text in said:
        for name, value in values.items():
            if value in text:
                raise Failed(f"{where} shows {name}", change)


@check("secrets-not-logged", "No log line and no output shows a secret", rule="privacy")
def secrets_not_logged(lab: Lab) -> None:
    """The config's secrets and the customers' grants, under every fault."""
    _provoke(lab)
    _absent(_said(lab), lab.named_secrets, "do not log it: pass secrets as Secret, and never reveal() them")


@check("secrets-not-in-errors", "No error shows a secret", rule="privacy")
def secrets_not_in_errors(lab: Lab) -> None:
    """Its message, its arguments and its cause."""
    _provoke(lab)
    _absent(_raised(lab), lab.named_secrets, "name the field in the error, not its value")


@check("personal-data-not-logged", "No log line and no output shows personal data", rule="privacy")
def personal_data_not_logged(lab: Lab) -> None:
    """What the known customers' profiles hold, and the text of a partner's error."""
    _provoke(lab)
    _absent(_said(lab), _marks(lab), "log what happened, not to whom; name fields, not values")


@check("personal-data-not-in-errors", "No error shows personal data or a partner's text", rule="privacy")
def personal_data_not_in_errors(lab: Lab) -> None:
    """Errors reach operators, who need not know whom they are about."""
    _provoke(lab)
    _absent(_raised(lab), _marks(lab), "say what is wrong and where; quote no value and no answer")


@check("nothing-printed", "It prints nothing", rule="privacy")
def nothing_printed(lab: Lab) -> None:
    """What has to be said is logged or raised."""
    _provoke(lab)
    demand(not lab.ear.printed.strip(), "it prints", "remove print(); log what an operator needs")


@check("reprs-hide-secrets", "No repr of the connector or its parts shows a secret", rule="privacy")
def reprs_hide_secrets(lab: Lab) -> None:
    """Debuggers and error trackers print them."""

    async def work() -> str:
        session = lab.session()
        try:
            connector = session.connector
            parts = [connector, connector.config, connector.auth(), *vars(connector).values()]
            return " ".join(f"{it!r} {it}" for it in parts)
        finally:
            await lab.suite.close(session.connector)

    shown = lab.run(work)
    for name, secret in lab.named_secrets.items():
        demand(secret not in shown, f"a repr shows {name}", "keep it as Secret until it is on the wire")


@check("recordings-scrubbed", "Recordings hold no secret and no real e-mail address", rule="privacy")
def recordings_scrubbed(lab: Lab) -> None:
    """They are committed and shared."""
    folder = lab.suite.recordings_folder()
    if folder is None:
        raise Exempt("the suite's partner is no recording")
    for file in sorted(folder.glob("*.json")):
        text = file.read_text("utf-8")
        for name, secret in lab.secrets.items():
            demand(secret not in text, f"{file.name} shows {name}", "record again: python -m c360 record")
        if file.name == HEADER:
            continue
        real = [it for it in _EMAIL.finditer(text) if not _RESERVED.fullmatch(it.group(1))]
        demand(
            not real,
            f"{file.name} holds an e-mail address of a real domain",
            "record again with python -m c360 record, which replaces them",
        )


CHECKS = (
    secrets_not_logged,
    secrets_not_in_errors,
    personal_data_not_logged,
    personal_data_not_in_errors,
    nothing_printed,
    reprs_hide_secrets,
    recordings_scrubbed,
)
