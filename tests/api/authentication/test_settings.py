"""What is wrong with the settings of who is believed is said before anything starts, with what would do."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.authentication.development import DevelopmentIssuer
from api.authentication.opening import check_listening
from api.authentication.settings import Authentication, Issuer, check_issuers
from api.authentication.tokens import parse
from api.granting.settings import Grants
from api.sections import Server
from api.settings import Settings
from c360.errors import ConfigError

GOOD: dict[str, Any] = {"issuer": "https://a", "audience": ("c360",), "jwks_url": "https://a/keys"}


def believed(*issuers: dict[str, Any], **more: Any) -> Authentication:
    named = {f"i{place}": Issuer(**each) for place, each in enumerate(issuers)}
    return Authentication(issuers=named, **more)


@pytest.mark.parametrize(
    ("differing", "field"),
    [
        ({"algorithms": ("HS256",)}, "algorithms"),
        ({"algorithms": ("none",)}, "algorithms"),
        ({"algorithms": ("RS256", "ES256K")}, "algorithms"),
        ({"jwks_url": ""}, "jwks_url"),
        ({"jwks_file": "keys.json"}, "jwks_url"),
        ({"jwks_url": "http://a/keys"}, "jwks_url"),
        ({"jwks_url": "http://127.0.0.1.evil.example/keys"}, "jwks_url"),
        ({"jwks_url": "file:///etc/passwd"}, "jwks_url"),
        ({"tenant": "a", "tenant_claim": "b"}, "tenant_claim"),
    ],
    ids=lambda value: None,
)
def test_an_issuer_that_cannot_be(differing: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_issuers(believed({**GOOD, **differing}))
    assert caught.value.field == f"authentication.issuers.i0.{field}"


def test_issuers_are_told_apart() -> None:
    other = {**GOOD, "issuer": "https://b"}
    check_issuers(believed(GOOD))
    check_issuers(believed(GOOD, {**other, "subject_prefix": "b:"}))
    check_issuers(believed({**GOOD, "jwks_url": "http://127.0.0.1:9/keys"}))
    with pytest.raises(ConfigError, match="subject_prefix"):
        check_issuers(believed(GOOD, other))
    with pytest.raises(ConfigError, match="subject_prefix"):
        check_issuers(believed(GOOD, development=True))
    with pytest.raises(ConfigError, match="name each issuer once"):
        check_issuers(believed(GOOD, {**GOOD, "subject_prefix": "b:"}))


def test_where_the_server_may_listen(settings: Settings) -> None:
    def listening(host: str, found: Authentication) -> None:
        check_listening(msgspec.structs.replace(settings, server=Server(host=host), authentication=found))

    own = Authentication(development=True)
    for here in ("127.0.0.1", "::1", "localhost"):
        listening(here, own)
    for everywhere in ("0.0.0.0", "::", "10.0.0.5", "hub.example"):
        listening(everywhere, believed(GOOD))
        with pytest.raises(ConfigError, match=r"authentication\.development"):
            listening(everywhere, own)
    with pytest.raises(ConfigError, match="jwks_url or jwks_file"):
        listening("127.0.0.1", Authentication())


def test_the_development_issuers_key_is_its_owners_and_made_once(tmp_path: Path) -> None:
    own = Authentication(development=True, development_key="var/key.json")
    first, second = (DevelopmentIssuer(own, tmp_path) for _ in range(2))
    file = tmp_path / "var" / "key.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert parse(first.token("agent")).kid == parse(second.token("agent")).kid
    file.write_text("{}", encoding="ascii")
    with pytest.raises(ConfigError, match="remove that file"):
        DevelopmentIssuer(own, tmp_path)
    with pytest.raises(ConfigError, match=r"authentication\.development"):
        DevelopmentIssuer(Authentication(), tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"callback_url": "http://hub.example/grants/callback"},
        {"callback_url": "https://hub.example/elsewhere"},
        {"callback_url": "https://hub.example/grants/callback?x=1"},
        {"return_to": ("javascript:alert(1)",)},
        {"return_to": ("http://desk.example/",)},
        {"return_to": ("https://desk.example/#x",)},
    ],
    ids=lambda value: None,
)
def test_customers_come_back_safely(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Grants(**wrong).checked()
    found = Grants(
        callback_url="https://hub.example/grants/callback", return_to=("https://desk.example/?a=1",)
    )
    assert found.checked().start_url("f") == "https://hub.example/grants/start?flow=f"
