"""How the columns of an unknown file are compared: levels of agreement in SQL, the best first.

A level holds where no earlier one does. ``{l}`` and ``{r}`` stand for the two records' value of the
column; the last level is all the rest. Where either value is missing, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from resolvers.identity.agreement import equal, missing, similar, within
from resolvers.identity.population.columns import Column, Field, date_sql
from resolvers.identity.population.sql import quoted

_WORDS = "[^\\p{L}\\p{N}]+"


@dataclass(frozen=True)
class Level:
    """One degree of agreement."""

    label: str
    sql: str
    frequency_of: str | None = None
    """Feature whose frequency adjusts the weight: agreement on a rare value says more."""


@dataclass(frozen=True)
class Comparison:
    """Levels of agreement of one thing, from the best to ``else``; each pair falls in exactly one."""

    name: str
    features: tuple[str, ...]
    """Columns of the prepared table that the levels read."""
    missing: str
    """SQL: nothing can be said of the pair."""
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Part:
    """One piece of a blocking key: records that agree on all pieces of a key are compared."""

    name: str
    column: str
    """The feature that it is a piece of."""
    field: Field
    sql: str
    whole: bool
    """Whether it is a whole value, not the beginning of one."""


@dataclass(frozen=True)
class Layout:
    """What is made of a file's columns."""

    features: dict[str, str]
    """SQL over the file's columns, by the name of the feature."""
    comparisons: tuple[Comparison, ...]
    parts: tuple[Part, ...]


def layout(columns: Sequence[Column]) -> Layout:
    """Features, comparisons and blocking parts of recognised columns."""
    features: dict[str, str] = {}
    named: dict[str, Column] = {}
    for number, column in enumerate(columns):
        name = f"f{number}_{column.field.value}"
        named[name] = column
        features[name] = feature_sql(column)
    by_field = {column.field: name for name, column in reversed(named.items())}
    comparisons: list[Comparison] = []
    parts: list[Part] = []
    place = by_field.get(Field.POSTAL_CODE), by_field.get(Field.CITY)
    for name, column in named.items():
        if all(place) and name in place:
            if column.field is Field.POSTAL_CODE:
                comparisons.append(_location(str(place[0]), str(place[1])))
        else:
            comparisons.append(_comparison(name, column.field, by_field))
        parts += _parts(name, column.field)
    return Layout(features=features, comparisons=tuple(comparisons), parts=tuple(parts))


def feature_sql(column: Column) -> str:
    """SQL of a column's value in one form: small letters, no accents, one blank between words."""
    raw = quoted(column.name)
    text = f"lower(strip_accents({raw}))"
    match column.field:
        case Field.BIRTH_DATE | Field.DATE:
            value = date_sql(raw, column.date_order)
        case Field.EMAIL:
            value = f"regexp_replace(trim({text}), '\\+[^@]*@', '@')"
        case Field.PHONE:
            value = f"right(regexp_replace({raw}, '[^0-9]', '', 'g'), 9)"
        case Field.POSTAL_CODE | Field.IDENTIFIER:
            value = f"regexp_replace({text}, '[^a-z0-9]', '', 'g')"
        case Field.NUMBER:
            value = f"coalesce(CAST(try_cast({raw} AS DOUBLE) AS VARCHAR), trim({text}))"
        case _:
            value = f"trim(regexp_replace({text}, '{_WORDS}', ' ', 'g'))"
    return f"nullif({value}, '')"


def _comparison(name: str, field: Field, others: dict[Field, str]) -> Comparison:
    levels = [Level("exact", equal(name).sql, frequency_of=name)]
    features = [name]
    if field in {Field.GIVEN_NAME, Field.FAMILY_NAME}:
        other = others.get(Field.FAMILY_NAME if field is Field.GIVEN_NAME else Field.GIVEN_NAME)
        if other:
            features.append(other)
            levels.append(Level("swapped", _swapped(name, other)))
        levels += [_similar(name, 0.92), _begins(name), _shares_word(name), _similar(name, 0.8)]
    else:
        levels += _LESS_THAN_EXACT.get(field, _nothing_less)(name)
    levels.append(Level("else", "ELSE"))
    return Comparison(name=name, features=tuple(features), missing=missing(name).sql, levels=tuple(levels))


