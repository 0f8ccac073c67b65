"""Made-up records of historical persons, with the truth: typed up by many hands, each with its own slips.

It imitates what public sets of this kind look like: five thousand persons with about ten records each,
names with nicknames, titles and misspellings, birth dates of which the day is not known, families in one
place over generations, and columns that say again what others say (a full name beside its parts).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from string import ascii_lowercase

COLUMNS = (
    "unique_id",
    "cluster",
    "full_name",
    "first_and_surname",
    "first_name",
    "surname",
    "dob",
    "birth_place",
    "postcode_fake",
    "gender",
    "occupation",
)

_MEN = """
    john william thomas george james henry charles robert edward richard joseph samuel david
    alexander arthur frederick francis walter alfred benjamin hugh philip peter andrew daniel ernest
    herbert edmund matthew simon nicholas ralph stephen isaac patrick archibald harold percy
    reginald gilbert augustus christopher anthony michael jonathan oliver lawrence humphrey josiah
    theodore
""".split()  # noqa: SIM905  # a long list of words reads best as words
_WOMEN = """
    mary elizabeth anne margaret jane sarah catherine alice eleanor frances florence charlotte emma
    dorothy edith caroline harriet isabella helen emily ellen susan martha louisa agnes maria lucy
    georgiana constance ethel
""".split()  # noqa: SIM905  # a long list of words reads best as words
_NICKNAMES: Mapping[str, tuple[str, ...]] = {
    "william": ("will", "bill", "wm"),
    "thomas": ("tom", "thos"),
    "john": ("jack", "jno"),
    "james": ("jim", "jas"),
    "george": ("geo",),
    "henry": ("harry", "hal"),
    "charles": ("charlie", "chas"),
    "robert": ("bob", "robt", "rob"),
    "edward": ("ned", "ted", "edw"),
    "richard": ("dick", "rich"),
    "joseph": ("joe", "jos"),
    "samuel": ("sam", "saml"),
    "alexander": ("alex", "sandy"),
    "frederick": ("fred",),
    "francis": ("frank",),
    "benjamin": ("ben", "benj"),
    "elizabeth": ("betty", "eliza", "bess"),
    "margaret": ("maggie", "peggy"),
    "catherine": ("kate", "kitty"),
    "mary": ("polly", "molly"),
}
_STEMS = """
    ash brad bar black bright brom bur car chat chol clif cole cran cros dal den dun eas el fair far
    fitz for gar glan green hal har hart hath haw hay hol hors hum kem ken kir lang law led lin long
    lyt mal mars mel mil mor nor oak orm pem pres rad rams red rock ros rud sal sand sed shel sher
    sim stan stav stock sut tal thorn tre tun wal war wat wen west whit wil win wood wyn york
""".split()  # noqa: SIM905  # a long list of words reads best as words
_ENDINGS = """
    bourne bridge burn bury by cliffe combe cot den don dale field ford gate grave ham hill hurst
    land ley low man mer more sey shaw son stead stone ton tree wall ward way well wick wood worth
""".split()  # noqa: SIM905  # a long list of words reads best as words
_COMMON = """
    smith jones williams brown taylor davies wilson evans thomas johnson roberts walker wright
    thompson robinson white hughes edwards green hall wood harris clarke jackson clark turner hill
    scott cooper morris ward moore king campbell stewart hamilton grey howard russell
""".split()  # noqa: SIM905  # a long list of words reads best as words
_PLACES = {
    "london": ("sw1", "ec1", "n1", "se1", "w1", "e1", "nw3", "wc2"),
    "city of westminster": ("sw1", "w1", "wc2"),
    "edinburgh": ("eh1", "eh3", "eh8"),
    "glasgow": ("g1", "g3", "g12"),
    "dublin": ("bt1", "bt7"),
    "bristol": ("bs1", "bs3", "bs8"),
    "liverpool": ("l1", "l8", "l15"),
    "manchester": ("m1", "m4", "m20"),
    "birmingham": ("b1", "b5", "b15"),
    "leeds": ("ls1", "ls6"),
    "oxford": ("ox1", "ox4"),
    "cambridge": ("cb1", "cb4"),
    "york": ("yo1", "yo10"),
    "norwich": ("nr1", "nr3"),
    "exeter": ("ex1", "ex4"),
    "bath": ("ba1", "ba2"),
    "plymouth": ("pl1", "pl4"),
    "devon": ("ex17", "ex20", "tq13"),
    "cornwall": ("pl30", "tr1"),
    "kent": ("ct1", "me1", "tn1"),
    "surrey": ("gu1", "kt1"),
    "sussex": ("bn1", "rh1"),
    "norfolk": ("nr10", "nr20"),
    "cardiff": ("cf1", "cf5"),
    "swansea": ("sa1",),
    "aberdeen": ("ab1", "ab10"),
    "nottingham": ("ng1", "ng7"),
    "brighton": ("bn1", "bn2"),
    "cheltenham": ("gl50",),
    "worcester": ("wr1", "wr5"),
}
_OCCUPATIONS = """
    politician writer cricketer painter military naval clergyman architect actor lawyer composer
    engineer physician botanist journalist historian poet diplomat merchant mathematician chemist
    sculptor judge philosopher explorer printer musician bishop geologist footballer
