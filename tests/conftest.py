"""What the tests share: folders, made clips, and the rule that a test that logs an error fails."""

import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from core.domain import Frame

ROOT = Path(__file__).resolve().parent.parent
# No test is about time: a machine may be as slow as it likes.
hypothesis_settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any machine")


# The files that take longest, begun first so that all processes are busy to the end: those that compute beside those
# that wait for a browser.
LONGEST = (
    *(
        "workflows/test_training",
        "browser/test_study_walk",
        "browser/test_newcomer",
        "browser/test_states",
        "stages/test_inference_engine",
    ),
    *("browser/test_label", "browser/test_features", "stages/test_explain", "browser/test_training"),
    *("browser/test_words", "workflows/test_predictions", "browser/test_player", "browser/test_frames"),
    *("workflows/test_text_training", "browser/test_jobs", "browser/test_search", "stages/test_recurrent"),
    *("browser/test_first_screen", "browser/test_pictures", "workspace/test_clusters", "browser/test_evaluate"),
    *("browser/test_kill", "browser/test_reruns", "stages/test_backbones", "browser/test_library"),
    *("workspace/test_jobs", "stages/test_sample_dataset", "cli/test_main", "workspace/test_old_workspace"),
    *("workflows/test_growth", "workflows/test_evaluation", "workflows/test_frames", "pages/test_pages"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {f"tests/{name}.py": rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real clips; tests that need it are skipped where it is absent, for it is not ours to ship."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real clips are not on this machine: {folder} does not exist")
    return folder


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where networks are kept that were converted for OpenVINO: each once for all tests and all their processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "networks"
    folder.mkdir(exist_ok=True)
    return folder


def with_networks(workspace: Path, networks: Path) -> Path:
    """A workspace that finds converted networks, as one that was used before."""
    workspace.mkdir(0o700, parents=True, exist_ok=True)
    (workspace / "engine").symlink_to(networks, target_is_directory=True)
    return workspace


@pytest.fixture
def workspace(tmp_path: Path, networks: Path) -> Path:
    """An empty folder for the catalogue and the results of one test."""
    return with_networks(tmp_path / "workspace", networks)


@pytest.fixture
def store(workspace: Path):
    """An empty store."""
    from core.workspace.store import Store

    return Store(workspace)


def moving_square(frame_count: int, *, size_px=(96, 64), rate_hz: float = 25.0) -> Iterator[Frame]:
    """Frames on which a white square crosses a grey gradient; its left edge tells the frame's number."""
    width, height = size_px
    ramp = np.linspace(40, 160, width).astype(np.uint8)
    for index in range(frame_count):
        image = np.repeat(np.tile(ramp, (height, 1))[..., None], 3, axis=2)  # (H, W, 3)
        left = 2 * index % (width - 16)
        image[height // 2 - 8 : height // 2 + 8, left : left + 16] = 255
        yield Frame(index, index / rate_hz, image)


@pytest.fixture(scope="session")
def square_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made H.264 clip: 50 frames of 96 x 64 px at 25 frames/s, on which a square moves to the right."""
    from core.stages import video

    path = tmp_path_factory.mktemp("clips") / "square.mp4"
    video.write(path, moving_square(50))
    return path


@pytest.fixture(scope="session")
def sample_path(networks: Path) -> Path:
    """The sample clip that the program makes itself, as a file: drawn once for all tests and all their processes."""
    from core.stages import video
    from core.stages.drawing import sample_clip

    path = networks.parent / "sample.mp4"
    try:
        path.with_suffix(".begun").touch(exist_ok=False)
    except FileExistsError:
        while not path.exists():  # another process draws it
            time.sleep(0.1)
        return path
    video.write(path.with_suffix(".part.mp4"), sample_clip.sample_clip())
    return path.with_suffix(".part.mp4").rename(path)


def sample_frames(path: Path) -> list[Frame]:
    """All frames of the sample clip, as they are decoded."""
    from core.stages import video

    return list(video.read(video.probe(path, "ab")))


class _Errors(logging.Handler):
    """Keeps the messages of level ERROR and above."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord):
        self.messages.append(f"{record.name}: {record.getMessage()}")


# These two hand nothing on to the root logger.
_LISTENED_TO = ("", "streamlit", "distributed")


@pytest.fixture(autouse=True)
def no_logged_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that logs an error fails, unless it is marked `logs_errors` because the error is what it tests."""
    errors = _Errors()
    loggers = [logging.getLogger(name) for name in _LISTENED_TO]
    for logger in loggers:
        logger.addHandler(errors)
    yield
    for logger in loggers:
        logger.removeHandler(errors)
    if errors.messages and not request.node.get_closest_marker("logs_errors"):
        pytest.fail("errors were logged:\n" + "\n".join(errors.messages))


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Streamlit's tests of pages put a script in the place of the main module, which new processes would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may contact anything: each attempt fails its test."""

    def refuse(_self, address):
        raise AssertionError(f"the network was asked for: {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **_: refuse(None, asked))
