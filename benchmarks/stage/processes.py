"""The real command line with a settings file of its own: ``python -m api …``."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from api.authentication.development import DevelopmentIssuer
from api.settings import Settings, load
from benchmarks.stage.partners import CHECKOUT, READY_WITHIN, StageError


@dataclass(frozen=True)
class Installation:
    """A settings file, and the commands that run with it."""

    file: Path

    @property
    def settings(self) -> Settings:
        """What the file says."""
        return load(self.file, environ={})

    @property
    def log(self) -> Path:
        """Where the server writes all it says."""
        return self.file.with_name("serve.log")

    def bearer(self, *roles: str, **more: Any) -> dict[str, str]:
        """Headers of a caller with a token of the development issuer.

        Args:
            roles: what they are; by default a supervisor.
            more: as :meth:`~api.authentication.development.DevelopmentIssuer.token` takes it.
        """
        settings = self.settings
        issuer = DevelopmentIssuer(settings.authentication, settings.folder)
        return {"authorization": f"Bearer {issuer.token(*(roles or ('supervisor',)), **more)}"}

    def start(
        self,
        *arguments: str,
        output: int | IO[str] = subprocess.PIPE,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a command; its standard output and error come together."""
        return subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-m", "api", "--config", str(self.file), *arguments],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, timeout: float = READY_WITHIN) -> tuple[int, str]:
        """Run a command to its end: its exit code and what it said."""
        process = self.start(*arguments)
        try:
            said, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            message = f"{arguments[0]} did not end within {timeout:g} s; it said: {said[-500:]}"
            raise StageError(message) from None
        return process.returncode, said

    @contextmanager
    def serving(self, port: int | None = None) -> Iterator[str]:
        """The server for the length of the block: its address.

        Args:
            port: where it listens; on a free one unless told.

        Raises:
            StageError: it did not start.
        """
        with self.running(port) as (address, _):
            yield address

    @contextmanager
    def running(self, port: int | None = None) -> Iterator[tuple[str, int]]:
        """The same, with the id of its process.

        Raises:
            StageError: it did not start.
        """
        port = free_port() if port is None else port
        address = f"http://127.0.0.1:{port}"
        with self.log.open("w", encoding="utf-8") as output:
            process = self.start("serve", "--port", str(port), output=output)
            try:
                self.await_ready(address, process)
                yield address, process.pid
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def await_ready(self, address: str, process: subprocess.Popen[str]) -> None:
        """Wait until a server that was started answers.

        Raises:
            StageError: it does not.
        """
        until = time.monotonic() + READY_WITHIN
        with httpx.Client(trust_env=False) as client:
            while time.monotonic() < until and process.poll() is None:
                try:
                    if client.get(f"{address}/health/ready").status_code == httpx.codes.OK:
                        return
                except httpx.HTTPError:
                    time.sleep(0.05)
        said = self.log.read_text("utf-8")[-500:] if self.log.exists() else ""
        message = f"the server did not start; it said: {said}"
        raise StageError(message)


def free_port() -> int:
    """A port on which nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def install(
    folder: Path, url: str, connectors: Mapping[str, Mapping[str, Any]], **more: Mapping[str, Any]
) -> Installation:
    """Write a settings file as an operator would; the keys are those of ``make_settings``.

    Args:
        folder: where the file is written.
        url: address of the database.
        connectors: a table per connector instance, with its plugin.
        more: further tables.
    """
    file = folder / "c360.toml"
    sections: dict[str, Mapping[str, Any]] = {
        "authentication": {"development": True, "development_key": "issuer.json"},
        "database": {"url": url},
        "security": {
            "master_key": "5a" * 32,
            "lookup_pepper": "a5" * 32,
            "allowed_partner_networks": ["127.0.0.0/8"],
        },
        **more,
        **{f"connectors.{name}": table for name, table in connectors.items()},
    }
    # Strings, numbers and booleans are written alike in JSON and TOML.
    lines = [
        line
        for name, table in sections.items()
        for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items()), "")
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return Installation(file)
