"""Every failure of the partner is the right error: each is put into each exchange of the baseline."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote, urlsplit

import msgspec

from c360.errors import (
    ConnectorError,
    OutcomeUnknown,
    PartnerFault,
    ProblemCode,
    Reauthorise,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.http import Response
from c360.testing.base import Check, Failed, check, demand
from c360.testing.driving import same
from c360.testing.lab import Lab
from c360.testing.trials import Trial
from c360.testing.wire import Heard, Misbehave

MARKER = "c360-marker-zq81"
"""Stands in every made-up answer: no error and no log may quote a partner's text."""

_JSON = {"content-type": "application/json"}


def status(number: int, **headers: str) -> Misbehave:
    """A fault: the partner answers with a status and an error of its own."""
    body = msgspec.json.encode({"error": {"code": MARKER, "message": f"{MARKER} nobody@mail.example"}})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Response(status=number, headers={**_JSON, **named}, content=body)


def body(content: bytes, media: str = "application/json") -> Misbehave:
    """A fault: the partner answers 200 with another body."""
    return lambda _: Response(status=200, headers={"content-type": media}, content=content)


async def _slow(heard: Heard) -> Response:
    await asyncio.sleep(heard.request.timeout or 10)
    raise _lost(heard, "no answer in time")


async def _reset(heard: Heard) -> Response:
    await asyncio.sleep(0.01)
    raise _lost(heard, "the connection broke")


def _lost(heard: Heard, text: str) -> RetryLater:
    """What the host's transport raises: of a change nobody knows what became of it."""
    return RetryLater(text) if heard.request.safe else OutcomeUnknown(text)


def _oversized(_: Heard) -> Response:
    raise PartnerFault("the answer is larger than allowed", code=ProblemCode.TOO_MUCH_DATA)