def _location(postcode: str, city: str) -> Comparison:
    """Postal code and place as one comparison, since one follows from the other."""
    (code_l, code_r), (city_l, city_r) = _both(postcode), _both(city)
    same_city = f"coalesce({city_l} = {city_r}, false)"
    return Comparison(
        name="location",
        features=(postcode, city),
        missing=f"({code_l} IS NULL OR {code_r} IS NULL) AND ({city_l} IS NULL OR {city_r} IS NULL)",
        levels=(
            Level("same postal code", f"{code_l} = {code_r}", frequency_of=postcode),
            Level("nearly the same postal code", f"{_edits(postcode, 1).sql} AND {same_city}"),
            Level("same district and place", f"{_district(postcode)} AND {same_city}"),
            Level("same place", same_city, frequency_of=city),
            Level("same district", f"{_district(postcode)} OR coalesce({_edits(postcode, 1).sql}, false)"),
            Level("similar place", f"coalesce({_similar(city, 0.9).sql}, false)"),
            Level("else", "ELSE"),
        ),
    )


def _both(name: str) -> tuple[str, str]:
    return f"{name}_l", f"{name}_r"


def _similar(name: str, least: float) -> Level:
    return Level(f"similar {least:g}", similar(name, least).sql)


def _edits(name: str, most: int) -> Level:
    return Level("one slip" if most == 1 else f"{most} slips", within(name, most).sql)


def _begins(name: str) -> Level:
    left, right = _both(name)
    return Level(
        "one begins with the other", f"(starts_with({left}, {right}) OR starts_with({right}, {left}))"
    )


def _shares_word(name: str) -> Level:
    left, right = _both(name)
    several = f"(contains({left}, ' ') OR contains({right}, ' '))"
    words = ", ".join(
        f"list_filter(string_split({each}, ' '), lambda w: length(w) > 2)" for each in (left, right)
    )
    return Level("shares a word", f"({several} AND list_has_any({words}))")


def _shares_words(name: str) -> Level:
    left, right = _both(name)
    words = [f"string_split({each}, ' ')" for each in (left, right)]
    share = f"len(list_intersect({words[0]}, {words[1]})) / least(len({words[0]}), len({words[1]}))"
    several = f"contains({left}, ' ') AND contains({right}, ' ')"
    return Level("shares most words", f"({several} AND {share} > 0.6)")


def _swapped(name: str, other: str) -> str:
    (left, right), (other_left, other_right) = _both(name), _both(other)
    return f"coalesce({left} = {other_right} AND {right} = {other_left}, false)"


def _district(name: str) -> str:
    """The beginning of a postal code, without the last two or three characters."""
    kept = "greatest(2, CAST(length({0}) AS INTEGER) - CASE WHEN length({0}) > 5 THEN 3 ELSE 2 END)"
    left, right = (f"left({each}, {kept.format(each)})" for each in _both(name))
    return f"coalesce({left} = {right}, false)"


def _dates(name: str) -> list[Level]:
    left, right = _both(name)
    same_year = f"left({left}, 4) = left({right}, 4)"
    swapped = f"right({left}, 2) || substr({left}, 5, 2) = right({right}, 4)"
    unknown = " OR ".join(f"right({each}, 4) = '0101'" for each in (left, right))
    days = " - ".join(f"try_strptime({each}, '%Y%m%d')::DATE" for each in (left, right))
    years = " - ".join(f"try_cast(left({each}, 4) AS INTEGER)" for each in (left, right))
    return [
        Level(
            "one slip, or day and month swapped", f"(({same_year} AND {swapped}) OR {within(name, 1).sql})"
        ),
        Level("same year, of one no day is known", f"({same_year} AND ({unknown}))"),
        Level("within a month", f"coalesce(abs({days}) <= 31, false)"),
        Level(
            "two slips, or another year", f"(right({left}, 4) = right({right}, 4) OR {within(name, 2).sql})"
        ),
        Level("same year", same_year),
        Level("within ten years", f"abs({years}) <= 10"),
    ]


