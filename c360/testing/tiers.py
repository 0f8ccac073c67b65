"""Quality tiers: what a connector has proven, rule by rule.

A rule is done where its checks pass, exempt where it does not apply, and missing otherwise. What a
partner's API does not offer is exempt with the reason that the description gives
(:class:`~c360.contract.Exemption`); an exemption for something that the description declares is an error.
A tier holds where no rule of it, and of the tiers below it, is missing.

The standing is kept in ``conformance.json`` beside the plugin's ``__init__.py`` (for a plugin that is a
single file: ``NAME.conformance.json`` beside it), together with a fingerprint of the plugin's source, so
that a standing earned by other code shows as unproven.
"""

from __future__ import annotations

import enum
import hashlib
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import msgspec

from c360.contract import Description, Effect, Medium
from c360.testing.base import SUITE_VERSION, UNJUDGED

if TYPE_CHECKING:
    from c360.testing.report import CheckReport


class Tier(enum.Enum):
    """How much a connector has proven."""

    BRONZE = "BRONZE"
    """It keeps the contract, its mapping holds, and every failure of the partner is the right error."""
    SILVER = "SILVER"
    """It also reads to the end, bears drift, keeps secrets, and ends when it is told to."""
    GOLD = "GOLD"
    """It also follows changes, takes webhooks and acts, as far as the partner's API offers it, and
    bears generated payloads."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the tiers."""

    name: str
    """What a check and an :class:`~c360.contract.Exemption` call it."""
    tier: Tier
    title: str
    """What it asks for."""
    exemptible: bool = False
    """Whether the partner's API may lack what it is about, so that a reason takes its place."""


RULES = (
    Rule(name="contract", tier=Tier.BRONZE, title="It is what it describes, and does nothing at import."),
    Rule(name="config", tier=Tier.BRONZE, title="Every wrong setting is named; secrets stay hidden."),
    Rule(name="mapping", tier=Tier.BRONZE, title="Every declared kind gives complete, valid records."),
    Rule(name="answers", tier=Tier.BRONZE, title="One answer for each customer and kind, always the same."),
    Rule(name="errors", tier=Tier.BRONZE, title="Every failure of the partner is the right error."),
    Rule(name="requests", tier=Tier.SILVER, title="Requests are signed, stay below the base URL, are safe."),
    Rule(
        name="paging", tier=Tier.SILVER, title="Lists are read to their end, and no further.", exemptible=True
    ),
    Rule(name="windows", tier=Tier.SILVER, title="Windows are kept, both days included."),
    Rule(name="batches", tier=Tier.SILVER, title="Batches hold what was asked, customer by customer."),
    Rule(name="drift", tier=Tier.SILVER, title="New, missing and retyped fields break nothing."),
    Rule(name="privacy", tier=Tier.SILVER, title="Secrets and personal data stay out of logs and errors."),
    Rule(name="running", tier=Tier.SILVER, title="It ends when told, blocks nothing, has no hidden input."),
    Rule(name="identify", tier=Tier.SILVER, title="Customers are found by a key.", exemptible=True),
    Rule(name="documentation", tier=Tier.SILVER, title="It says where the partner's API is published."),
    Rule(
        name="feeds",
        tier=Tier.GOLD,
        title="What changes is followed, from every checkpoint.",
        exemptible=True,
    ),
    Rule(
        name="webhooks", tier=Tier.GOLD, title="The partner's calls are verified and read.", exemptible=True
    ),
    Rule(
        name="actions", tier=Tier.GOLD, title="What the partner lets us change is changed.", exemptible=True
    ),
    Rule(name="idempotency", tier=Tier.GOLD, title="An action takes effect once.", exemptible=True),
    Rule(name="rate-limit", tier=Tier.GOLD, title="It says how many requests are borne.", exemptible=True),
    Rule(name="fuzz", tier=Tier.GOLD, title="It bears payloads generated from the API.", exemptible=True),
)
"""All rules, the lowest tier first."""


class RuleState(enum.Enum):
    """Where a connector stands with a rule."""

    DONE = "DONE"
    EXEMPT = "EXEMPT"
    MISSING = "MISSING"


class RuleReport(msgspec.Struct, frozen=True, kw_only=True):
    """A rule and where a connector stands with it."""

    name: str
    tier: Tier
    state: RuleState
    reason: str = ""
    """Why it is exempt, or what is missing."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector has proven."""

    tier: Tier | None
    """The highest tier whose rules, and those of the tiers below, are done or exempt."""
    rules: tuple[RuleReport, ...] = ()
    proven: bool = True
    """False where nothing was kept, or it was earned by other code or an older suite: then ``tier`` is
    what was claimed last, and ``reason`` says what to do."""
    reason: str = ""


