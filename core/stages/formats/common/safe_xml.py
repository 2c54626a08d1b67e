"""XML read without trust: no document type, no entities, nothing fetched, bounded depth. Each element has its line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.stages.formats.common.files import encoding_of, refused, shown, text_of

DEEPEST = 40


@dataclass
class Element:
    """One element. text: what stands directly in it."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> Iterator["Element"]:
        """Its children of that name."""
        return (child for child in self.children if child.tag == tag)

    def one(self, *path: str) -> "Element | None":
        """The first element down a path of names."""
        child: Element | None = self
        for tag in path:
            child = next(child.all(tag), None) if child else None
        return child

    def get(self, name: str) -> str:
        """An attribute, "" where it is not there."""
        return self.attributes.get(name, "")


class _Builder:
    """Builds elements from what a parser meets."""

    def __init__(self, name: str):
        self.name = name
        self.open: list[Element] = []
        self.texts: list[list[str]] = []  # of the open elements, joined once
        self.root: Element | None = None
        self.parser: DefusedXMLParser | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.parser.parser.CurrentLineNumber if self.parser else 0
        element = Element(tag, dict(attributes), line)
        if len(self.open) >= DEEPEST:
            raise refused(self.name, line, f"at most {DEEPEST} levels", "more")
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.texts.append([])

    def end(self, _tag: str) -> None:
        self.open.pop().text = "".join(self.texts.pop())

    def data(self, text: str) -> None:
        if self.open:
            self.texts[-1].append(text)

    def close(self) -> None:
        """Nothing is left to do."""


def parsed(name: str, content: bytes) -> Element:
    """The root element of a file."""
    text = text_of(name, content)
    head = text[:200].partition("?>")[0]
    wide = "utf-16" in head.lower() and encoding_of(content) != "utf-8"
    if "encoding" in head and "utf-8" not in head.lower() and "ascii" not in head.lower() and not wide:
        raise refused(name, 1, "UTF-8", shown(head), "Save it as UTF-8 in the program that created it.")
    builder = _Builder(name)
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser
    try:
        parser.feed(text)
        parser.close()
    except DefusedXmlException as error:
        hint = "Label files need no document type and no entities; this file is rejected for security."
        line = parser.parser.CurrentLineNumber
        raise refused(name, line, "XML without a document type", type(error).__name__, hint) from error
    except ParseError as error:
        raise refused(name, error.position[0], "well-formed XML", str(error)) from error
    except (ValueError, LookupError) as error:
        raise refused(name, 0, "well-formed XML", str(error)) from error
    if builder.root is None:
        raise refused(name, 0, "an XML element", "none")
    return builder.root


def attribute(text: str) -> str:
    """Text as the quoted value of an attribute."""
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def content(text: str) -> str:
    """Text as the content of an element."""
    return escape(text, {"\r": "&#13;"})


def holdable(text: str) -> bool:
    """Whether XML 1.0 can hold all characters of a text."""
    return all(
        letter in "\t\n\r" or "\x20" <= letter <= "\ud7ff" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"
        for letter in text
    )
