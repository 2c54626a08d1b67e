"""The labels of the workspace on the Label page, for all clips: add, rename, order, colour, remove; state or point."""

from collections.abc import Callable
from html import escape

import streamlit as st

from core.base.errors import AnalysisError, EditRefused
from core.workflows.annotation import edits, scheme
from core.workflows.annotation.scheme import LabelKind
from pages.ui import cache, state
from pages.ui.common import figures, flash

PANEL = "label.scheme"
ADDED = "label.added"  # labels that were added to the scheme, to be told
KINDS: dict[LabelKind, str] = {"state": "State", "point": "Point"}
DIAMOND = ";transform:rotate(45deg) scale(.86);border-radius:1px"  # of the swatch of a point
ABOUT_KINDS = (
    "A state lasts from a start to a stop, such as walking. A point is a single moment without a duration, such as a "
    "bite: its key sets it on the current frame, and deletes it when pressed there again."
)
KEYS = "123456789qwertyuiopasdghjzxcvbn"  # of the player, in the order of the labels


def show() -> None:
    """What can be done with the labels."""
    turn, known = state.remembered("label.turn", 0), scheme.labels(state.store())
    st.caption("All clips share these labels, with their order, kinds, keys and colours.")
    flash.show(PANEL)
    if known:
        _list(known)
    key = f"label.fresh.{turn}"
    st.text_input("New label", key=key, placeholder="jump", on_change=_add, args=(key, turn))
    if not known:
        return
    chosen = state.remembered("label.chosen", "")
    at = known.index(chosen) if chosen in known else 0
    which = st.selectbox("Label", known, at, key=f"label.which.{turn}")
    _kind(which)
    name = st.text_input("Name", which, key=f"label.called.{turn}.{which}").strip()
    with st.container(horizontal=True):
        _button("Rename", "rename", which, lambda: _rename(which, name), disabled=name in ("", which))
        place = known.index(which)
        _button("Up", "up", which, lambda: scheme.move(state.store(), which, -1), disabled=place == 0)
        _button("Down", "down", which, lambda: scheme.move(state.store(), which, 1), disabled=place == len(known) - 1)
        _button("Remove", "remove", which, lambda: scheme.remove(state.store(), which))
    _colour(which)
    st.caption("Renaming a label to an existing name merges the two, in all clips.")


def _kind(which: str) -> None:
    """Whether the label is given as segments or as points."""
    now, again = scheme.kind(state.store(), which), state.remembered("label.kind.refused", 0)
    key = f"label.kind.{which}.{now}.{again}"
    st.segmented_control(
        "Kind", list(KINDS), default=now, format_func=KINDS.__getitem__, key=key, required=True, help=ABOUT_KINDS,
        on_change=_change_kind, args=(which, key),
    )  # fmt: skip


def _change_kind(which: str, key: str) -> None:
    """The other kind; where that is refused the control is drawn anew, with the kind that the label has."""
    wanted: LabelKind = "point" if state.widget(key) == "point" else "state"
    state.remember("label.kind.refused", state.remembered("label.kind.refused", 0) + 1)
    _try(lambda: scheme.change_kind(state.store(), which, wanted))


def _button(name: str, kind: str, which: str, act: Callable[[], None], *, disabled: bool = False) -> None:
    st.button(name, key=f"label.do.{kind}", on_click=_try, args=(act,), disabled=disabled, help=f"{name}: {which}")


def _try(act: Callable[[], None]) -> None:
    """Do it, or tell why not when the page is drawn."""
    try:
        act()
    except AnalysisError as error:
        flash.keep(PANEL, error)


def _list(known: tuple[str, ...]) -> None:
    """The labels in their order, each with its key and colour."""
    slots, points = cache.slots(known), state.store().point_labels()
    keys = [*KEYS, *[""] * len(known)]
    rows = "".join(
        f'<span class="k-chip"><i style="background:{figures.colour(slots[label])}'
        f'{DIAMOND if label in points else ""}"></i>{escape(label)}'
        f"{f'<em>{key}</em>' if key else ''}</span>"
        for label, key in zip(known, keys, strict=False)
    )
    st.html(f"<div>{rows}</div>")


def _colour(which: str) -> None:
    """Which of the colours the label has."""
    slot = cache.slots((which,))[which] % len(figures.PALETTE)
    key = f"label.colour.{which}.{slot}"
    swatches = "".join(
        f'<span class="k-chip"><i style="background:{colour}"></i>{number}</span>'
        for number, colour in enumerate(figures.PALETTE, start=1)
    )
    st.selectbox(
        "Colour", range(len(figures.PALETTE)), slot, lambda at: str(at + 1), key=key, on_change=_paint,
        args=(which, key),
    )  # fmt: skip
    st.html(f"<div>{swatches}</div>")


def _paint(which: str, key: str) -> None:
    colour = state.widget(key)
    if colour is not None:
        state.store().give_colour(which, int(colour), len(figures.PALETTE))


def _add(key: str, turn: int) -> None:
    fresh = str(state.widget(key))
    if fresh.strip():
        state.remember("label.turn", turn + 1)
        _try(lambda: _add_new(fresh))


def _add_new(fresh: str) -> None:
    label = edits.cleaned(fresh)
    if not scheme.add(state.store(), [label]):
        raise EditRefused(f"There is already a label “{label}”.", "Use that one.")
    state.remember("label.chosen", label)


def _rename(which: str, name: str) -> None:
    """Rename it everywhere; a name that is new takes over its colour."""
    colour, new = cache.slots((which,))[which] % len(figures.PALETTE), name not in scheme.labels(state.store())
    scheme.rename(state.store(), which, name)
    if new:
        state.store().give_colour(edits.cleaned(name), colour, len(figures.PALETTE))
    state.remember("label.turn", state.remembered("label.turn", 0) + 1)
    state.remember("label.chosen", edits.cleaned(name))


def note(added: tuple[str, ...]) -> None:
    """Tell of labels that were added to the scheme, once the page is drawn."""
    if added:
        state.remember(ADDED, (*state.remembered(ADDED, ()), *added))


def tell() -> None:
    """Say which labels were added to the scheme since it was said last."""
    if added := state.remembered(ADDED, ()):
        state.remember(ADDED, ())
        st.toast(f"Added to the labels of all clips: {', '.join(added)}", icon=":material/label:")
