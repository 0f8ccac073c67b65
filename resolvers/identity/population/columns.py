"""What the columns of an unknown file hold: told by their names first, else by their values."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.sql import literal, one, quoted

SAMPLE = 5000
"""Records that are looked at to tell what a column holds."""


class Field(enum.Enum):
    """What a column can hold; the value is what ``--map`` calls it."""

    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    EMAIL = "email"
    PHONE = "phone"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    REGION = "region"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    IDENTIFIER = "identifier"
    SEX = "sex"
    DATE = "date"
    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    IGNORE = "ignore"


ONCE = frozenset(
    {
        Field.GIVEN_NAME,
        Field.FAMILY_NAME,
        Field.FULL_NAME,
        Field.BIRTH_DATE,
        Field.POSTAL_CODE,
        Field.CITY,
    }
)
"""Fields that a record has one of; a second such column is compared as what its values look like."""

_SPELLINGS: Mapping[Field, str] = {
    Field.GIVEN_NAME: "givenname given firstname first forename fname christianname prenom vorname nombre",
    Field.FAMILY_NAME: "familyname family surname lastname last lname sname nachname apellido nom",
    Field.FULL_NAME: "fullname name personname customername displayname",
    Field.BIRTH_DATE: "dateofbirth birthdate dob birthday born birth geburtsdatum bdate",
    Field.EMAIL: "email emailaddress mail",
    Field.PHONE: "phone phonenumber telephone telephonenumber tel mobile mobilephone cell homephone",
    Field.POSTAL_CODE: "postalcode postcode zip zipcode plz postcodefake pcode",
    Field.CITY: "city town suburb locality place birthplace village municipality placeofbirth",
    Field.REGION: "state region county province canton country nationality",
    Field.STREET: "street streetname address address1 addressline1 streetaddress address2 addressline2",
    Field.HOUSE_NUMBER: "streetnumber housenumber houseno number streetno",
    Field.IDENTIFIER: "socsecid ssn socialsecuritynumber nationalid taxid taxnumber nino passport nhsnumber "
    "identitynumber cpf abn licence license",
    Field.SEX: "sex gender",
    Field.CATEGORY: "occupation profession title job race ethnicity language maritalstatus",
    Field.IGNORE: "uniqueid rowid recid recordid id index sourcedataset",
}
_BY_SPELLING = {spelling: field for field, text in _SPELLINGS.items() for spelling in text.split()}

DATE_ORDERS = {
    "ymd": r"^\s*(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D.*)?$",
    "dmy": r"^\s*(\d{1,2})\D(\d{1,2})\D(\d{4})(?:\D.*)?$",
    "mdy": r"^\s*(\d{1,2})\D(\d{1,2})\D(\d{4})(?:\D.*)?$",
}
_PLACES = {"ymd": (1, 2, 3), "dmy": (3, 2, 1), "mdy": (3, 1, 2)}


@dataclass(frozen=True)
class Column:
    """One column of a file and what it holds."""

    name: str
    field: Field
    date_order: str = "ymd"
    """For dates: in which order year, month and day stand."""


@dataclass(frozen=True)
class Profile:
    """What the values of a column look like; shares are of those that are not empty."""

    rows: int
    filled: int
    distinct: int
    emails: float
    digits: float
    numbers: float
    longest: int
    words: float
    dates: Mapping[str, float]


def recognise(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    *,
    given: Mapping[str, Field],
) -> tuple[list[Column], dict[str, str]]:
    """Tell what each column holds.

    Args:
        connection: where the table is.
        table: all columns are text.
        names: the columns to look at: not the truth.
        given: what the caller says that columns hold; taken as it is.

    Returns:
        the columns to compare, and why each other one is left out.

    Raises:
        PopulationError: nothing is left to compare.
    """
    found: list[Column] = []
    dropped: dict[str, str] = {}
    taken: set[Field] = set(given.values())
    for name in names:
        profile = profiled(connection, table, name)
        wanted = given.get(name)
        reason = _useless(profile) if wanted is None else None
        field = wanted or _by_name(name, profile, taken)
        if reason or field is Field.IGNORE:
            dropped[name] = reason or "numbers the records"
            continue
        taken.add(field)
        order = max(profile.dates, key=lambda each: profile.dates[each])
        found.append(Column(name=name, field=field, date_order=order))
    found, repeated = _without_repetitions(connection, table, found, frozenset(given))
    dropped |= repeated
    if not found:
        raise PopulationError(
            "no column is left to compare: " + "; ".join(f"{name}: {why}" for name, why in dropped.items())
        )
    return found, dropped


def profiled(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> Profile:
    """Look at the values of a column: counts over all, shapes over a sample."""
    value = f"nullif(trim({quoted(name)}), '')"
    rows, filled, distinct = one(
        connection, f"SELECT count(*), count({value}), count(DISTINCT {value}) FROM {table}"
    )
    # A month beyond 12 tells which way round days and months stand.
    dates = ", ".join(f"avg(({_is_date('v', order)})::INTEGER)" for order in DATE_ORDERS)
    shapes = one(
        connection,
        f"""SELECT avg(regexp_matches(v, '^[^@\\s]+@[^@\\s]+$')::INTEGER),
            avg(regexp_matches(v, '^[+(]?[0-9][0-9 ()./-]*$')::INTEGER),
            avg((try_cast(v AS DOUBLE) IS NOT NULL)::INTEGER),
            max(length(v)), avg(length(v) - length(replace(v, ' ', '')) + 1), {dates}
        FROM (SELECT {value} AS v FROM {table} WHERE {value} IS NOT NULL LIMIT {SAMPLE})""",
    )
    emails, digits, numbers, longest, words, *of_dates = (each or 0 for each in shapes)
    return Profile(
        rows=rows,
        filled=filled,
        distinct=distinct,
        emails=emails,
        digits=digits,
        numbers=numbers,
        longest=int(longest),
        words=words,
        dates=dict(zip(DATE_ORDERS, of_dates, strict=True)),
    )


def _is_date(value: str, order: str) -> str:
    pattern = literal(DATE_ORDERS[order])
    bounds = zip(_PLACES[order], ("1000 AND 2200", "1 AND 12", "1 AND 31"), strict=True)
    within = (
        f"try_cast(regexp_extract({value}, {pattern}, {place}) AS INTEGER) BETWEEN {bound}"
        for place, bound in bounds
    )
    return f"regexp_matches({value}, {pattern}) AND {' AND '.join(within)}"


def date_sql(value: str, order: str) -> str:
    """SQL of a date as eight digits, also where the day does not exist; null where it is none."""
    pattern = literal(DATE_ORDERS[order])
    parts = [
        f"lpad(regexp_extract({value}, {pattern}, {place}), {width}, '0')"
        for place, width in zip(_PLACES[order], (4, 2, 2), strict=True)
    ]
    return f"CASE WHEN regexp_matches({value}, {pattern}) THEN {' || '.join(parts)} END"


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[float, ...]:
    row: tuple[float, ...] | None = connection.execute(query).fetchone()
    return row or ()


def _useless(profile: Profile) -> str | None:
    if not profile.filled:
        return "is empty"
    if profile.distinct == 1:
        return "has one value"
    return None


def _by_name(name: str, profile: Profile, taken: set[Field]) -> Field:
    field = _BY_SPELLING.get(re.sub(r"[^a-z0-9]", "", name.lower()))
    if field is Field.IGNORE:
        # Called a number of the record, and every value differs: it numbers the records.
        return Field.IGNORE if profile.distinct >= 0.98 * profile.filled else Field.IDENTIFIER
    contradicted = (field is Field.BIRTH_DATE and max(profile.dates.values()) < 0.5) or (
        field is Field.EMAIL and profile.emails < 0.3
    )
    if field is None or contradicted or (field in ONCE and field in taken):
        return _by_values(profile)
    return field


def _by_values(profile: Profile) -> Field:
    share = profile.distinct / max(profile.filled, 1)
    # One word, different in every record, is a name of the record, not of the person.
    unique = profile.rows > 50 and profile.distinct == profile.filled and profile.words < 1.2
    looks = (
        (profile.emails > 0.6, Field.EMAIL),
        (max(profile.dates.values()) > 0.8, Field.DATE),
        (profile.distinct <= 30 or (share < 0.005 and profile.longest < 40), Field.CATEGORY),
        (profile.digits > 0.8 and share > 0.2 and profile.longest >= 6, Field.IDENTIFIER),
        (profile.numbers > 0.8, Field.NUMBER),
        (unique, Field.IGNORE),
    )
    return next((field for looks_so, field in looks if looks_so), Field.TEXT)


def _without_repetitions(
    connection: duckdb.DuckDBPyConnection, table: str, columns: list[Column], given: frozenset[str]
) -> tuple[list[Column], dict[str, str]]:
    """Leave out columns that say again what the given and the family name say.

    The weights of a comparison count as if fields erred independently of each other.
    """
    names = {column.field: column.name for column in columns}
    first, last = names.get(Field.GIVEN_NAME), names.get(Field.FAMILY_NAME)
    kept: list[Column] = []
    dropped: dict[str, str] = {}
    for column in columns:
        texts = {Field.TEXT, Field.FULL_NAME}
        if column.field in texts and first and last and column.name not in given:
            text = f"lower({quoted(column.name)})"
            (share,) = one(
                connection,
                f"""SELECT avg((contains({text}, lower({quoted(first)}))
                    OR contains({text}, lower({quoted(last)})))::INTEGER)
                FROM (SELECT * FROM {table} WHERE {quoted(column.name)} IS NOT NULL LIMIT {SAMPLE})""",
            )
            if (share or 0) > 0.6:
                dropped[column.name] = f"says again what {first} and {last} say"
                continue
        kept.append(column)
    return kept, dropped