""".split()  # noqa: SIM905  # a long list of words reads best as words
_TITLES = ("sir {0} {1}", "{0} {1}, 1st baronet", "rev. {0} {1}", "{0} {1}, esq.", "{0} of {1}", "lord {1}")


@dataclass(frozen=True)
class _Person:
    id: str
    given: str
    family: str
    born: date
    place: str
    postcode: str
    woman: bool
    occupation: str


def records(persons: int = 5_156, seed: int = 50) -> Iterator[dict[str, str]]:
    """The records of so many persons, one to nineteen each, shuffled.

    Args:
        persons: 5,156 give about 50,000 records with about 300,000 true pairs.
        seed: another seed makes other persons.
    """
    rng = Random(seed)
    rows = [row for person in _persons(persons, rng) for row in _of(person, rng)]
    rng.shuffle(rows)
    yield from rows


def write(file: Path, persons: int = 5_156, seed: int = 50) -> int:
    """Write them as CSV; how many there are."""
    count = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for row in records(persons, seed):
            writer.writerow(row)
            count += 1
    return count


def _persons(count: int, rng: Random) -> Iterator[_Person]:
    parent: _Person | None = None
    for index in range(count):
        woman = rng.random() < 0.15
        names = _WOMEN if woman else _MEN
        given = names[int(len(names) * rng.random() ** 2)]
        if parent and rng.random() < 0.2:
            # Sons and daughters at home, some of them named for the father.
            family, place = parent.family, parent.place
            given = parent.given if not woman and rng.random() < 0.3 else given
            born = parent.born + timedelta(days=int(rng.uniform(19, 40) * 365))
        else:
            family = rng.choice(_COMMON) if rng.random() < 0.25 else rng.choice(_STEMS) + rng.choice(_ENDINGS)
            place = rng.choice(list(_PLACES)[: 3 + int(27 * rng.random())])
            born = date(1600, 1, 1) + timedelta(days=int(rng.random() ** 0.6 * 310 * 365))
        if rng.random() < 0.25:
            born = born.replace(month=1, day=1)
        parent = _Person(
            id=f"Q{100_000 + index * 37}",
            given=given,
            family=family,
            born=born,
            place=place,
            postcode=_postcode(place, rng),
            woman=woman,
            occupation=_OCCUPATIONS[int(len(_OCCUPATIONS) * rng.random() ** 2)],
        )
        yield parent


def _of(person: _Person, rng: Random) -> Iterator[dict[str, str]]:
    for number in range(1, 2 + int(19 * rng.random())):
        given, family, whole = _named(person, rng, first=number == 1)
        yield {
            "unique_id": f"{person.id}-{number}",
            "cluster": person.id,
            "full_name": whole,
            "first_and_surname": f"{given} {family}".strip(),
            "first_name": given,
            "surname": family,
            "dob": "" if rng.random() < 0.1 else _born(person.born, rng, first=number == 1),
            "birth_place": "" if rng.random() < 0.1 else _place(person, rng),
            "postcode_fake": ""
            if rng.random() < 0.12
            else person.postcode
            if rng.random() < 0.7
            else _postcode(person.place, rng),
            "gender": ""
            if rng.random() < 0.25
            else ("female" if person.woman != (rng.random() < 0.01) else "male"),
            "occupation": ""
            if rng.random() < 0.15
            else person.occupation
            if rng.random() < 0.85
            else rng.choice(_OCCUPATIONS),
        }


def _named(person: _Person, rng: Random, *, first: bool) -> tuple[str, str, str]:
    given, family = (person.given, person.family) if first else _misnamed(person, rng)
    whole = f"{given} {family}".strip()
    if given and family and rng.random() < 0.25:
        whole = rng.choice(_TITLES).format(given, family)
    return given, family, whole


def _misnamed(person: _Person, rng: Random) -> tuple[str, str]:
    given, family = person.given, person.family
    if given in _NICKNAMES and rng.random() < 0.25:
        given = rng.choice(_NICKNAMES[given])
    elif rng.random() < 0.04:
        given = given[0]
    if rng.random() < 0.12:
        given = _typo(given, rng)
    if rng.random() < 0.15:
        family = _typo(family, rng)
    if rng.random() < 0.03:
        family = f"{rng.choice(_STEMS)}{rng.choice(_ENDINGS)}"
    if rng.random() < 0.03:
        given, family = family, given
    if rng.random() < 0.03:
        family = ""
    elif rng.random() < 0.02:
        given = ""
    return given, family


def _born(born: date, rng: Random, *, first: bool) -> str:
    way = rng.random() if not first else 1.0
    text = born.isoformat()
    if way < 0.1:
        return born.replace(month=1, day=1).isoformat()
    if way < 0.18:
        place = rng.choice((0, 1, 2, 3, 5, 6, 8, 9))
        return text[:place] + rng.choice("0123456789") + text[place + 1 :]
    if way < 0.24:
        return (born + timedelta(days=rng.choice((-1, 1)) * int(1 + 30 * rng.random()))).isoformat()
    if way < 0.27 and born.day <= 12:
        return f"{born.year}-{born.day:02d}-{born.month:02d}"
    if way < 0.30:
        return (born + timedelta(days=rng.choice((-1, 1)) * int(365 * rng.uniform(1, 5)))).isoformat()
    return text


def _place(person: _Person, rng: Random) -> str:
    way = rng.random()
    if way < 0.08:
        return rng.choice(list(_PLACES))
    return _typo(person.place, rng) if way < 0.13 else person.place


def _postcode(place: str, rng: Random) -> str:
    letters = "".join(rng.choices("abdefghjlnpqrstuwxyz", k=2))
    return f"{rng.choice(_PLACES[place])} {rng.randrange(10)}{letters}"


def _typo(text: str, rng: Random) -> str:
    if len(text) < 3:
        return text
    place = 1 + int(rng.random() * (len(text) - 2))
    way = rng.random()
    if way < 0.3:
        return text[:place] + text[place + 1 :]
    if way < 0.6:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if way < 0.8:
        return text[:place] + rng.choice(ascii_lowercase) + text[place + 1 :]
    return text[:place] + rng.choice(ascii_lowercase) + text[place:]
