"""What every command needs of the terminal: progress, errors in words, and where results are written."""

import argparse
import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeAlias

from core.base import addresses, object_store
from core.base.errors import AnalysisError, FormatInvalid
from core.domain import Recipe, serialization
from core.stages.preprocessing.views import Views
from core.workflows import clips
from core.workspace.store import Store

SPARSE_S = 10.0  # between lines of progress where they are kept
REDRAWN_S = 0.1  # between lines of progress where each takes the place of the one before
KERNEL_FILES = ("/proc", "/sys", "/dev/fd")  # what lies there is no file on a disk, whatever it looks like
VIEWS = ("fast", "mirror", "careful")
LONGEST_CHAIN = 40  # symbolic links that name one another, as Linux follows them
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


@dataclass(frozen=True)
class Output:
    """What a command made.

    files: bytes by file name, or under "" what goes to standard output or the one file asked for.
    report: bytes by file name for the folder that a command may write beside that.
    """

    files: dict[str, bytes]
    failed: bool = False
    report: dict[str, bytes] = field(default_factory=dict)


class TerminalProgress:
    """A report for standard error: one line that is redrawn on a terminal, a line now and then elsewhere.

    Of the consoles of Windows only the Terminal, which names its session, surely understands the codes of redrawing.
    """

    def __init__(self, name: str):
        self.name = name
        self.stream: TextIO = sys.stderr
        self.redraws = self.stream.isatty() and (os.name != "nt" or os.environ.get("WT_SESSION", "") != "")
        self.told_at = 0.0
        self.message = ""

    def __enter__(self) -> "TerminalProgress":
        return self

    def __exit__(self, *_why: object) -> None:
        if self.redraws:
            print("\r\x1b[2K", end="", file=self.stream, flush=True)

    def __call__(self, done: int, total: int, message: str) -> None:
        now = time.monotonic()
        wait_s = REDRAWN_S if self.redraws else SPARSE_S
        if message == self.message and now - self.told_at < wait_s:
            return
        self.told_at, self.message = now, message
        line = f"{self.name}: {message}" + (f" ({done} of {total})" if total > 0 else "")
        print(
            f"\r\x1b[2K{line}" if self.redraws else line, end="" if self.redraws else "\n", file=self.stream, flush=True
        )


def complain(error: AnalysisError, about: str = "") -> None:
    """Tell of an error, and what to do about it."""
    print(f"error: {about}: {error}" if about else f"error: {error}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what native libraries print on descriptors 1 and 2 nowhere; Python's own sys.stderr goes on as before."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    shown = sys.stderr
    sys.stdout.flush()
    shown.flush()
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        if shown is sys.__stderr__:
            sys.stderr = open(os.dup(kept[1]), "w", buffering=1, encoding=shown.encoding, errors="backslashreplace")
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stdout.flush()
        for descriptor, original in zip((1, 2), kept, strict=True):
            os.dup2(original, descriptor)
            os.close(original)
        os.close(nowhere)
        if sys.stderr is not shown:
            sys.stderr.close()
        sys.stderr = shown


def recipe(path: str) -> Recipe:
    """A saved recipe; FormatInvalid or RecipeInvalid say what is wrong with it."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatInvalid(
            f"The recipe {path} cannot be read: {error}", "Give a recipe file saved on the Prepare page."
        ) from error
    return serialization.from_json(text, Recipe, source=path)


def add_preparation(parser: argparse.ArgumentParser) -> None:
    """Offer what prepares clips before a model sees them."""
    steps = "a saved recipe, applied before the model's own preprocessing"
    parser.add_argument("--recipe", metavar="FILE", help=steps)
    about = (
        "fast: one view; mirror: the clip and its mirror image, at twice the time; careful: three squares and their "
        "mirror images, at six times the time (default: as in the recipe, else fast)"
    )
    parser.add_argument("--views", choices=VIEWS, help=about)


def preparation(chosen: argparse.Namespace) -> Recipe:
    """The steps that a call asks for; --views takes the place of the step Views of a recipe."""
    steps = (recipe(chosen.recipe) if chosen.recipe else Recipe()).steps
    if chosen.views:
        steps = tuple(item for item in steps if not isinstance(item, Views))
        steps += () if chosen.views == VIEWS[0] else (Views(chosen.views),)
    return Recipe(steps)


def added(store: Store, clip: str) -> str:
    """The digest of a clip, which is measured where that was not done yet."""
    with TerminalProgress(clip) as progress:
        return clips.add_video(store, clip, progress)


def settle_places(chosen: argparse.Namespace) -> None:
    """Give the places to write to in a call as paths, or as addresses that can be written to."""
    for name in ("output", "folder"):
        if place := getattr(chosen, name, None):
            setattr(chosen, name, addresses.destination(place))


def is_folder(output: str | None) -> bool:
    """Whether a place is a folder that is there, or an address that ends in /."""
    if not output:
        return False
    return output.endswith("/") if addresses.is_address(output) else Path(output).is_dir()


def may_be_folder(output: str | None) -> bool:
    """Whether a place is a folder, or may become one."""
    return bool(output) and (addresses.is_address(output) or Path(output).is_dir() or not Path(output).exists())


def is_there(output: str, name: str) -> bool:
    """Whether a folder to write to has a file of that name already."""
    if addresses.is_address(output):
        return object_store.is_there(_below(output, name))
    return Path(output, name).exists()


def check_place(output: str | None, *, folder: bool = False) -> None:
    """Refuse a place that cannot be written to before the long work begins. folder: whether it may be one."""
    if output and addresses.is_address(output):
        if is_folder(output) and not folder:
            raise AnalysisError(f"{output} is a folder.", f"Give the name of a file: {output}NAME.")
        object_store.check_writable(output)
    elif output and not Path(output).absolute().parent.is_dir():
        raise AnalysisError(
            f"There is no folder {Path(output).absolute().parent}.", "Create it, or choose another --output."
        )


def deliver(files: dict[str, bytes], output: str | None) -> None:
    """Put files where they were asked for, or on standard output."""
    for name, content in files.items():
        if output and addresses.is_address(output):
            object_store.write(_below(output, name) if name else output, content)
        elif output:
            _write(Path(output, name) if name else Path(output), content)
        else:
            sys.stdout.buffer.write(content)
            sys.stdout.flush()


def _below(address: str, name: str) -> str:
    return f"{address.rstrip('/')}/{name}"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a device, a pipe or an open descriptor gets the bytes themselves."""
    try:
        if through := _stream(path):
            with open(os.open(through, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)), "wb") as stream:
                stream.write(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise AnalysisError(f"{path} cannot be written: {error.strerror}.", "Choose another --output.") from error


def _replace(path: Path, content: bytes) -> None:
    """Give a regular file its new content in one step."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _stream(path: Path) -> Path | None:
    """The device, pipe or open descriptor that `path` names, also by links; None for a regular file or none at all.

    /dev/stdout, /dev/fd/3 and the like are links to what a descriptor has open, which may be a regular file: its name
    must stay with that file, for whoever opened it goes on writing there.
    """
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(kind):
        return path
    for _ in range(LONGEST_CHAIN):
        folder = Path(os.path.realpath(path.parent))
        if any(folder.is_relative_to(parent) for parent in KERNEL_FILES):
            return path
        if not path.is_symlink():
            return None
        path = folder / path.readlink()
    return None
