"""Tries changes of the program in a copy of the checkout: the related tests are run with each, the likeliest first.

It forks (Linux, macOS), so that the large libraries are loaded once.
"""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree

from scripts.mutants import Mutation, found_again

SECONDS = (
    Path(__file__).resolve().parent.parent / "build" / "mutants" / "seconds.json"
)  # what each test file took so far
NO_TESTS = 5  # pytest's exit code where all were left out
MOST_S = 90.0  # of the related tests, as they were timed before, the quickest first
TIMEOUT_S, HANGS_S = 1800.0, 600  # of all tests of a place, and of one test
OPTIONS = ("-q", "-p", "no:cacheprovider", "-m", "not browser", f"--timeout={HANGS_S}")
OPTIONS += ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # of libraries that are loaded before pytest is
WARM = (
    "pytest",
    "hypothesis.strategies",
    "av",
    "numpy",
    "cv2",
    "pandas",
    "scipy.stats",
    "sklearn.linear_model",
    "streamlit.testing.v1",
    "plotly.graph_objects",
)


# Related tests --------------------------------------------------------------------------------------------------------


def related(root: Path, path: Path, *, wider: bool = False) -> list[Path]:
    """The test files that import a file of core, or a package that re-exports it, or whose path mirrors it.

    wider: those, too, that import a module of core that does so.
    """
    modules = _with_packages(root, {_module(root, path)})
    if wider:
        users = (other for other in sorted((root / "core").rglob("*.py")) if modules & _imports(other))
        modules = _with_packages(root, modules | {_module(root, user) for user in users})
    tests = [test for test in sorted((root / "tests").rglob("test_*.py")) if "browser" not in test.parts]
    return [test for test in tests if modules & _imports(test) or _mirrors(root, test, path)]


def _with_packages(root: Path, modules: set[str]) -> set[str]:
    """Some modules and the packages around them that re-export one of them."""
    found = set(modules)
    for module in sorted(modules):
        while "." in (module := module.rpartition(".")[0] or ""):
            init = root.joinpath(*module.split("."), "__init__.py")
            if init.is_file() and (found & _imports(init) or "pkgutil.iter_modules" in _imports(init)):
                found.add(module)
    return found


def _mirrors(root: Path, test: Path, path: Path) -> bool:
    """Whether tests/a/b/test_c.py, tests/a/test_b.py or tests/a/test_b_more.py tells of core/a/b/c.py."""
    own = list(path.relative_to(root / "core").with_suffix("").parts)
    folders, name = list(test.relative_to(root / "tests").parent.parts), test.stem.removeprefix("test_")
    if folders and folders == own[:-1]:
        return own[-1] == "__init__" or len(own) > 2 or f"{name}_".startswith(f"{own[-1]}_")
    return any(
        folders == own[:depth] and f"{name}_".startswith(f"{own[depth]}_") for depth in range(1, min(len(own), 3))
    )


def _module(root: Path, path: Path) -> str:
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return name.removesuffix(".__init__")


