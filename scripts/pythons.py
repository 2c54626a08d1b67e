"""Run the tests that need no browser on each Python that the README promises: python -m scripts.pythons [3.12 ...]

Each Python gets an environment of its own under build/pythons, from the same lock file. One that is not installed on
this machine is named at the end, and is no failure.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts import setup

ENVIRONMENTS = setup.ROOT / "build" / "pythons"
PYTEST = ("-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", "not browser", "-p", "no:cacheprovider")


def commands(version: tuple[int, int]) -> Iterator[list[str]]:
    """Commands that may start this version of Python: by name, by the launcher of Windows, of pyenv's folder."""
    name = f"{version[0]}.{version[1]}"
    yield [f"python{name}"]
    if setup.on_windows():
        yield ["py", f"-{name}"]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from ([str(folder / "bin" / "python")] for folder in sorted(pyenv.glob(f"{name}.*")))


def installed(version: tuple[int, int]) -> str:
    """The program file of this version of Python; empty where it is not on this machine."""
    programs = (setup.probe(command) for command in commands(version))
    return next((program for probed, program in programs if probed == version), "")


def passes(version: tuple[int, int], program: str) -> bool:
    """Whether the tests pass on the Python in `program`."""
    environment = setup.Environment(ENVIRONMENTS / f"{version[0]}.{version[1]}", program)
    environment.install("tools")
    setup.tell(f"Testing with {program} ...")
    return subprocess.call([str(environment.python), *PYTEST], cwd=setup.ROOT) == 0


def main(names: list[str]) -> int:
    """Test the Pythons called `names`, or all; the exit status."""
    wanted = [version for version in setup.VERSIONS if not names or f"{version[0]}.{version[1]}" in names]
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    outcomes = {}
    for version in wanted:
        program = installed(version)
        outcomes[version] = ("passed" if passes(version, program) else "FAILED") if program else "not installed here"
    for (major, minor), outcome in outcomes.items():
        print(f"Python {major}.{minor}: {outcome}")
    return int(not outcomes or "FAILED" in outcomes.values())


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except setup.SetupError as error:
        sys.exit(f"error: {error}\nhint: {error.hint}")
