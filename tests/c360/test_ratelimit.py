from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.http import Response
from c360.ratelimit import NOTHING, Quota, RateLimit, rate_limit, retry_after

DATE = "Tue, 20 Apr 2021 02:07:55 GMT"
SENT = 1618884475


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, ()),
        (
            {"ratelimit": '"default";r=50;t=30', "ratelimit-policy": '"default";q=100;w=60'},
            (Quota(name="default", limit=100, window=60, remaining=50, reset=30),),
        ),
        (
            {
                "ratelimit": '"burst";r=9;t=1, "daily"; r=0; t=3600',
                "ratelimit-policy": '"burst";q=10;w=1,"daily";q=1000;w=86400',
            },
            (
                Quota(name="burst", limit=10, window=1, remaining=9, reset=1),
                Quota(name="daily", limit=1000, window=86400, remaining=0, reset=3600),
            ),
        ),
        (
            {"ratelimit": "limit=100, remaining=50, reset=5", "ratelimit-policy": "100;w=10"},
            (Quota(limit=100, remaining=50, reset=5, window=10),),
        ),
        (
            {
                "ratelimit-limit": "100",
                "ratelimit-remaining": "7",
                "ratelimit-reset": "12",
                "ratelimit-policy": "100;w=60",
            },
            (Quota(limit=100, remaining=7, reset=12, window=60),),
        ),
        (
            {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "3.5"},
            (Quota(limit=60, remaining=0, reset=3.5),),
        ),
        (
            {"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(SENT + 40), "date": DATE},
            (Quota(remaining=1, reset=40),),
        ),
        (
            {"x-ratelimit-remaining": "1", "x-ratelimit-reset": str((SENT + 40) * 1000), "date": DATE},
            (Quota(remaining=1, reset=40),),
        ),
        (
            {
                "x-rate-limit-remaining": "1",
                "x-rate-limit-reset": "Tue, 20 Apr 2021 02:08:05 GMT",
                "date": DATE,
            },
            (Quota(remaining=1, reset=10),),
        ),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(SENT)}, (Quota(remaining=1),)),
        ({"x-ratelimit-remaining": "many"}, ()),
    ],
)
def test_what_partners_say(headers: dict[str, str], expected: tuple[Quota, ...]) -> None:
    assert rate_limit(headers).quotas == expected
    assert Response(status=200, headers=headers).rate_limit == rate_limit(headers)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("Tue, 20 Apr 2021 02:09:00 GMT", 65.0),
        ("Tue, 20 Apr 2021 01:00:00 GMT", 0.0),
        ("tomorrow", None),
        ("-5", None),
        ("", None),
        ("9" * 4000, None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value, "date": DATE}) == seconds


def test_a_date_without_the_partners_clock_says_nothing() -> None:
    assert retry_after({"retry-after": "Tue, 20 Apr 2021 02:09:00 GMT"}) is None


def test_the_pause_is_the_longest_that_is_due() -> None:
    assert NOTHING.pause == 0
    used_up = Quota(remaining=0, reset=30)
    assert RateLimit(quotas=(used_up, Quota(remaining=3, reset=90))).pause == 30
    assert RateLimit(quotas=(used_up,), retry_after=45).pause == 45


HEADERS = st.sampled_from(
    ["ratelimit", "ratelimit-policy", "ratelimit-remaining", "x-ratelimit-reset", "retry-after", "date"]
)


WRITTEN = st.text('"abrtqw019;=, .-\\é', max_size=40)


@given(st.dictionaries(HEADERS, WRITTEN))
def test_whatever_a_partner_writes_is_read_or_passed_over(headers: dict[str, str]) -> None:
    assert rate_limit(headers).pause >= 0


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.from_regex(r"[a-z]{1,8}", fullmatch=True))
def test_structured_fields_round_trip(remaining: int, reset: int, name: str) -> None:
    (quota,) = rate_limit({"ratelimit": f'"{name}";r={remaining};t={reset}'}).quotas
    assert (quota.name, quota.remaining, quota.reset) == (name, remaining, reset)
