"""Settings: file, then environment, secrets also from files; every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.models import check_models, serving_models
from api.settings import database_url, load, shown
from c360.errors import ConfigError
from resolvers.survivorship import AS_EVER, SurvivorshipRule

KEYS = '[security]\nmaster_key = "hunter2-master"\nlookup_pepper = "hunter2-pepper"\n'


def write(folder: Path, text: str) -> Path:
    file = folder / "c360.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_file_then_environment(tmp_path: Path) -> None:
    file = write(tmp_path, f"[server]\nport = 1234\nhost = '127.0.0.2'\n{KEYS}")
    settings = load(file, {"C360_SERVER__PORT": "4321", "C360_LOGGING__JSON": "true", "HOME": "/"})
    assert (settings.server.port, settings.server.host) == (4321, "127.0.0.2")
    assert settings.logging.json is True


def test_secret_from_a_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "m.key").write_text("from-file\n", encoding="utf-8")
    file = write(tmp_path, '[security]\nmaster_key_file = "m.key"\nlookup_pepper = "p"\n')
    assert load(file, {}).security.master_key.reveal() == "from-file"


def test_relative_database_counts_from_the_settings_file(tmp_path: Path) -> None:
    settings = load(write(tmp_path, f'[database]\nurl = "sqlite+aiosqlite:///x.db"\n{KEYS}'), {})
    assert database_url(settings) == f"sqlite+aiosqlite:///{tmp_path / 'x.db'}"


@pytest.mark.parametrize(
    ("text", "environ", "field", "words"),
    [
        ("", {}, "security.master_key", "64 hexadecimal digits"),
        (f"[server]\nport = 'x'\n{KEYS}", {}, "server.port", "'x'"),
        (f"[server]\nport = 70000\n{KEYS}", {}, "server.port", "65535"),
        (f"[server]\nprot = 1\n{KEYS}", {}, "server.prot", "unknown setting"),
        (f"[sever]\nport = 1\n{KEYS}", {}, "sever", "unknown setting"),
        (f"[connectors.bank]\nbase_url = 'x'\n{KEYS}", {}, "connectors.bank.plugin", "nothing"),
        (f"connectors = 3\n{KEYS}", {}, "connectors", "table"),
        (KEYS, {"C360_SERVER__PORT": "no"}, "server.port", "'no'"),
        (KEYS, {"C360_TENANT__X": "no", "C360_TENANT": "t"}, "C360_TENANT__X", "below a plain setting"),
        (
            '[security]\nmaster_key_file = "none"\nlookup_pepper = "p"\n',
            {},
            "security.master_key_file",
            "readable",
        ),
        (f"[logging]\nlevel = 'LOUD'\n{KEYS}", {}, "logging.level", "'LOUD'"),
        (f"phone_region = 'Australia'\n{KEYS}", {}, "phone_region", "'Australia'"),
        (f"[money]\ncurrency = 'Dollar'\n{KEYS}", {}, "money.currency", "ISO 4217"),
        (f"[assumptions]\ncard_margin = 2\n{KEYS}", {}, "assumptions.card_margin", "<= 1"),
        (f"[assumptions]\ncards = 2\n{KEYS}", {}, "assumptions.cards", "unknown setting"),
        (f"[profile]\nrules = ['LOUDEST']\n{KEYS}", {}, "profile.rules[0]", "'LOUDEST'"),
        (f"[profile]\nrules = ['SOLE']\n{KEYS}", {}, "profile.rules", "an outcome"),
        (f"[profile]\nsources = ['bank']\n{KEYS}", {}, "profile.sources", "no connector 'bank'"),
        (f"[connectors.hub]\nplugin = 'banking'\n{KEYS}", {}, "connectors.hub", "otherwise"),
        (f"[appointments]\ntime_zone = 'Moon'\n{KEYS}", {}, "appointments.time_zone", "time zones"),
        (f"[preferences.further.seat]\n{KEYS}", {}, "preferences.further.seat", "no new key"),
        (f"[bulk]\nbatch = 0\n{KEYS}", {}, "bulk.batch", ">= 1"),
        (
            f"[profile.attributes.email]\nrules = ['VERIFIED', 'VERIFIED']\n{KEYS}",
            {},
            "profile.attributes.email.rules",
            "twice",
        ),
        (
            f"[profile.attributes.family_name]\nrules = ['VERIFIED']\n{KEYS}",
            {},
            "profile.attributes.family_name",
            "person_name",
        ),
    ],
)
def test_a_mistake_names_field_and_remedy(
    tmp_path: Path, text: str, environ: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), environ)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_no_file_and_broken_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigError, match="no valid TOML"):
        load(write(tmp_path, "[x"), {})


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    settings = load(write(tmp_path, KEYS), {})
    for text in (repr(settings), str(settings), str(shown(settings))):
        assert "hunter2" not in text


def test_rules_of_the_profile_are_read_and_shown(tmp_path: Path) -> None:
    text = (
        "[profile]\nrules = ['VERIFIED', 'SOURCE_ORDER']\nsources = ['inn']\n"
        "[profile.attributes.email]\nrules = ['MOST_RECENT']\n"
        f"{KEYS}[connectors.inn]\nplugin = 'hotel'\n"
    )
    settings = load(write(tmp_path, text), {})
    assert settings.profile.rules == (SurvivorshipRule.VERIFIED, SurvivorshipRule.SOURCE_ORDER)
    assert settings.profile.attributes["email"].rules == (SurvivorshipRule.MOST_RECENT,)
    shown_profile = shown(settings)["profile"]
    assert shown_profile["sources"] == ("inn",)
    assert shown_profile["attributes"]["email"]["rules"] == ("MOST_RECENT",)
    assert load(write(tmp_path, KEYS), {}).profile == AS_EVER


def test_rates_and_assumptions_are_served_as_the_settings_say(tmp_path: Path) -> None:
    text = """
[money]
currency = "EUR"
rates = "rates.toml"
[assumptions]
hotel_margin = 0.3
"""
    file = write(tmp_path, f"{text}{KEYS}")
    settings = load(file, {})
    assert check_models(settings)[0].startswith("money.rates")
    (tmp_path / "rates.toml").write_text(
        'currency = "AUD"\nsource = "us"\ndate = 2026-01-31\n[rates]\nEUR = 2.0\n', encoding="utf-8"
    )
    models = serving_models(settings)
    assert models.rates.convert(10.0, "AUD") == 5.0
    assert models.assumptions.hotel_margin == 0.3
    assert models.value.currency == "AUD"
    assert models.valuer.model.currency == "EUR"
    assert check_models(settings) == []
