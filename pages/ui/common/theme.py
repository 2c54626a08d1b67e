"""Styles that Streamlit's theme does not cover: titles, empty states, chips of labels."""

from collections.abc import Iterable
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.components import v2

from pages.ui.common import figures, javascript

HERE = Path(__file__).parent
ASSETS = HERE.parent / "assets"
LOGO = str(ASSETS / "logo.svg")
ICON = str(ASSETS / "icon.svg")


def component(script: Path):
    """Our own component: a JavaScript module that makes its own elements, and the style sheet of the same name.

    One without elements has no style sheet, and is drawn under a key that begins with "unseen-": it takes no room.
    """
    sheet = script.with_suffix(".css")
    css = sheet.read_text(encoding="utf-8") if sheet.exists() else None
    return v2.component(f"kinetoscope_{script.stem}", js=javascript.joined(script), css=css)


def styles() -> None:
    """Put our styles into the page."""
    st.html(HERE / "style.css")


def title(name: str, promise: str) -> None:
    """The header of a page: its name and its purpose in one line."""
    st.html(f'<header class="k-title"><h1>{escape(name)}</h1><p>{escape(promise)}</p></header>')


def section(name: str, explanation: str = "") -> None:
    """The head of a part of a page."""
    text = f"<p>{escape(explanation)}</p>" if explanation else ""
    st.html(f'<div class="k-section"><h2>{escape(name)}</h2>{text}</div>')


def empty(headline: str, advice: str) -> None:
    """What a page shows when there is nothing yet: what is missing and what to do."""
    st.html(f'<div class="k-empty"><strong>{escape(headline)}</strong><p>{escape(advice)}</p></div>')


def facts(*rows: Iterable[str]) -> None:
    """Short facts in a row, or in several."""
    texts = ("".join(f"<span>{escape(item)}</span>" for item in row) for row in rows)
    st.html("".join(f'<div class="k-facts">{text}</div>' for text in texts))


def notes(items: Iterable[str]) -> None:
    """Notes, as a subtle warning."""
    st.html(f'<div class="k-notes" role="note">{"".join(f"<p>{escape(item)}</p>" for item in items)}</div>')


def chip(label: str, slot: int, score: str = "") -> str:
    """HTML of a label with its colour beside it."""
    text = f"<em>{escape(score)}</em>" if score else ""
    return f'<span class="k-chip"><i style="background:{figures.colour(slot)}"></i>{escape(label)}{text}</span>'


def busy(words: str) -> None:
    """Work whose end nobody knows yet. words: Markdown."""
    st.markdown(words)
    st.html('<div class="k-busy" role="progressbar" aria-label="Working"></div>')


def problem(message: str, hint: str) -> None:
    """An error and its hint."""
    st.error(f"**{plain(message)}**" + (f"\n\n{plain(hint)}" if hint else ""), icon=":material/error:")


def plain(text: str) -> str:
    """Text of files and errors, kept from being read as Markdown."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+-!|~$:" else letter for letter in text)
