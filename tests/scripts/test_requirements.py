"""What is imported is required, and the lock files pin what is required."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
OURS = {"app", "benchmarks", "core", "pages", "scripts", "tests"}
OPTIONAL = {"faster_whisper", "vosk"}  # recognisers of speech that a person may install; looked for before use
OPTIONAL |= {"hdmf", "ndx_ethogram", "pynwb"}  # writers of NWB files, likewise
OPTIONAL |= {"boto3", "botocore", "fsspec", "moto", "s3fs"}  # readers of S3, and its server in the tests, likewise
REQUIREMENTS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements.txt", "requirements-dev.txt"],
}


def required(*files: str) -> dict[str, Requirement]:
    """The requirements that the files name themselves, by normal name."""
    lines = [line.split(" #")[0].strip() for file in files for line in (ROOT / file).read_text().splitlines()]
    named = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    return {canonicalize_name(requirement.name): requirement for requirement in named}


def pins(lock: str) -> dict[str, tuple[str, str]]:
    """Version and block of each package in a lock file; the block holds its marker and hashes."""
    blocks = re.findall(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)(.*?)(?=^\S|\Z)", (ROOT / lock).read_text(), re.M | re.S)
    return {canonicalize_name(name): (version, block) for name, version, block in blocks}


def imported(folder: str) -> Iterator[str]:
    """The packages of others that the sources of a folder (or a file) import anywhere."""
    path = ROOT / folder
    for source in [path] if path.is_file() else path.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            yield from (name.partition(".")[0] for name in names)


@cache
def distributions() -> dict[str, set[str]]:
    """The normal names of the distributions that are installed, by the package that is imported."""
    return {package: set(map(canonicalize_name, names)) for package, names in packages_distributions().items()}


@pytest.mark.parametrize(
    "folder, files",
    [(folder, REQUIREMENTS["requirements.lock"]) for folder in ("app.py", "core", "pages")]
    + [(folder, REQUIREMENTS["requirements-dev.lock"]) for folder in ("scripts", "benchmarks", "tests")],
)
def test_what_is_imported_is_required(folder: str, files: list[str]):
    named = required(*files).keys()
    foreign = set(imported(folder)) - sys.stdlib_module_names - OURS - OPTIONAL
    assert foreign
    assert not {package for package in foreign if not distributions().get(package, set()) & named}


@pytest.mark.parametrize("lock", REQUIREMENTS)
def test_a_lock_pins_what_is_required_on_every_system(lock: str):
    pinned = pins(lock)
    for name, requirement in required(*REQUIREMENTS[lock]).items():
        version, block = pinned[name]
        assert requirement.specifier.contains(version), f"{requirement} is pinned at {version}"
        assert " ; " not in block.splitlines()[0], f"{name} is pinned for some systems only"


@pytest.mark.parametrize("lock", REQUIREMENTS)
def test_a_lock_has_hashes_and_no_address(lock: str):
    assert "://" not in (ROOT / lock).read_text()
    assert not re.search(
        r"^\s*-", re.sub(r"^\s*--hash=sha256:[0-9a-f]{64}( \\)?$", "", (ROOT / lock).read_text(), flags=re.M), re.M
    )
    for name, (_, block) in pins(lock).items():
        assert "--hash=sha256:" in block, name


def test_both_locks_pin_the_same_versions():
    program, tools = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: tools[name][0] for name in program} == {name: version for name, (version, _) in program.items()}
