"""The protocol by itself: whatever is sent, it answers by its rules and never raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from api.graphql_transport_ws import (
    LONGEST_ID,
    Action,
    Authenticate,
    Close,
    CloseCode,
    Protocol,
    Send,
    Start,
    Stop,
)

MOST = 3


def said(protocol: Protocol, **message: Any) -> Action | None:
    return protocol.text(json.dumps(message))


def sent(action: Action | None) -> Any:
    assert isinstance(action, Send)
    return json.loads(action.text)


def ready() -> Protocol:
    protocol = Protocol(operations=MOST)
    said(protocol, type="connection_init")
    protocol.acknowledge()
    return protocol


def started(protocol: Protocol, one: str = "1") -> Start:
    action = said(protocol, type="subscribe", id=one, payload={"query": "{ a }"})
    assert isinstance(action, Start)
    return action


def test_an_operation_from_its_start_to_its_end() -> None:
    protocol = Protocol(operations=MOST)
    begun = said(protocol, type="connection_init", payload={"Authorization": "Bearer t"})
    assert begun == Authenticate({"Authorization": "Bearer t"})
    assert sent(protocol.acknowledge()) == {"type": "connection_ack"}
    start = started(protocol)
    assert start.request.query == "{ a }"
    assert sent(protocol.next(start, {"data": 1})) == {"type": "next", "id": "1", "payload": {"data": 1}}
    assert sent(protocol.complete(start)) == {"type": "complete", "id": "1"}
    assert protocol.next(start, {"data": 2}) is None
    assert protocol.complete(start) is None
    assert protocol.running == 0


def test_an_error_ends_its_operation_alone() -> None:
    protocol = ready()
    first, second = started(protocol, "1"), started(protocol, "2")
    told = sent(protocol.error(first, [{"message": "no"}]))
    assert told == {"type": "error", "id": "1", "payload": [{"message": "no"}]}
    assert protocol.complete(first) is None
    assert protocol.next(second, {"data": None}) is not None


def test_what_a_client_completes_is_stopped_and_its_id_is_free() -> None:
    protocol = ready()
    old = started(protocol)
    assert said(protocol, type="complete", id="1") == Stop("1")
    assert said(protocol, type="complete", id="1") is None
    new = started(protocol)
    assert protocol.next(old, {"data": 1}) is None, "of the operation that was stopped"
    assert protocol.complete(old) is None
    assert protocol.next(new, {"data": 2}) is not None


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "connection_init"}] * 2, CloseCode.TOO_MANY_INITIALISATIONS),
        ([{"type": "subscribe", "id": "1", "payload": {"query": "{ a }"}}], CloseCode.UNAUTHORIZED),
        ([{"type": "connection_ack"}], CloseCode.BAD_MESSAGE),
        ([{"type": "ping", "payload": 1}], CloseCode.BAD_MESSAGE),
    ],
)
def test_sequences_that_end_the_connection(messages: list[Any], code: CloseCode) -> None:
    protocol = Protocol(operations=MOST)
    actions = [said(protocol, **message) for message in messages]
    assert isinstance(actions[-1], Close)
    assert actions[-1].code is code
    assert protocol.is_closed
    assert said(protocol, type="ping") is None


def test_a_second_initialisation_is_too_many_also_once_it_is_acknowledged() -> None:
    action = said(ready(), type="connection_init")
    assert isinstance(action, Close)
    assert action.code is CloseCode.TOO_MANY_INITIALISATIONS


def test_an_id_runs_once_at_a_time() -> None:
    protocol = ready()
    long = "é" * LONGEST_ID
    started(protocol, long)
    action = said(protocol, type="subscribe", id=long, payload={"query": "{ a }"})
    assert isinstance(action, Close)
    assert action.code is CloseCode.SUBSCRIBER_EXISTS
    assert len(action.reason.encode()) <= 123, "more does not fit into a close frame"


def test_one_operation_too_many_is_told_and_harms_none() -> None:
    protocol = ready()
    running = [started(protocol, str(one)) for one in range(MOST)]
    told = sent(said(protocol, type="subscribe", id="more", payload={"query": "{ a }"}))
    assert (told["type"], told["id"]) == ("error", "more")
    assert told["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert protocol.complete(running[0]) is not None
    started(protocol, "more")


def test_a_reason_quotes_nothing_of_what_was_sent() -> None:
    action = said(Protocol(operations=MOST), type="hunter2")
    assert action == Close(CloseCode.BAD_MESSAGE, "Invalid message: unknown type - at `$.type`")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
TYPES = ("connection_init", "connection_ack", "ping", "pong", "subscribe", "next", "error", "complete")
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(TYPES) | JSON,
        "id": st.sampled_from(("1", "2")) | JSON,
        "payload": st.fixed_dictionaries(
            {},
            optional={
                "query": st.just("{ a }") | JSON,
                "variables": JSON,
                "operationName": JSON,
                "extensions": JSON,
            },
        )
        | JSON,
    },
)
TEXTS = (JSON | NEARLY).map(json.dumps) | st.text()


@given(st.lists(TEXTS, max_size=8), st.booleans())
def test_whatever_is_sent_is_taken_or_ends_the_connection(texts: list[str], begins: bool) -> None:
    protocol = ready() if begins else Protocol(operations=MOST)
    for text in texts:
        was_closed = protocol.is_closed
        action = protocol.text(text)
        assert not (was_closed and action), "nothing counts after the end"
        if isinstance(action, Close):
            assert protocol.is_closed
            assert len(action.reason.encode()) <= 123
        if isinstance(action, Start):
            assert begins


class Conversation(RuleBasedStateMachine):
    """Client and server at once: each operation ends once, and is heard of only while it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol = ready()
        self.starts: list[Start] = []
        self.running: dict[str, Start] = {}

    @rule(one=st.sampled_from("abcde"))
    def subscribes(self, one: str) -> None:
        if one in self.running:
            return
        action = said(self.protocol, type="subscribe", id=one, payload={"query": "{ a }"})
        if len(self.running) < MOST:
            assert isinstance(action, Start)
            self.running[one] = action
            self.starts.append(action)
        else:
            assert sent(action)["type"] == "error"

    @rule(one=st.sampled_from("abcde"))
    def completes(self, one: str) -> None:
        action = said(self.protocol, type="complete", id=one)
        assert action == (Stop(one) if self.running.pop(one, None) else None)

    @rule(data=st.data(), how=st.sampled_from(("next", "error", "complete")))
    def answers(self, data: st.DataObject, how: str) -> None:
        if not self.starts:
            return
        start = data.draw(st.sampled_from(self.starts))
        runs = self.running.get(start.id) is start
        if how == "next":
            action = self.protocol.next(start, {"data": None})
        else:
            action = self.protocol.error(start, []) if how == "error" else self.protocol.complete(start)
            if runs:
                del self.running[start.id]
        assert (action is not None) is runs
        if action is not None:
            assert sent(action)["type"] == how

    @rule()
    def pings(self) -> None:
        assert sent(said(self.protocol, type="ping")) == {"type": "pong"}
        assert said(self.protocol, type="pong") is None

    @invariant()
    def counts_what_runs(self) -> None:
        assert self.protocol.running == len(self.running)
        assert not self.protocol.is_closed


TestConversation = Conversation.TestCase
