"""The partner's calls are verified and read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from c360.access import IdempotencyKey
from c360.changes import Upsert
from c360.contract import Effect, Receipt, Subscription, Webhook, WebhookSpec
from c360.errors import RefusalCode, WebhookRefused, place
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.known import SampleWebhook
from c360.testing.lab import Lab
from c360.testing.validity import complaints


def _samples(lab: Lab, *, signed: bool = False) -> Iterator[tuple[WebhookSpec, SampleWebhook]]:
    spec = lab.description.webhooks
    if spec is None:
        raise Exempt("the partner makes no calls")
    if not lab.suite.webhooks:
        raise Failed("the suite has no sample webhook", "set webhooks to calls that the partner makes")
    if signed and not spec.signed:
        raise Exempt("the partner signs no calls")
    for sample in lab.suite.webhooks:
        yield spec, sample


def _received(
    lab: Lab, sample: SampleWebhook, *, config: Any = None, **changes: Any
) -> Receipt | WebhookRefused:
    """What receive() makes of a call, on an instance of its own."""
    webhook = Webhook(
        url=sample.url,
        headers={name.lower(): value for name, value in sample.headers.items()},
        content=sample.content,
        received_at=sample.received_at,
    )
    webhook = msgspec.structs.replace(webhook, **changes)

    async def work() -> Receipt | WebhookRefused:
        session = lab.session(now=lambda: webhook.received_at, config=config)
        try:
            found = session.connector.receive(webhook)
        except WebhookRefused as refused:
            lab.ear.errors.append(refused)
            return refused
        except Exception as error:
            raise Failed(
                f"receive() raised {place(error, 3)}", "raise WebhookRefused with its code"
            ) from error
        finally:
            await lab.suite.close(session.connector)
        demand(not session.wire.sent, "receive() sends requests", "verify and read; tell what is outdated")
        return found

    found = lab.run(work)
    demand(
        isinstance(found, Receipt | WebhookRefused),
        f"receive() returned a {type(found).__name__}",
        "return a Receipt",
    )
    return found


def _must_refuse(found: object, what: str, codes: set[RefusalCode], change: str) -> None:
    if not isinstance(found, WebhookRefused):
        raise Failed(f"a call {what} is believed", change)
    names = " or ".join(sorted(code.value for code in codes))
    demand(found.code in codes, f"a call {what} is refused as {found.code.value} instead of {names}", change)


@check("webhook-read", "A genuine call is believed and read", rule="webhooks")
def webhook_read(lab: Lab) -> None:
    """With its event's id, the same each time, and changes of the declared kinds."""
    for spec, sample in _samples(lab):
        found = _received(lab, sample)
        if isinstance(found, WebhookRefused):
            raise Failed(
                f"a genuine call is refused as {found.code.value}: {found}",
                "verify as the partner signs, over the bytes; or correct the sample",
            )
        demand(found.event_id, "a call has no event_id", "take the partner's id of the event")
        demand(
            sample.event_id is None or found.event_id == sample.event_id,
            "a call is read with another event_id than the sample's",
            "take the partner's id of the event",
        )
        again = _received(lab, sample)
        demand(
            isinstance(again, Receipt) and again == found,
            "the same call is read differently the second time",
            "derive everything from the call",
        )
        for change in found.changes:
            kind = getattr(change, "kind", None)
            demand(
                kind in spec.kinds, f"a call tells of {kind}, which is not declared", "declare it in webhooks"
            )
            if isinstance(change, Upsert):
                for complaint in complaints(change.record):
                    raise Failed(f"a call: {complaint.place} is {complaint.found}", "map it as fetch() does")


