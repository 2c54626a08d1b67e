"""The command line, run in this process."""

from pathlib import Path

import pytest

from core.__main__ import main
from core.base import settings
from core.domain import ModelCard, serialization
from core.stages.networks.backbones import BACKBONES
from tests.conftest import with_networks

MODEL = "things"


@pytest.fixture(scope="module")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory, networks: Path) -> Path:
    """One workspace for all tests of a file that run a CNN, with a model made of the small CNN's own labels."""
    folder = with_networks(tmp_path_factory.mktemp("main") / "workspace", networks)
    cnn = BACKBONES["efficientnet-lite0"]
    card = ModelCard(MODEL, "Things", cnn.name, cnn.version, cnn.labels(), smooth_s=0.5)
    path = folder / "models" / MODEL / "card.json"
    path.parent.mkdir(parents=True)
    path.write_text(serialization.pretty_json(card))
    return folder


@pytest.fixture
def command(shared_workspace, monkeypatch, capfdbinary):
    """Run the command line here; gives exit code, standard output as bytes, standard error as text."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(shared_workspace))
    settings.current.cache_clear()

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    yield run
    settings.current.cache_clear()
