"""Addresses that are read only as far as the path lead where pyreqwest takes them."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyreqwest.http import Url

from c360.errors import ConnectorError, Reconfigure
from c360.http import Request
from connectors.addressing import Addresses

HOSTS = st.sampled_from(
    ["a.example", "A.example", "127.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "b.example."]
)
BASES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(
        ["http://", "https://", "HTTPS://", "https:///", "https:/", "http:\\\\", "ftp://", " https://"]
    ),
    st.sampled_from(["", "", "", "user@", "c.example\\@", "c.example#@", "c.example?@", "c.example\t"]),
    HOSTS,
    st.sampled_from(["", "", ":80", ":443", ":8443", ":99999", ":", ":x"]),
)
PATHS = st.builds(
    "{}{}".format,
    st.sampled_from(
        ["", "/", "\\", "//c.example", "/@c.example", "/..//c.example", "/\t/c.example", "/a%2Fb"]
    ),
    st.text(st.sampled_from("/a.%?#@:\\é \n"), max_size=6),
)
PARAMS = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=3).map(tuple)


@given(base=BASES, path=PATHS, params=PARAMS)
@example(base="https://a.example", path="/b/c", params=(("q", "a b&é*~"),))
def test_what_is_checked_is_what_is_connected_to(
    base: str, path: str, params: tuple[tuple[str, str], ...]
) -> None:
    url = base + path
    addresses = Addresses()
    try:
        whole = Url.parse_with_params(url, params) if params else Url(url)
    except ValueError:
        whole = None
    for _ in range(2):  # the second time what comes before the path is known
        if whole is None or whole.scheme not in {"http", "https"}:
            with pytest.raises((ConnectorError, Reconfigure)):
                addresses.read(Request(method="GET", url=url, params=params))
            continue
        read, place = addresses.read(Request(method="GET", url=url, params=params))
        taken = Url(str(read))
        assert place == (whole.scheme, whole.host_str, whole.port_or_known_default)
        assert place == (taken.scheme, taken.host_str, taken.port_or_known_default)
        assert taken.path == whole.path
        assert parse_qsl(taken.query_string or "", keep_blank_values=True) == parse_qsl(
            whole.query_string or "", keep_blank_values=True
        )


def test_what_comes_before_the_path_is_read_once() -> None:
    addresses = Addresses()
    plain = [addresses.read(Request(method="GET", url=f"https://a.example/{path}")) for path in ("x", "y")]
    assert plain == [(f"https://a.example/{path}", ("https", "a.example", 443)) for path in ("x", "y")]
    closely, place = addresses.read(
        Request(method="GET", url="https://a.example/x?y=1", params=(("z", "2"),))
    )
    assert (str(closely), place) == ("https://a.example/x?y=1&z=2", ("https", "a.example", 443))
