"""How the columns of an unknown file are compared: levels of agreement in SQL, the best first.

A level holds where no earlier one does. ``{l}`` and ``{r}`` stand for the two records' value of the
column; the last level is all the rest. Where either value is missing, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    both = _both(name)
    exact = Level("exact", f"{both[0]} = {both[1]}", frequency_of=name)
    features = [name]
    match field:
        case Field.GIVEN_NAME | Field.FAMILY_NAME:
            other = others.get(Field.FAMILY_NAME if field is Field.GIVEN_NAME else Field.GIVEN_NAME)
            levels = [exact]
            if other:
                features.append(other)
                levels.append(Level("swapped", _swapped(name, other)))
            levels += [_similar(name, 0.92), _begins(name), _shares_word(name), _similar(name, 0.8)]
        case Field.FULL_NAME | Field.TEXT | Field.CITY:
            levels = [exact, _similar(name, 0.92), _shares_words(name), _similar(name, 0.8)]
        case Field.STREET:
            levels = [exact, _similar(name, 0.92), _similar(name, 0.85)]
        case Field.BIRTH_DATE | Field.DATE:
            levels = [exact, *_dates(name)]
        case Field.EMAIL:
            local = tuple(f"split_part({each}, '@', 1)" for each in both)
            levels = [
                exact,
                Level("same mailbox elsewhere", f"{local[0]} = {local[1]}"),
                _similar(name, 0.92),
                Level("similar mailbox", f"jaro_winkler_similarity({local[0]}, {local[1]}) >= 0.88"),
            ]
        case Field.IDENTIFIER | Field.PHONE:
            levels = [exact, _edits(name, 1), _edits(name, 2)]
        case Field.POSTAL_CODE:
            levels = [exact, _edits(name, 1), Level("same district", _district(name))]
        case Field.HOUSE_NUMBER:
            levels = [exact, _edits(name, 1)]
        case Field.NUMBER:
            left, right = (f"try_cast({each} AS DOUBLE)" for each in both)
            near = f"abs({left} - {right}) <= 0.02 * greatest(abs({left}), abs({right}))"
            levels = [exact, _edits(name, 1), Level("within 2 %", f"coalesce({near}, false)")]
        case Field.CATEGORY:
            levels = [exact, _similar(name, 0.92)]
        case _:
            levels = [exact]
    levels.append(Level("else", "ELSE"))
    return Comparison(
        name=name,
        features=tuple(features),
        missing=f"{both[0]} IS NULL OR {both[1]} IS NULL",
        levels=tuple(levels),
    )


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
    return quoted(f"{name}_l"), quoted(f"{name}_r")


def _similar(name: str, least: float) -> Level:
    left, right = _both(name)
    return Level(f"similar {least:g}", f"jaro_winkler_similarity({left}, {right}) >= {least}")


def _edits(name: str, most: int) -> Level:
    left, right = _both(name)
    return Level(
        "one slip" if most == 1 else f"{most} slips", f"damerau_levenshtein({left}, {right}) <= {most}"
    )


def _begins(name: str) -> Level:
    left, right = _both(name)
    return Level("one begins with the other", f"(starts_with({left}, {right}) OR starts_with({right}, {left}))")


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
    left, right = (
        f"left({each}, greatest(2, CAST(length({each}) AS INTEGER) - CASE WHEN length({each}) > 5 THEN 3 ELSE 2 END))"
        for each in _both(name)
    )
    return f"coalesce({left} = {right}, false)"


def _dates(name: str) -> list[Level]:
    left, right = _both(name)
    year, rest = (f"left({each}, 4)" for each in (left, right)), (f"right({each}, 4)" for each in (left, right))
    year_l, year_r = year
    day_l, day_r = rest
    swapped = f"right({left}, 2) || substr({left}, 5, 2) = {day_r}"
    days = " - ".join(f"try_strptime({each}, '%Y%m%d')::DATE" for each in (left, right))
    return [
        Level("day and month swapped, or one slip", f"(({year_l} = {year_r} AND {swapped}) OR damerau_levenshtein({left}, {right}) <= 1)"),
        Level("same year, day not known", f"({year_l} = {year_r} AND ({day_l} = '0101' OR {day_r} = '0101'))"),
        Level("within a month", f"coalesce(abs({days}) <= 31, false)"),
        Level("same day, another year, or two slips", f"({day_l} = {day_r} OR damerau_levenshtein({left}, {right}) <= 2)"),
        Level("same year", f"{year_l} = {year_r}"),
        Level("within ten years", f"abs(try_cast({year_l} AS INTEGER) - try_cast({year_r} AS INTEGER)) <= 10"),
    ]


def _parts(name: str, field: Field) -> list[Part]:
    value = quoted(name)

    def part(suffix: str, sql: str, *, whole: bool = False) -> Part:
        return Part(name=f"{name}{suffix}", column=name, field=field, sql=sql, whole=whole)

    itself = part("", value, whole=True)
    match field:
        case Field.GIVEN_NAME:
            return [itself, part("_1", f"left({value}, 1)"), part("_3", f"left({value}, 3)")]
        case Field.FAMILY_NAME | Field.FULL_NAME | Field.TEXT | Field.STREET:
            return [itself, part("_3", f"left({value}, 3)"), part("_sound", _sound(value))]
        case Field.BIRTH_DATE | Field.DATE:
            return [itself, part("_year", f"left({value}, 4)"), part("_day", f"nullif(right({value}, 4), '0101')")]
        case Field.EMAIL:
            return [itself, part("_local", f"nullif(split_part({value}, '@', 1), '')")]
        case Field.POSTAL_CODE:
            return [itself, part("_3", f"left({value}, 3)")]
        case Field.IDENTIFIER | Field.PHONE:
            return [itself, part("_4", f"left({value}, 4)"), part("_end", f"right({value}, 4)")]
        case Field.SEX:
            return []
        case _:
            return [itself]


def _sound(value: str) -> str:
    """The first letter and the consonants that follow, doubled ones once: robust to slips in vowels."""
    rest = f"regexp_replace(substr({value}, 2), '[aeiouyhw ]', '', 'g')"
    for letter in "bcdfglmnprst":
        rest = f"replace({rest}, '{letter}{letter}', '{letter}')"
    return f"left({value}, 1) || {rest}"
