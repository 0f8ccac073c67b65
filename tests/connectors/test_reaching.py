"""What carries requests that read in production, over real connections."""

from __future__ import annotations

import asyncio
import base64
import gzip
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpcore
import pytest

from c360.addresses import AddressPolicy, AddressRefused
from c360.auth import ApiKey
from c360.auth.signing import HmacKey, MessageSigned
from c360.contract import Limits
from c360.errors import ConnectorError, PartnerFault, ProblemCode, Reconfigure, RetryLater
from c360.http import Request
from c360.values import Secret
from connectors.health import Health
from connectors.operation import during
from connectors.reaching import Origins, Reaching
from connectors.transport import HostTransport
from tests.connectors.test_transport import operation
from tests.connectors.wires import LOCAL, MOST, Names, Others, answering, echo, get, partner, reaching, whole


def test_a_request_arrives_as_it_was_made(run: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with partner(echo) as port, reaching() as (reach, _):
            request = get(
                port,
                "/a%2Fb?x=1",
                params=(("q", "a b&é"), ("q", "2")),
                headers=(("accept", "application/json"), ("Accept", "text/plain")),
                auth=ApiKey("X-Key", Secret("secret")),
            )
            answer = await reach.send(request)
            lines = answer.content.decode().splitlines()
            assert lines[0] == "GET /a%2Fb?x=1&q=a+b%26%C3%A9&q=2 HTTP/1.1"
            assert {"accept: text/plain", "x-key: secret", "user-agent: c360"} < set(lines)
            assert not any(line.startswith(("cookie", "referer", "content-")) for line in lines)
            posted = Request(method="POST", url=f"http://127.0.0.1:{port}/", content=b"{}", safe=True)
            assert b"content-length: 2" in (await reach.send(posted)).content

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        (b"", RetryLater, "connection failed"),
        (b"\x00\x01nonsense\r\n\r\n", RetryLater, "connection failed"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nada", RetryLater, "ended within the answer"),
        (whole(b"ada", "content-encoding: gzip"), PartnerFault, "does not unpack"),
        (whole(b"x" * (MOST + 1)), PartnerFault, "larger than"),
        (whole(gzip.compress(b"0" * 2_000_000), "content-encoding: gzip"), PartnerFault, "larger than"),
    ],
    ids=["silence", "nonsense", "cut", "unpackable", "large", "bomb"],
)
def test_failures_are_named_for_what_to_do_and_leak_nothing(
    run: Callable[..., Any], answer: bytes, expected: type[ConnectorError], says: str
) -> None:
    async def scenario() -> None:
        async with partner(answering(answer)) as port, reaching() as (reach, _):
            with pytest.raises(expected, match=says) as caught:
                await reach.send(get(port, params=(("email", "ada@example.org"),)))
            assert type(caught.value) is expected
            assert "ada" not in str(caught.value)
            assert caught.value.__suppress_context__ or caught.value.__context__ is None
            large = says == "larger than"
            assert (caught.value.code is ProblemCode.TOO_MUCH_DATA) is large

    run(scenario())


def test_an_endless_answer_is_cut_off_while_it_streams(run: Callable[..., Any]) -> None:
    given: list[int] = []

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            given.append(1000)
            await writer.drain()

    async def scenario() -> None:
        async with partner(endless) as port, reaching() as (reach, _):
            with pytest.raises(PartnerFault, match="larger than"):
                await reach.send(get(port))
            await asyncio.sleep(0.05)
            before = len(given)
            await asyncio.sleep(0.05)
            assert len(given) == before, "it is still read"

    run(scenario())


def test_nobody_there_and_nobody_answering(run: Callable[..., Any]) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with reaching() as (reach, _):
            with pytest.raises(RetryLater, match="connection failed: ConnectError"):
                await reach.send(get(1))
            async with partner(hang) as port:
                started = time.perf_counter()
                with pytest.raises(RetryLater, match=r"no answer within 0\.05 s"):
                    await reach.send(get(port, timeout=0.05))
                assert time.perf_counter() - started < 1

    run(scenario())


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(method="GET", url="https://partner.example:port"), ConnectorError),
        (Request(method="GET", url="https://a.partner.example", headers=(("x", "Ж"),)), ConnectorError),
        (
            Request(method="GET", url="https://a.partner.example", headers=(("x", "a\r\nb: c"),)),
            ConnectorError,
        ),
        (Request(method="G T", url="https://a.partner.example"), ConnectorError),
        (Request(method="GET", url="ftp://a.partner.example"), Reconfigure),
        (Request(method="GET", url="http://partner.example./"), AddressRefused),
        (Request(method="GET", url="https://0x7f.1/"), AddressRefused),
        (Request(method="GET", url="https://[::ffff:127.0.0.1]/"), AddressRefused),
    ],
    ids=["port", "letter", "line", "method", "scheme", "plain", "hexadecimal", "mapped"],
)
def test_what_cannot_be_sent_is_not(
    run: Callable[..., Any], request_: Request, expected: type[ConnectorError]
) -> None:
    async def scenario() -> None:
        async with reaching(Names(["127.0.0.1"]), AddressPolicy([".partner.example"])) as (reach, _):
            with pytest.raises(expected) as caught:
                await reach.send(request_)
            assert type(caught.value) is expected

    run(scenario())


def test_a_name_is_connected_to_at_the_address_that_was_checked(run: Callable[..., Any]) -> None:
    """The system's resolver knows no such names, and would give another address for the second."""

    async def scenario() -> None:
        names = Names(["127.0.0.2"])
        async with partner(echo, "127.0.0.2") as port, reaching(names) as (reach, _):
            for host in ("nowhere.partner.example", "localhost", "LOCALHOST"):
                answer = await reach.send(get(port, host=host))
                assert f"host: {host.lower()}:{port}".encode() in answer.content
            assert names.asked == ["nowhere.partner.example", "localhost"]

    run(scenario())


