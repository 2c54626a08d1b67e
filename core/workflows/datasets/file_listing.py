"""The files of a labelled set: clips below a folder, lists as lines of text."""

from dataclasses import dataclass
from pathlib import Path

from core.stages.formats.common.files import LARGEST_TABLE_BYTES, decoded
from core.workflows.clip_files import files_below
from core.workflows.datasets.draft import refused

NO_CLIPS = {
    *(".txt", ".csv", ".tsv", ".json", ".xml", ".md", ".bundle", ".yaml", ".yml", ".pdf", ".py", ".zip"),
    *(".eaf", ".srt", ".vtt", ".nwb"),
}


def shown(path: Path, root: Path) -> str:
    """A path below a folder as people read it, "/" between folders; bytes that are no text become question marks."""
    try:
        text = path.relative_to(root).as_posix()
    except ValueError:
        text = path.as_posix()
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def lines_of(path: Path, root: Path) -> list[str]:
    """The lines of a list in UTF-8, with or without a last line end; an empty last line does not count."""
    return text_of(path, root).replace("\r\n", "\n").removesuffix("\n").split("\n")


def text_of(path: Path, root: Path) -> str:
    """The text of a file in UTF-8 or UTF-16, line ends as \\n."""
    name = shown(path, root)
    try:
        if path.stat().st_size > LARGEST_TABLE_BYTES:
            raise refused(name, 0, f"at most {LARGEST_TABLE_BYTES >> 20} MiB of text", f"{path.stat().st_size} bytes")
        return decoded(path.read_bytes())
    except UnicodeDecodeError as error:
        hint = "Save it as UTF-8 in the program that created it."
        raise refused(name, 0, "text in UTF-8", f"byte {error.object[error.start]:#04x}", hint) from error
    except OSError as error:
        raise refused(name, 0, "a file that can be read", error.strerror or str(error)) from error


@dataclass(frozen=True)
class ClipFiles:
    """The files below a folder that may be clips, found by the end of their path or by their stem."""

    root: Path
    by_end: dict[str, tuple[Path, ...]]
    by_stem: dict[str, tuple[Path, ...]]

    def ending(self, end: str) -> tuple[Path, ...]:
        """The clips whose path ends in these folders and this name."""
        parts = end.split("/")
        return tuple(path for path in self.by_end.get(parts[-1], ()) if path.parts[-len(parts) :] == tuple(parts))


def clips_below(root: Path) -> ClipFiles:
    """All files below a folder but lists."""
    by_end: dict[str, list[Path]] = {}
    by_stem: dict[str, list[Path]] = {}
    for path in files_below(root):
        if path.suffix.lower() not in NO_CLIPS:
            by_end.setdefault(path.name, []).append(path)
            by_stem.setdefault(path.stem, []).append(path)
    return ClipFiles(
        root,
        {name: tuple(paths) for name, paths in by_end.items()},
        {name: tuple(paths) for name, paths in by_stem.items()},
    )