def _numbers(name: str) -> list[Level]:
    left, right = (f"try_cast({each} AS DOUBLE)" for each in _both(name))
    near = f"abs({left} - {right}) <= 0.02 * greatest(abs({left}), abs({right}))"
    return [_edits(name, 1), Level("within 2 %", f"coalesce({near}, false)")]


def _emails(name: str) -> list[Level]:
    left, right = (f"split_part({each}, '@', 1)" for each in _both(name))
    return [
        Level("same mailbox elsewhere", f"{left} = {right}"),
        _similar(name, 0.92),
        Level("similar mailbox", f"jaro_winkler_similarity({left}, {right}) >= 0.88"),
    ]


def _texts(name: str) -> list[Level]:
    return [_similar(name, 0.92), _shares_words(name), _similar(name, 0.8)]


def _numbers_written(name: str) -> list[Level]:
    return [_edits(name, 1), _edits(name, 2)]


def _nothing_less(_: str) -> list[Level]:
    return []


_LESS_THAN_EXACT: Mapping[Field, Callable[[str], list[Level]]] = {
    Field.FULL_NAME: _texts,
    Field.TEXT: _texts,
    Field.CITY: _texts,
    Field.STREET: lambda name: [_similar(name, 0.92), _similar(name, 0.85)],
    Field.BIRTH_DATE: _dates,
    Field.DATE: _dates,
    Field.EMAIL: _emails,
    Field.IDENTIFIER: _numbers_written,
    Field.PHONE: _numbers_written,
    Field.POSTAL_CODE: lambda name: [_edits(name, 1), Level("same district", _district(name))],
    Field.HOUSE_NUMBER: lambda name: [_edits(name, 1)],
    Field.NUMBER: _numbers,
    Field.CATEGORY: lambda name: [_similar(name, 0.92)],
}


def _parts(name: str, field: Field) -> list[Part]:
    """The whole value, and pieces of it that a slip elsewhere leaves alone."""
    value = quoted(name)
    whole = Part(name=name, column=name, field=field, sql=value, whole=True)
    pieces = {suffix: sql.format(value) for suffix, sql in _PIECES.get(field, {}).items()}
    if field in {Field.FAMILY_NAME, Field.FULL_NAME, Field.TEXT, Field.STREET}:
        pieces = {"3": f"left({value}, 3)", "sound": _sound(value)}
    return (
        []
        if field is Field.SEX
        else [
            whole,
            *(
                Part(name=f"{name}_{suffix}", column=name, field=field, sql=sql, whole=False)
                for suffix, sql in pieces.items()
            ),
        ]
    )


_PIECES: Mapping[Field, Mapping[str, str]] = {
    Field.GIVEN_NAME: {"1": "left({0}, 1)", "3": "left({0}, 3)"},
    Field.BIRTH_DATE: {"year": "left({0}, 4)", "day": "nullif(right({0}, 4), '0101')"},
    Field.DATE: {"year": "left({0}, 4)", "day": "nullif(right({0}, 4), '0101')"},
    Field.EMAIL: {"local": "nullif(split_part({0}, '@', 1), '')"},
    Field.POSTAL_CODE: {"3": "left({0}, 3)"},
    Field.IDENTIFIER: {"4": "left({0}, 4)", "end": "right({0}, 4)"},
    Field.PHONE: {"4": "left({0}, 4)", "end": "right({0}, 4)"},
}


def _sound(value: str) -> str:
    """The first letter and the consonants that follow, doubled ones once: robust to slips in vowels."""
    rest = f"regexp_replace(substr({value}, 2), '[aeiouyhw ]', '', 'g')"
    for letter in "bcdfglmnprst":
        rest = f"replace({rest}, '{letter}{letter}', '{letter}')"
    return f"left({value}, 1) || {rest}"