@check("webhook-tampered", "A call whose body was changed is refused", rule="webhooks")
def webhook_tampered(lab: Lab) -> None:
    """A byte more, a byte less, another byte: anywhere."""
    for _, sample in _samples(lab, signed=True):
        content = sample.content
        places = sorted({0, len(content) // 3, len(content) // 2, max(0, len(content) - 1)})
        changed = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in places if content]
        for other in (*changed, content + b" ", content[:-1]):
            _must_refuse(_received(lab, sample, content=other), "with another body", _SIGNATURE, _VERIFY)


_SIGNATURE = {RefusalCode.SIGNATURE, RefusalCode.MALFORMED}
_VERIFY = "compare signatures over the whole body, with hmac.compare_digest"


@check("webhook-unsigned", "A call without a signature, or with another one, is refused", rule="webhooks")
def webhook_unsigned(lab: Lab) -> None:
    """Each header left out, and each changed, must not make a call more credible."""
    for _, sample in _samples(lab, signed=True):
        headers = {name.lower(): value for name, value in sample.headers.items()}
        plain = {
            name: value for name, value in headers.items() if name.startswith(("content-", "accept", "user-"))
        }
        _must_refuse(_received(lab, sample, headers=plain), "without a signature", _SIGNATURE, _VERIFY)
        for name, value in headers.items():
            if name in plain:
                continue
            other = {**headers, name: value[:-2] + ("00" if value[-2:] != "00" else "11")}
            found = _received(lab, sample, headers=other)
            if "sig" in name or "hmac" in name or "digest" in name:
                _must_refuse(found, "with another signature", _SIGNATURE, _VERIFY)


@check("webhook-other-secret", "A call signed with another secret is refused", rule="webhooks")
def webhook_other_secret(lab: Lab) -> None:
    """The instance's secret is what counts: the samples are read by instances that have others."""
    for _, sample in _samples(lab, signed=True):
        refused = False
        for name in [it for it in lab.secrets if not it.startswith("the grant of ")]:
            try:
                config = lab.config(**{name: "another-secret-of-c360"})
            except Exception:  # noqa: BLE001, S112  # not every secret may be any text, such as a private key
                continue
            refused = refused or isinstance(_received(lab, sample, config=config), WebhookRefused)
        demand(refused, "a call is believed whatever secret the instance has", _VERIFY)


@check("webhook-replayed", "A call that is too old is refused as a replay", rule="webhooks")
def webhook_replayed(lab: Lab) -> None:
    """A second after the declared window; within it, it is believed."""
    for spec, sample in _samples(lab, signed=True):
        if spec.replay_window is None:
            raise Exempt("the partner dates no calls")
        late = sample.received_at + timedelta(seconds=spec.replay_window + 3600)
        _must_refuse(
            _received(lab, sample, received_at=late),
            "older than the declared window",
            {RefusalCode.REPLAYED},
            "compare the signed time with webhook.received_at, and refuse with REPLAYED",
        )


@check(
    "webhook-malformed", "A call that is not the partner's form is refused, without a crash", rule="webhooks"
)
def webhook_malformed(lab: Lab) -> None:
    """Empty, not JSON, deep, in odd bytes."""
    for _, sample in _samples(lab):
        for content in (b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000):
            found = _received(lab, sample, content=content)
            _must_refuse(
                found, "that is not in the partner's form", _SIGNATURE, "raise WebhookRefused with MALFORMED"
            )


@check("webhook-registered", "The hub's address is registered once, listed and removed", rule="webhooks")
def webhook_registered(lab: Lab) -> None:
    """Twice under one key, as after a lost answer; what a removal does not find any more is done with."""
    spec = lab.description.webhooks
    if spec is None or spec.registers is None:
        raise Exempt("the partner's API registers no address")
    if not lab.suite.partner():
        raise Exempt("a recording answers, which does not change")
    wanted = Subscription(
        url="https://hub.example/webhooks/c360-check", idempotency_key=IdempotencyKey("c360-check")
    )

    async def work() -> None:
        session = lab.session()
        partner = session.connector
        try:
            before = await partner.registrations()
            made = await partner.register(wanted)
            if spec.registers is Effect.KEYED:
                again = await partner.register(wanted)
                demand(
                    again == made, "the same registration twice differs", "send subscription.idempotency_key"
                )
            found = [each for each in await partner.registrations() if each.url == wanted.url]
            demand(
                len(found) == 1, f"it is listed {len(found)} times once registered", "tell each address once"
            )
            demand(
                set(found[0].references) == set(made.references),
                "it is listed under other ids than it was registered under",
                "tell the partner's own ids in both",
            )
            for _ in range(2):
                await partner.deregister(made.references)
            demand(await partner.registrations() == before, "it is listed once removed", "remove each id")
        finally:
            await lab.suite.close(partner)

    lab.run(work)


CHECKS = (
    webhook_read,
    webhook_tampered,
    webhook_unsigned,
    webhook_other_secret,
    webhook_replayed,
    webhook_malformed,
    webhook_registered,
)
