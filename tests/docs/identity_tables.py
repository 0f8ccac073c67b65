"""Tables of docs/identity.md, from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from c360.records.party import PartyKind
from resolvers.identity.comparisons import COMPARISONS
from resolvers.identity.model import load
from resolvers.identity.rules import RULES
from resolvers.survivorship import DEFAULT_RULES, SurvivorshipRule
from schema.docs import member_descriptions

Markdown = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]


def comparison_table(markdown: Markdown, kind: PartyKind) -> str:
    weights = {
        one.comparison: {level.level: level for level in one.levels} for one in load().of(kind).comparisons
    }
    rows = []
    for comparison in COMPARISONS[kind]:
        for level in comparison.levels:
            if not level.null:
                weight = f"{weights[comparison.name][level.name].weight:+.1f}"
                rows.append((f"`{comparison.name}`", f"`{level.name}`", level.label, weight))
    return markdown(("field", "agreement", "meaning", "bits"), rows)


def rule_table(markdown: Markdown) -> str:
    return markdown(("rule", "what it does"), [(f"`{rule.name}`", rule.text.rstrip(".")) for rule in RULES])


def limit_table(markdown: Markdown) -> str:
    limits = load().limits
    rows = [(f"`{kind.value}`", str(most)) for kind, most in sorted(limits.identifiers.items(), key=str)]
    rows += [
        (f"customers that share one of `{name}`", str(most)) for name, most in sorted(limits.shared.items())
    ]
    rows.append(("records of one customer", str(limits.parties)))
    return markdown(("of", "at the most"), rows)


def survivorship_table(markdown: Markdown) -> str:
    texts = member_descriptions(SurvivorshipRule)
    rows = [
        (
            f"`{rule.name}`",
            texts[rule.name].rstrip("."),
            str(DEFAULT_RULES.index(rule) + 1) if rule in DEFAULT_RULES else "no",
        )
        for rule in SurvivorshipRule
    ]
    return markdown(("rule", "why a value won", "configurable; place by default"), rows)


def identity_tables(markdown: Markdown) -> dict[str, Callable[[], str]]:
    """By the name of their marks."""
    return {
        "comparisons-person": lambda: comparison_table(markdown, PartyKind.PERSON),
        "comparisons-organization": lambda: comparison_table(markdown, PartyKind.ORGANIZATION),
        "identity-rules": lambda: rule_table(markdown),
        "identity-limits": lambda: limit_table(markdown),
        "survivorship": lambda: survivorship_table(markdown),
    }