def _truncated(heard: Heard) -> Response:
    if heard.response is None:
        raise AssertionError("only an exchange that was answered can be cut")
    content = heard.response.content
    return msgspec.structs.replace(heard.response, content=content[: max(1, len(content) * 2 // 3)])


def _unlike_json(heard: Heard) -> Response:
    return body(f"{MARKER}: not json {{".encode())(heard)  # type: ignore[return-value]  # it returns one


Judge = Callable[[Trial, ConnectorError], str]
"""What is wrong with an error, or nothing."""


def judge(
    lab: Lab,
    trials: Iterable[Trial],
    what: str,
    wanted: Judge,
    change: str,
    *,
    shown: bool = True,
    parts: bool = False,
) -> None:
    """Fail where a fault did not come out as it should.

    Args:
        lab: the lab.
        trials: operations with the fault in them.
        what: what the partner did.
        wanted: says what is wrong with an error.
        change: what to change.
        shown: whether passing it over is wrong. Then also what came out beside the error has to be what
            it was; else it may be less.
        parts: whether it may be asked for again in smaller parts, which have to give what the whole did.
    """
    for trial in trials:
        where = f"{what} ({trial.where})"
        if not trial.wire.faults:
            continue  # what it follows from was already different
        if trial.heard is not None and not trial.heard.request.safe:
            continue  # it claims to change something, of which the check reads-declared-safe tells
        if trial.result.breaches:
            raise Failed(f"{where}: {trial.result.breaches[0]}", change)
        errors = lab.errors(trial)
        for error in errors:
            wrong = wanted(trial, error)
            demand(not wrong, f"{where} {wrong}", change)
        already = any(answer.error for answer in lab.original(trial).answers.values())
        demand(
            errors
            or already
            or not shown
            or _refused_anyway(trial)
            or (parts and _asked_in_parts(lab, trial)),
            f"{where} was passed over as if the partner had answered",
            "let the error through: an answer without it looks complete and is not",
        )
        _rest(lab, trial, where, less=not shown)


def _refused_anyway(trial: Trial) -> bool:
    """Whether the partner refused without the fault as well, with the same status: then it is no fault.

    Such as where a company is asked for as a person first, and the partner says that it is none.
    """
    if trial.heard is None or trial.heard.response is None or trial.heard.response.status < 400:
        return False
    place = (trial.heard.key, trial.heard.nth)
    told = [it.response.status for it in trial.wire.heard if (it.key, it.nth) == place and it.response]
    return told == [trial.heard.response.status]


def _asked_in_parts(lab: Lab, trial: Trial) -> bool:
    """Whether two requests or more stood in for the one whose answer was too large."""
    before = next(it for it in lab.trials if it.operation is trial.operation)
    path = urlsplit(trial.heard.request.url).path if trial.heard else ""

    def asked(of: Trial) -> int:
        return sum(urlsplit(it.request.url).path == path for it in of.wire.heard)

    return asked(trial) >= asked(before) + 2


def _rest(lab: Lab, trial: Trial, where: str, *, less: bool) -> None:
    """What is not an error is all there is: half a list would make totals wrong."""
    original = lab.original(trial)
    for cell, answer in trial.result.answers.items():
        before = original.answers[cell].items
        if answer.error is not None or same(answer.items, before):
            continue
        demand(
            less and len(answer.items) <= len(before),
            f"{where}: {cell[1]} came out with {len(answer.items)} of {len(before)} records and no error",
            "yield all records of a kind or an error, nothing in between",
        )


def is_a(*kinds: type[ConnectorError]) -> Judge:
    """A judge: the error has to be one of these."""

    def wrong(_: Trial, error: ConnectorError) -> str:
        if isinstance(error, kinds):
            return ""
        return f"ended as {type(error).__name__} instead of {' or '.join(it.__name__ for it in kinds)}"

    return wrong


def _gone(trial: Trial, error: ConnectorError) -> str:
    """Of what another answer has just named, a 404 may also mean to ask again."""
    if isinstance(error, RetryLater) and trial.heard is not None and _named_before(trial.heard, trial):
        return ""
    return is_a(SkipCustomer, PartnerFault)(trial, error)


def _named_before(heard: Heard, trial: Trial) -> bool:
    """Whether the path leads to something whose id came in an earlier answer, such as an account's."""
    customers = {party for party, _ in trial.result.answers}
    steps = [unquote(it) for it in urlsplit(heard.request.url).path.split("/")]
    ids = [it for it in steps if re.search(r"\d", it) and it not in customers]
    answers = [it.response.content for it in trial.wire.heard if it.response and it.key != heard.key]
    return any(f'"{name}"'.encode() in content for name in ids for content in answers)


def _refusal(trial: Trial, error: ConnectorError) -> str:
    by_grant = trial.heard is not None and trial.heard.by_grant
    return is_a(Reauthorise if by_grant else Reconfigure)(trial, error)


def _limited(_: Trial, error: ConnectorError) -> str:
    if not isinstance(error, RetryLater):
        return f"ended as {type(error).__name__} instead of RetryLater"
    if error.code is not ProblemCode.RATE_LIMITED:
        return f"ended with the code {error.code.value} instead of RATE_LIMITED"
    return "" if error.retry_after == 7 else f"lost Retry-After: 7, and waits {error.retry_after}"


def _too_much(_: Trial, error: ConnectorError) -> str:
    if error.code is not ProblemCode.TOO_MUCH_DATA:
        return f"ended as {type(error).__name__} with {error.code.value} instead of TOO_MUCH_DATA"
    return ""


def _fault(
    identity: str,
    title: str,
    misbehave: Misbehave,
    wanted: Judge,
    change: str,
    *,
    shown: bool = True,
    parts: bool = False,
) -> Check:
    @check(identity, title, rule="errors")
    def run(lab: Lab) -> None:
        lab.needs_http()
        lab.sound()
        judge(lab, lab.faulted(identity, misbehave), f"{identity}:", wanted, change, shown=shown, parts=parts)

    return run


_LET_THROUGH = (
    "let the error of ctx.http through; raise your own only where the API says it otherwise, and none of one "
    "customer (SkipCustomer) for a whole batch"
)
_DECODE = "decode with Response.decode(type), which raises PartnerFault"

FAULTS: dict[str, Misbehave] = {
    "status-401": status(401),
    "status-403": status(403),
    "status-404": status(404),
    "status-409": status(409),
    "status-422": status(422),
    "status-429": status(429, retry_after="7"),
    "status-500": status(500),
    "status-503": status(503),
    "slow": _slow,
    "reset": _reset,
    "truncated": _truncated,
    "wrong-content-type": body(f"<html>{MARKER}</html>".encode(), "text/html; charset=utf-8"),
    "not-json": _unlike_json,
    "empty-body": body(b""),
    "oversized": _oversized,
    "deep-json": body(b"[" * 200_000 + b"]" * 200_000),
    "unexpected-json": body(b'"' + MARKER.encode() + b'"'),
}
"""Every fault, by the name of its check."""

_NO_SUCCESS = (PartnerFault, SkipCustomer, Reconfigure, Reauthorise)

CHECKS = (
    _fault(
        "status-401",
        "401 is Reauthorise with a grant, else Reconfigure",
        FAULTS["status-401"],
        _refusal,
        _LET_THROUGH,
    ),
    _fault(
        "status-403",
        "403 is Reauthorise with a grant, else Reconfigure",
        FAULTS["status-403"],
        _refusal,
        _LET_THROUGH,
    ),
    _fault(
        "status-404",
        "404 is SkipCustomer or PartnerFault, or less of a list",
        FAULTS["status-404"],
        _gone,
        _LET_THROUGH,
        shown=False,
    ),
    _fault(
        "status-409",
        "409 is an error that no repetition helps",
        FAULTS["status-409"],
        is_a(*_NO_SUCCESS),
        _LET_THROUGH,
    ),
    _fault(
        "status-422",
        "422 is an error that no repetition helps",
        FAULTS["status-422"],
        is_a(*_NO_SUCCESS),
        _LET_THROUGH,
    ),
    _fault(
        "status-429",
        "429 is RetryLater with RATE_LIMITED and the partner's Retry-After",
        FAULTS["status-429"],
        _limited,
        _LET_THROUGH,
    ),
    _fault("status-500", "500 is RetryLater", FAULTS["status-500"], is_a(RetryLater), _LET_THROUGH),
    _fault("status-503", "503 is RetryLater", FAULTS["status-503"], is_a(RetryLater), _LET_THROUGH),
    _fault("slow", "No answer in time is RetryLater", FAULTS["slow"], is_a(RetryLater), _LET_THROUGH),
    _fault("reset", "A broken connection is RetryLater", FAULTS["reset"], is_a(RetryLater), _LET_THROUGH),
    _fault(
        "truncated",
        "A body that ends in the middle is PartnerFault",
        FAULTS["truncated"],
        is_a(PartnerFault),
        _DECODE,
    ),
    _fault(
        "wrong-content-type",
        "A page in the place of JSON is PartnerFault",
        FAULTS["wrong-content-type"],
        is_a(PartnerFault),
        _DECODE,
    ),
    _fault(
        "not-json", "A body that is no JSON is PartnerFault", FAULTS["not-json"], is_a(PartnerFault), _DECODE
    ),
    _fault(
        "empty-body", "200 without a body is PartnerFault", FAULTS["empty-body"], is_a(PartnerFault), _DECODE
    ),
    _fault(
        "oversized",
        "An answer that is too large is TOO_MUCH_DATA",
        FAULTS["oversized"],
        _too_much,
        "let the transport's PartnerFault through, or ask for all of it in smaller parts",
        parts=True,
    ),
    _fault(
        "deep-json",
        "JSON nested too deeply is PartnerFault",
        FAULTS["deep-json"],
        is_a(PartnerFault),
        _DECODE,
    ),
    _fault(
        "unexpected-json",
        "JSON of another shape is PartnerFault",
        FAULTS["unexpected-json"],
        is_a(PartnerFault),
        _DECODE,
    ),
)
