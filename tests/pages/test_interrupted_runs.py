"""Presses whose run is stopped for a newer one, in sessions of a real server."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from scripts.dashboard import Dashboard, serve

PATIENCE_S = 300


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The server of a page with a button whose callback takes its time."""
    with serve(tmp_path_factory.mktemp("pressed") / "workspace", program="tests/pages/pressed.py") as running:
        yield running


class Tab:
    """One session, as a browser's."""

    def __init__(self, connection: ClientConnection):
        self.connection, self.button, self.text, self.page = connection, "", "", ""

    def ask(self, *, press: bool = False) -> None:
        """Ask for a run; press: because of the button."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page
        if press:
            message.rerun_script.widget_states.widgets.add(id=self.button, trigger_value=True)
        else:
            message.rerun_script.widget_states.SetInParent()
        self.connection.send(message.SerializeToString())

    def rest(self) -> None:
        """Wait until the page stands after all that was asked for."""
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self.connection.recv(PATIENCE_S, decode=False))
            kind = answer.WhichOneof("type")
            if kind == "new_session":
                self.page = answer.new_session.page_script_hash
            if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                self.button = element.button.id or self.button
                self.text = element.text.body or self.text
            if kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return

    def stand(self, count: int) -> None:
        """Wait until the page tells of so many presses, or of that many runs that were asked for in vain."""
        for _ in range(3):
            self.rest()
            if self.text == f"pressed {count}":
                return
            self.ask()


def presses_that_count(own: str, pauses_s: list[float]) -> list[str]:
    """Press the button, and ask for another run each of these pauses later; what the page tells after each."""
    texts = []
    with connect(
        f"ws://{own}/_stcore/stream",
        subprotocols=[websockets.Subprotocol("streamlit")],
        origin=websockets.Origin(f"http://{own}"),
    ) as connection:
        tab = Tab(connection)
        tab.ask()
        tab.rest()
        for count, pause_s in enumerate(pauses_s, 1):
            tab.ask(press=True)
            time.sleep(pause_s)
            tab.ask()
            tab.stand(count)
            texts.append(tab.text)
    return texts


def test_each_press_counts_once_whenever_the_page_is_asked_for_again(pressed: Dashboard):
    pauses_s = [0.0, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064] * 3
    texts = presses_that_count(pressed.url.removeprefix("http://"), pauses_s)
    assert texts == [f"pressed {count}" for count in range(1, len(pauses_s) + 1)]
    assert "Traceback" not in Path(pressed.log).read_text(errors="replace")
