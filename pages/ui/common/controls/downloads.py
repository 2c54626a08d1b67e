"""Files to download: links to an address of our own, which work at any moment of a page.

st.download_button registers its content anew in each run and forgets it when the next run begins: a press while the
page runs again, or on a page whose run was cut short, then fails. Here a link stays good as long as it can be on a
screen: its content is kept until the session has made two newer ones in its stead, or has ended.
"""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from weakref import WeakValueDictionary

import streamlit as st

from pages.ui import cache
from pages.ui.common.player.player import prefix

LINKS_PER_PLACE = 3  # links of one place: that on the screen, that of the run under way, and one that was never shown
DownloadContent = str | bytes | Callable[[], str | bytes]


@dataclass(frozen=True, eq=False)
class Download:
    """What a link leads to. content: the bytes, a text, or what makes them when they are asked for."""

    name: str
    mime: str
    content: DownloadContent
    token: str = field(default_factory=lambda: secrets.token_hex(20))

    def read(self) -> bytes:
        """The content."""
        content = self.content() if callable(self.content) else self.content
        return content.encode() if isinstance(content, str) else content


_offered: WeakValueDictionary[str, Download] = WeakValueDictionary()


def offered(token: str) -> Download | None:
    """What the link with that token leads to, as long as it is kept."""
    return _offered.get(token)


def offer(key: str, download: Download) -> str:
    """Keep a download for this session under the place that it is shown at; the address that it is then found at."""
    shelf = cache.downloads_of_this_session()
    shelf.setdefault(key, deque(maxlen=LINKS_PER_PLACE)).append(download)
    _offered[download.token] = download
    return f"{prefix()}/downloads/{download.token}"


def button(title: str, content: DownloadContent, name: str, mime: str, *, key: str, primary: bool = False) -> None:
    """A link that looks like a button and saves `content` as a file of that name."""
    address = offer(key, Download(name, mime, content))
    _link(title, address, name, looks="k-download" if primary else "k-download k-quiet")


def stored(title: str, key: str, name: str) -> None:
    """Such a link to a file of the store that was made to be downloaded."""
    _link(title, f"{prefix()}/exports/{key}", name, looks="k-download")


def _link(title: str, address: str, name: str, *, looks: str) -> None:
    text = f'<a class="{looks}" href="{address}" download="{escape(name)}">{escape(title)}</a>'
    st.html(text, width="content")
