"""Names of organisations in a form that can be compared: without the legal form."""

from __future__ import annotations

import functools

from resolvers.identity import naming, normalise, tables

_FILLERS = frozenset(
    {"and", "und", "et", "y", "e", "en", "the", "of", "de", "du", "des", "do", "da", "la", "le"}
)


@functools.lru_cache(maxsize=16_384)
def company_words(name: str, country: str | None = None) -> tuple[str, ...]:
    """The words of an organisation's name in plain Latin letters, without its legal form.

    Args:
        name: As a register or a partner writes it.
        country: Where it is registered; without it the legal forms of all countries are known.

    A name that is nothing but a legal form keeps its words.
    """
    found = _told(_without_native_form(name, country))
    forms = _forms(country)
    while stripped := _without_form(found, forms):
        found = stripped
    return tuple(dict.fromkeys(found))


def _told(text: str) -> list[str]:
    """Words in Latin letters without fillers, single letters in a row (``S. A.``, ``A.G.``) made one."""
    glued: list[str] = []
    open_run = False
    for word in normalise.name_words(text):
        single = len(word) == 1 and word.isascii() and word.isalpha()
        if single and open_run:
            glued[-1] += word
        else:
            glued.append(word)
        open_run = single
    latin = (part for word in glued for part in naming.words(word))
    return [word for word in latin if word not in _FILLERS]


@functools.cache
def _forms(country: str | None) -> tuple[tuple[str, ...], ...]:
    """Legal forms taken apart as names are, the longest first."""
    spelt = {tuple(_told(form)) for form in tables.legal_forms(country) if form.isascii()}
    return tuple(sorted(spelt, key=lambda form: (-len(form), form)))


def _without_native_form(name: str, country: str | None) -> str:
    """Without a form such as ``有限公司``, before or behind which no space stands."""
    bare = name.strip()
    for form in sorted((form for form in tables.legal_forms(country) if not form.isascii()), key=len)[::-1]:
        shorter = bare.casefold().removesuffix(form).removeprefix(form).strip()
        if shorter and len(shorter) < len(bare):
            return shorter
    return bare


def _without_form(found: list[str], forms: tuple[tuple[str, ...], ...]) -> list[str]:
    """The words without a form at their end or start; none where there is no form or nothing else."""
    for form in forms:
        size = len(form)
        if size and len(found) > size:
            if tuple(found[-size:]) == form:
                return found[:-size]
            if tuple(found[:size]) == form:
                return found[size:]
    return []
