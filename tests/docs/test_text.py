"""What is written leads somewhere, names what exists, and speaks of the project alone."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from api.commands import COMMANDS

GENERATED = {".git", ".venv", "var", "build", "dist", "node_modules", "__pycache__"}
LOCKS = ("requirements/run.lock", "requirements/dev.lock")

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
IN_CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:toml|md|py|lock|graphql)|Makefile|Dockerfile")
MODULE = re.compile(r"python -m ([\w.]+)(?: ([a-z]+))?")
TARGET = re.compile(r"\bmake ([a-z]+|\.venv/run\.stamp)\b")

MACHINE = re.compile(r"(?:^|[\s\"'=:(`])/(?:home|root|Users|work|mnt|opt|srv/[a-z]+/[a-z]+)/[\w.]")
REGISTRY = re.compile(
    r"://[\w.-]*(?:pypi|pythonhosted|npmjs|yarnpkg|registry|artifactory|nexus)[\w.-]*|index-url",
    re.IGNORECASE,
)
MAKING = re.compile(
    r"\b(?:language model|chat ?bot|(?:AI|machine)[- ](?:generated|written|assisted)|as an AI|"
    r"generated (?:by|with) an? (?:AI|model|assistant))\b",
    re.IGNORECASE,
)

# Named in examples, and made by whoever follows them.
OF_THE_READER = {
    *("c360.toml", "pyproject.toml", "acme_points.py", "test_acme_points.py", "conformance.json"),
    *("payloads.py", "mapping.py", "connector.py", "config.py", "feeds.py", "actions.py", "webhooks.py"),
    *(
        "tests/openapi.yaml",
        "partner.py",
        "tests/partner.py",
        "tests/test_conformance.py",
        "tests/recordings",
    ),
}


class Block(Protocol):
    kind: str
    text: str


def tracked(checkout: Path) -> Iterator[Path]:
    """Every file of the project; of a folder without version control, all but what is generated."""
    if (checkout / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=checkout,
            capture_output=True,
            check=True,
        ).stdout.decode()
        yield from (file for name in listed.split("\0") if name and (file := checkout / name).is_file())
        return
    for folder, folders, names in os.walk(checkout):
        folders[:] = [name for name in folders if name not in GENERATED and not name.endswith("_cache")]
        yield from (Path(folder, name) for name in names)


@pytest.fixture(scope="module")
def texts(checkout: Path) -> dict[str, str]:
    """Every text file but this one, whose patterns are what it looks for."""
    found = {}
    for file in tracked(checkout):
        if file == Path(__file__).resolve():
            continue
        try:
            found[str(file.relative_to(checkout))] = file.read_text("utf-8")
        except UnicodeDecodeError:
            continue
    return found


def anchor(heading: str) -> str:
    """The anchor of a heading, as repositories render it."""
    kept = "".join(char for char in heading.lower() if char.isalnum() or char in " -_")
    return kept.replace(" ", "-")


def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.findall(document.read_text("utf-8")):
        if link.startswith(("https://", "http://")):
            continue
        name, _, place = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        if place:
            headings = HEADING.findall(target.read_text("utf-8"))
            assert place in {anchor(heading) for heading in headings}, link


def test_files_that_are_named_exist(document: Path, checkout: Path) -> None:
    for text in IN_CODE.findall(document.read_text("utf-8")):
        if (
            not PATH.fullmatch(text)
            or text in OF_THE_READER
            or text.startswith(("var/", "application/", "text/", "fjord_bikes/"))
        ):
            continue
        assert any((folder / text).exists() for folder in (checkout, document.parent)), text


def test_commands_that_are_named_exist(document: Path, checkout: Path) -> None:
    text = document.read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (checkout / "Makefile").read_text("utf-8"), re.MULTILINE))
    for target in TARGET.findall(_code(text)):
        assert target in {*targets, ".venv/run.stamp"}, f"make {target}"
    for module, command in MODULE.findall(_code(text)):
        assert importlib.util.find_spec(module), module
        if module == "api" and command:
            assert command in COMMANDS, f"python -m api {command}"


def _code(text: str) -> str:
    """What stands as code in a document: a sentence may make sense of anything."""
    blocks = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join((*blocks, *IN_CODE.findall(text)))


def test_lines_fit(document: Path) -> None:
    """Prose is wrapped, so that a change shows as one. Tables, code and links are as long as they are."""
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    long = [line for line in text.splitlines() if len(line) > 120 and not line.startswith("|")]
    assert not long


def test_every_decision_has_its_parts(checkout: Path) -> None:
    folder = checkout / "docs" / "decisions"
    numbers = []
    for file in sorted(folder.glob("*.md")):
        text = file.read_text("utf-8")
        numbers.append(int(file.name[:4]))
        assert text.startswith(f"# {numbers[-1]}. "), file.name
        for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**"):
            assert part in text, f"{file.name} has no {part}"
    assert numbers == sorted(set(numbers))


def test_no_path_of_a_machine(texts: dict[str, str], checkout: Path) -> None:
    own = [str(checkout), str(Path.home())]
    found = [
        f"{name}: {line.strip()[:120]}"
        for name, text in texts.items()
        for line in text.splitlines()
        if MACHINE.search(line) or any(len(path) > 5 and path in line for path in own)
    ]
    assert not found


def test_no_host_of_a_registry(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if REGISTRY.search(text)] == []
    for lock in LOCKS:
        assert "://" not in texts[lock]
        assert "--hash=sha256:" in texts[lock]
    assert '"resolved"' not in texts.get("tests/node/package-lock.json", "")


def test_the_project_speaks_of_itself_alone(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if MAKING.search(text)] == []
