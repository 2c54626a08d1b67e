"""JavaScript modules joined into one, as a component in the page takes a single text."""

import re
from pathlib import Path

# import { a, b } from "./c.js"; without renaming, so that each name means one thing in the whole text
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[\w./]+\.js)";\n', re.MULTILINE)
_COMMENT = re.compile(r"^ *(?:/\*\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?=(?:async )?function |const |class )", re.MULTILINE)


def joined(entry: Path) -> str:
    """The text of a module and of all that it imports, each once and in the order in which a browser would run them.

    The browser, the type check and the tests read the files as they are; here imports, exports and comments that fill
    whole lines are taken out. What `entry` exports as its default stays.
    """
    texts: dict[Path, str] = {}
    _collect(entry.resolve(), texts)
    return "\n".join(text for text in texts.values() if text)


def _collect(module: Path, texts: dict[Path, str]) -> None:
    if module in texts:
        return
    texts[module] = ""  # modules may import each other
    text = module.read_text(encoding="utf-8")
    for names, path in _IMPORT.findall(text):
        if " as " in names:
            raise ValueError(f"{module.name} renames what it imports from {path}")
        _collect((module.parent / path).resolve(), texts)
    text = _EXPORT.sub("", _COMMENT.sub("", _IMPORT.sub("", text)))
    if re.search(r"^import ", text, re.MULTILINE):
        raise ValueError(f"{module.name} imports in a way that cannot be joined")
    del texts[module]
    texts[module] = text