@cache
def _imports(path: Path) -> frozenset[str]:
    """The modules that a file imports, also inside functions."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return frozenset(names)


# Trying ---------------------------------------------------------------------------------------------------------------


class Workshop:
    """A copy of the checkout in which places are tried."""

    def __init__(self, root: Path, folder: Path):
        self.root = folder / "checkout"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (root / name).is_file() and not name.startswith("models/"):
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, self.root / name)
        (self.root / "models").symlink_to(root / "models")
        if (root.parent / "shared").exists():
            (folder / "shared").symlink_to(root.parent / "shared")
        self.log, self.output = folder / "tests.xml", folder / "output.txt"
        self.seconds: dict[str, float] = json.loads(SECONDS.read_text()) if SECONDS.is_file() else {}
        for name in WARM:
            import_module(name)
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "core", "tests"]
        subprocess.run(command, cwd=self.root, check=True)

    def tests(self, names: Sequence[str]) -> tuple[int, str]:
        """How pytest ends on these tests, and the first that failed; TimeoutError where it does not end."""
        self.log.unlink(missing_ok=True)
        code = self._forked(["-x", *OPTIONS, f"--junitxml={self.log}", *names])
        self._note(names)
        if code not in (0, 1, 2, NO_TESTS) and code >= 0:
            raise SystemExit(self.output.read_text("utf-8", errors="replace")[-3000:])
        failed = self._failed()
        return 0 if code == NO_TESTS else code, failed[0] if failed else ""

    def _forked(self, arguments: list[str]) -> int:
        """The exit code of pytest in a process that has the large libraries already."""
        child = os.fork()
        if child == 0:
            self._be_pytest(arguments)
        give_up = time.monotonic() + TIMEOUT_S
        ended, status = 0, 0
        while not ended and time.monotonic() < give_up:
            time.sleep(0.05)
            ended, status = os.waitpid(child, os.WNOHANG)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what it left behind, too
        if not ended:
            os.waitpid(child, 0)
            raise TimeoutError
        return os.waitstatus_to_exitcode(status)

    def _be_pytest(self, arguments: list[str]) -> NoReturn:
        code = 99
        try:
            os.setsid()
            with open(self.output, "wb") as output:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
            os.chdir(self.root)
            sys.path[0] = str(self.root)
            # No bytecode of its own: a changed file may have the size and the second of the one before.
            sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
            for name in [name for name in sys.modules if name.split(".")[0] in ("core", "tests", "scripts", "pages")]:
                del sys.modules[name]
            code = int(import_module("pytest").main(arguments))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _note(self, names: Sequence[str]) -> None:
        """Keep what each file took, such that the cheapest come first."""
        if self.log.is_file():
            took = {name: 0.0 for name in names if name.endswith(".py")}
            for case in ElementTree.parse(self.log).iter("testcase"):
                name = case.get("classname", "").replace(".", "/") + ".py"
                took[name] = took.get(name, 0.0) + float(case.get("time", 0))
            self.seconds |= {name: max(value, self.seconds.get(name, 0.0)) for name, value in took.items()}
            SECONDS.parent.mkdir(parents=True, exist_ok=True)
            SECONDS.write_text(json.dumps(self.seconds, indent=1))

    def outcome(self, place: dict) -> dict:
        """What came of one place: killed, by which test; survived; timeout; or lost."""
        where = found_again(self.root, place)
        if where is None:
            return {"outcome": "lost"}
        path, mutation = where
        own = self._ordered(related(self.root, path), path, mutation)
        users = self._ordered(related(self.root, path, wider=True), path, mutation)
        earlier = self._located(place.get("by", ""))  # what killed it before
        names = list(dict.fromkeys((*earlier, *own, *users)))
        now = {"file": path.relative_to(self.root).as_posix(), "line": mutation.line, "function": mutation.function}
        return now | self._tried(path, mutation, names)

    def _ordered(self, tests: Sequence[Path], path: Path, mutation: Mutation) -> list[str]:
        """First those that speak of the changed function or file by name, the cheapest first."""
        names = {name for name in (*mutation.function.split("."), path.stem) if name and not name.startswith("__")}

        def rank(test: Path) -> tuple[bool, float, str]:
            name, text = test.relative_to(self.root).as_posix(), test.read_text("utf-8")
            speaks = any(re.search(rf"\b{re.escape(known)}\b", text) for known in names)
            return not speaks, self.seconds.get(name, test.stat().st_size / 500), name

        return [test.relative_to(self.root).as_posix() for test in sorted(tests, key=rank)]

    def _in_batches(self, names: list[str]) -> tuple[int, str]:
        """The same as `tests`, a few files at a time: most changes are noticed by the first."""
        for batch in self._batches(names):
            code, by = self.tests(batch)
            if code:
                return code, by
        return 0, ""

    def _batches(self, names: list[str]) -> Iterator[list[str]]:
        """One test that killed before, then three files, then ten at a time, as far as MOST_S reaches."""
        batch: list[str] = []
        spent_s, size = 0.0, 1 if names and "::" in names[0] else 3
        for name in names:
            batch.append(name)
            spent_s += self.seconds.get(name, 5.0)
            if len(batch) == size or spent_s >= MOST_S:
                yield batch
                batch, size = [], 3 if size == 1 else 10
            if spent_s >= MOST_S:
                return
        if batch:
            yield batch

    def _tried(self, path: Path, mutation: Mutation, names: list[str]) -> dict:
        try:
            code, by = self._changed(path, mutation, names)
        except TimeoutError:
            return {"outcome": "timeout", "by": ""}
        return {"outcome": "killed" if code else "survived", "by": by or ("the import of the tests" if code else "")}

    def _changed(self, path: Path, mutation: Mutation, names: list[str]) -> tuple[int, str]:
        """How the tests end with the change, which is taken back."""
        source = path.read_text("utf-8")
        path.write_text(mutation.applied(source), encoding="utf-8")
        try:
            return self._in_batches(names)
        finally:
            path.write_text(source, encoding="utf-8")

    def outcome_of_named(self, change: dict) -> dict:
        """What came of a change that is told as text, in its file or in the only one that holds this text now."""
        own = [self.root / change["file"]] if (self.root / change["file"]).is_file() else []
        paths = [path for path in own if path.read_text("utf-8").count(change["before"]) == 1]
        paths = paths or [path for path in (self.root / "core").rglob("*.py") if change["before"] in path.read_text()]
        tests = [
            test for test in (self.root / "tests").rglob("test_*.py") if f"def {change['test']}(" in test.read_text()
        ]
        if len(paths) != 1 or len(tests) != 1:
            return {"outcome": "lost"}
        source, name = paths[0].read_text("utf-8"), tests[0].relative_to(self.root).as_posix()
        line = source[: source.index(change["before"])].count("\n") + 1
        paths[0].write_text(source.replace(change["before"], change["after"]), encoding="utf-8")
        try:
            code, by = self.tests([name, "-k", change["test"]])
        finally:
            paths[0].write_text(source, encoding="utf-8")
        outcome = "killed" if by and not self.unsound([by]) else "survived" if code == 0 else "not tried"
        return {"file": paths[0].relative_to(self.root).as_posix(), "line": line, "outcome": outcome}

    def unsound(self, tests: Iterable[str]) -> set[str]:
        """Those of some tests that fail without any change, too."""
        names = sorted({test for test in tests if test.startswith("tests/")})
        if names:
            self._forked([*OPTIONS, *names])
        return set(self._failed()) & set(names)

    def _failed(self) -> list[str]:
        lines = self.output.read_text("utf-8", errors="replace").splitlines()
        return [line.partition(" ")[2].split(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR "))]

    def _located(self, test: str) -> list[str]:
        """A test, wherever its function stands now; none where that is not clear."""
        start = f"def {test.partition('::')[2].partition('[')[0]}("
        files = [path for path in (self.root / "tests").rglob("test_*.py") if start in path.read_text("utf-8")]
        found = [path.relative_to(self.root).as_posix() for path in files]
        file = test.partition("::")[0]
        chosen = file if file in found else found[0] if len(found) == 1 else ""
        return [f"{chosen}::{test.partition('::')[2]}"] if chosen and "::" in test else []