def test_a_name_that_resolves_elsewhere_later_does_not_get_by(run: Callable[..., Any]) -> None:
    async def scenario() -> None:
        names = Names(["127.0.0.2"], ["127.0.0.3"], ["127.0.0.2", "10.0.0.1"])
        policy = AddressPolicy(["127.0.0.0/8"])
        scene = answering(whole(b"1", "connection: close"))
        async with reaching(names, policy) as (reach, _), partner(scene, "127.0.0.2") as port:
            request = get(port, host="localhost")
            assert (await reach.send(request)).content == b"1"
            assert (await reach.send(request)).content == b"1", "a new connection goes to the same address"
        async with reaching(names, policy) as (reach, _):
            with pytest.raises(RetryLater):
                await reach.send(request)  # 127.0.0.3, where nobody is: what failed is resolved anew
            with pytest.raises(AddressRefused):
                await reach.send(request)

    run(scenario())


def test_the_next_address_of_a_name_is_tried(run: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with partner(echo, "127.0.0.2") as port:
            async with reaching(Names(["127.0.0.3", "127.0.0.2"])) as (reach, _):
                assert (await reach.send(get(port, host="a.partner.example"))).status == 200
            async with reaching(Names(["127.0.0.3", "127.0.0.4"])) as (reach, _):
                with pytest.raises(RetryLater):
                    await reach.send(get(port, host="a.partner.example"))

    run(scenario())


def test_a_name_that_does_not_resolve_is_no_connection(run: Callable[..., Any]) -> None:
    async def never(_: str, __: int, ___: float | None) -> Sequence[str]:
        raise httpcore.ConnectError("the name does not resolve")

    async def scenario() -> None:
        reach = Reaching(Origins(LOCAL, never), Others(), MOST)
        with pytest.raises(RetryLater, match="ConnectError"):
            await reach.send(get(80, host="a.partner.example"))

    run(scenario())


def test_a_redirect_is_not_followed_and_no_cookie_comes_back(run: Callable[..., Any]) -> None:
    seen: list[bytes] = []

    async def scene(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            seen.append(head)
            writer.write(
                b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nset-cookie: a=1\r\nX-A: 1\r\nx-a: 2\r\n"
                b"content-length: 0\r\n\r\n"
            )

    async def scenario() -> None:
        async with partner(scene) as port, reaching() as (reach, _):
            for _ in range(2):
                answer = await reach.send(get(port))
                assert (answer.status, answer.content) == (302, b"")
                assert answer.headers["x-a"] == "1, 2"
            assert len(seen) == 2
            assert not any(b"cookie" in head for head in seen)

    run(scenario())


def test_what_it_cannot_do_goes_over_the_other_client(run: Callable[..., Any]) -> None:
    odd = whole(b"", "link: </café>; rel=next")

    async def scenario() -> None:
        async with partner(answering(odd)) as port, reaching() as (reach, others):
            change = Request(method="POST", url=f"http://127.0.0.1:{port}/", content=b"{}", safe=False)
            assert (await reach.send(change)).status == 299
            assert (await reach.send(get(port))).status == 299, "the header is not text"
            assert (await reach.send(get(port))).status == 299, "and it is not tried again"
            assert len(others.sent) == 3

    run(scenario())


def test_a_request_that_is_given_up_holds_its_place_until_it_has_ended(
    run: Callable[..., Any], kit: Any
) -> None:
    """It cannot be cut off, so that without its place the partner would bear more than it can."""
    begun: list[float] = []
    go = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            begun.append(time.perf_counter())
            await go.wait()
            writer.write(whole(b"{}"))

    async def scenario() -> None:
        transport = HostTransport(addresses=LOCAL)
        send = transport.for_instance(Limits(concurrency=1), Health(kit.clock)).send
        async with partner(slow) as port:
            with during(operation()):
                first = asyncio.create_task(send(get(port, "/a")))
                await asyncio.sleep(0.05)
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
                second = asyncio.create_task(send(get(port, "/b")))
                await asyncio.sleep(0.05)
                assert len(begun) == 1
                go.set()
                assert (await second).status == 200
                assert len(begun) == 2
        await transport.aclose()

    run(scenario())


def test_an_answer_that_comes_in_pieces_is_whole(run: Callable[..., Any]) -> None:
    async def pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for number in range(4):
            writer.write(b"3e8\r\n" + str(number).encode() * 1000 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)
        writer.write(b"0\r\n\r\n")

    async def scenario() -> None:
        async with partner(pieces) as port, reaching() as (reach, _):
            answer = await reach.send(get(port))
            assert answer.content == b"".join(str(number).encode() * 1000 for number in range(4))

    run(scenario())


def test_a_signature_is_of_what_goes_on_the_wire(run: Callable[..., Any], kit: Any) -> None:
    key = HmacKey(Secret("secret"))
    auth = MessageSigned("key", key, now=kit.clock, components=("@target-uri",), nonce=None)

    async def scenario() -> None:
        async with partner(echo) as port, reaching() as (reach, _):
            answer = await reach.send(get(port, "/a", params=(("q", "a b*~é"),), auth=auth))
            lines = answer.content.decode().splitlines()
            target = lines[0].split()[1]
            said = dict(line.partition(": ")[::2] for line in lines[1:] if line)
            parameters = said["signature-input"].removeprefix("sig1=")
            base = f'"@target-uri": http://127.0.0.1:{port}{target}\n"@signature-params": {parameters}'
            assert said["signature"] == f"sig1=:{base64.b64encode(key.sign(base.encode())).decode()}:"

    run(scenario())