UNPROVEN = Standing(tier=None, proven=False, reason="never checked: run python -m c360 check")


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``conformance.json``."""

    suite: int
    source: str
    connectors: dict[str, Standing]


def tier_of(module: str | ModuleType, connector: str | None = None) -> Standing:
    """The standing that is kept beside a plugin's module.

    Reads one small file; imports nothing, raises nothing.

    Args:
        module: the plugin's module, such as ``plugins.hotel``, or its dotted name.
        connector: the connector's name as it describes itself; not needed where the plugin has one alone.
    """
    place = _place(module)
    if place is None:
        return UNPROVEN
    try:
        kept = msgspec.json.decode(_file(place).read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return UNPROVEN
    found = kept.connectors.get(connector or next(iter(kept.connectors), ""))
    if found is None:
        return UNPROVEN
    stale = ""
    if kept.suite != SUITE_VERSION:
        stale = f"earned with version {kept.suite} of the suite, this is {SUITE_VERSION}"
    elif kept.source != fingerprint(module):
        stale = "earned by other code"
    if stale:
        return msgspec.structs.replace(found, proven=False, reason=f"{stale}: run python -m c360 check")
    return found


def store(module: str | ModuleType, connector: str, standing: Standing) -> Path:
    """Keep a standing beside a plugin's module, next to those of its other connectors.

    Standings that other code earned are dropped.

    Returns:
        The file that was written.

    Raises:
        ValueError: the module has no source file.
        OSError: the file cannot be written.
    """
    place = _place(module)
    if place is None:
        raise ValueError("the plugin's module has no source file to keep its standing beside")
    file = _file(place)
    source = fingerprint(module)
    others: Mapping[str, Standing] = {}
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=_Kept)
        if (kept.suite, kept.source) == (SUITE_VERSION, source):
            others = kept.connectors
    except (OSError, msgspec.MsgspecError):
        pass  # nothing was kept, or nothing that can be read: it is written anew
    content = _Kept(suite=SUITE_VERSION, source=source, connectors={**others, connector: standing})
    text = msgspec.json.format(msgspec.json.encode(content, order="deterministic"), indent=2)
    file.write_bytes(text + b"\n")
    return file


def fingerprint(module: str | ModuleType) -> str:
    """A mark of a plugin's source: SHA-256 over the names and texts of its ``.py`` files, 16 digits."""
    place = _place(module)
    if place is None:
        return ""
    files = sorted(place.parent.rglob("*.py")) if place.name == "__init__.py" else [place]
    mark = hashlib.sha256()
    for file in files:
        text = file.read_bytes().replace(b"\r\n", b"\n")
        name = file.relative_to(place.parent).as_posix()
        mark.update(f"{name}\0{len(text)}\0".encode() + text)
    return mark.hexdigest()[:16]


def _place(module: str | ModuleType) -> Path | None:
    """The plugin's source file; for a package its ``__init__.py``."""
    if isinstance(module, ModuleType):
        found = module.__file__
    else:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError, AttributeError):
            return None
        found = spec.origin if spec else None
    return Path(found) if found and found.endswith(".py") else None


def _file(place: Path) -> Path:
    if place.name == "__init__.py":
        return place.with_name("conformance.json")
    return place.with_name(f"{place.stem}.conformance.json")


def standing(description: Description, checks: Iterable[CheckReport]) -> Standing:
    """Where a connector stands after a run: every rule, and the tier that follows."""
    by_rule: dict[str, list[CheckReport]] = {}
    for check in checks:
        by_rule.setdefault(check.rule, []).append(check)
    rules = tuple(_judge(rule, description, by_rule.get(rule.name, [])) for rule in RULES)
    reached: Tier | None = None
    for tier in Tier:
        if any(rule.tier is tier and rule.state is RuleState.MISSING for rule in rules):
            break
        reached = tier
    return Standing(tier=reached, rules=rules)


def _judge(  # noqa: PLR0911  # the first that holds
    rule: Rule, description: Description, checks: Sequence[CheckReport]
) -> RuleReport:
    def report(state: RuleState, reason: str = "") -> RuleReport:
        return RuleReport(name=rule.name, tier=rule.tier, state=state, reason=reason)

    failed = [check.id for check in checks if check.outcome.value == "FAILED"]
    if failed:
        return report(RuleState.MISSING, f"failed: {', '.join(failed)}")
    for check in checks:
        if check.found.startswith(UNJUDGED):
            return report(RuleState.MISSING, f"{check.id} was {check.found}")
    if any(check.outcome.value == "PASSED" for check in checks):
        return report(RuleState.DONE)
    if not checks:
        return report(RuleState.MISSING, "none of its checks ran")
    if not rule.exemptible or (rule.name in OVER_HTTP and description.medium is not Medium.HTTP):
        return report(RuleState.EXEMPT, checks[0].found)
    reason = next((it.reason for it in description.exemptions if it.rule == rule.name), "")
    if reason:
        return report(RuleState.EXEMPT, reason)
    if rule.name == "idempotency" and not description.actions:
        return report(RuleState.EXEMPT, "it performs no actions")
    return report(
        RuleState.MISSING, f"{checks[0].found}: declare it, or an Exemption of {rule.name!r} with the reason"
    )


OVER_HTTP = frozenset({"requests", "paging", "fuzz", "rate-limit"})
"""Rules about requests: exempt by themselves for a connector that sends none."""


def declared(description: Description) -> frozenset[str]:
    """Rules whose subject the description declares, so that nothing can exempt from them."""
    return frozenset(
        name
        for name, there in (
            ("identify", description.identifies),
            ("feeds", description.feeds),
            ("webhooks", description.webhooks),
            ("actions", description.actions),
            ("idempotency", any(it.effect is not Effect.UNTRACEABLE for it in description.actions)),
            ("rate-limit", description.limits.requests_per_second),
        )
        if there
    )
