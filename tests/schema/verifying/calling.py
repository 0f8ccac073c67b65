"""An agent on the telephone with somebody whom nobody has verified yet."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import msgspec

from c360.access import Access, Principal, TenantId
from tests.fixtures.reach import Hub, party, principals, text_of

Run = Callable[[Coroutine[Any, Any, Any]], Any]

START = datetime(2026, 3, 2, 12, tzinfo=UTC)

PROFILE = """
displayName household { members { customer { displayName } } }
profile {
  displayName
  givenName { value losing { value sources { connector } } } familyName { value losing { value } }
  birthDate { value losing { value } } email { value losing { value } } phone { value losing { value } }
  contactPoints { kind value }
}
banking { accounts { id displayName maskedNumber } }
"""


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def principal(hub: Hub, subject: str, *roles: str) -> Principal:
    found = next(one for one in principals(hub) if (one.subject, one.tenant) == (subject, "a"))
    return msgspec.structs.replace(found, roles=frozenset(roles))


def shown(hub: Hub, run: Run, access: Access, who: str = "a002") -> str:
    answer = run(
        hub.ask(
            access,
            f"query($id: ID!) {{ node(id: $id) {{ ... on Customer {{ {PROFILE} }} }} }}",
            {"id": hub.node(who)},
        )
    )
    assert not answer.errors, answer.errors
    return text_of(answer)


def done(hub: Hub, run: Run, access: Access, name: str, fields: str, **given: Any) -> Any:
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ problems {{ code path }} {fields} }} }}"
    answer = run(hub.ask(access, query, {"input": given}))
    assert not answer.errors, answer.errors
    return answer.data[name]


def secrets(who: str) -> list[str]:
    """What must not show of somebody who is masked, but for the marks of whom they are."""
    stated = [party(who, connector) for connector in ("bank", "inn")]
    return [
        text
        for one in stated
        for text in (one.given_name, one.family_name, one.emails[0], one.phones[0][:-4], str(one.birth_date))
        if text
    ]


async def kinds_told(hub: Hub) -> list[str]:
    """The kinds of all events so far, in their order."""
    async with hub.database.read(TenantId("a")) as unit:
        return [event.kind for event in (await unit.outbox.after(0, limit=500))]
