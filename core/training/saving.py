"""Trained networks as models: a folder in the workspace, and a zip that travels to another machine."""

import io
import json
import re
import shutil
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core import codec, network, pipeline
from core.domain import ModelCard, Training
from core.errors import AnalysisError, FormatInvalid, ResultMissing
from core.settings import ROOT
from core.store import Store
from core.training.runs import network_path, run_of

NETWORK = "network.keras"
CARD = "card.json"
LARGEST = {CARD: 2**20, NETWORK: 2**29}  # bytes
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,48}", re.ASCII)
SMOOTH_S = 1.0  # width of the moving average over the scores of a trained model
THRESHOLD = 0.4  # mean score under which a moment is told as nothing certain
LICENCE = "The network was trained here; the licence of the clips that it learned from decides how it may be used."
RENAMED = {"accuracy": {False: "clip accuracy", True: "step accuracy"}}


def free_name(store: Store, wanted: str, *, exactly: bool = False) -> str:
    """A name for a model that no other has: small letters, digits and dashes.

    exactly: the name that was asked for, or an error.
    """
    name = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:40] or "model"
    taken = {path.parent.name for place in _places(store) for path in place.glob("*/card.json")} | {"backbones"}
    if exactly and (name != wanted or name in taken):
        why = "is taken" if name in taken else "has letters that a name of a model cannot have"
        raise AnalysisError(f"The name {wanted!r} {why}.", "Give another: small letters, digits and dashes.")
    return next(each for each in (name, *(f"{name}-{number}" for number in range(2, 10_000))) if each not in taken)


def _places(store: Store) -> Iterable[Path]:
    return ROOT / "models", store.workspace / "models"


def save_model(store: Store, key: str, name: str, title: str = "") -> ModelCard:
    """Make the network of a training a model of that name, which must be free: it can be used at once."""
    record = run_of(store, key)
    if not record.network_sha256 or not network_path(store, key).is_file():
        raise ResultMissing("This training has no network to be saved.", "Let it end, or stop it after a few passes.")
    card = card_of(record, key, free_name(store, name, exactly=True), title)
    _put(store, card, network_path(store, key).read_bytes())
    return card


def card_of(record: Training, key: str, name: str, title: str = "") -> ModelCard:
    """The card of a trained network: what it is, what it saw, how good it was on what it did not see."""
    known = {name: record.words.get(f"picture {name}", value) for name, value in record.scores.items()}
    scores = {RENAMED.get(each, {}).get(record.over_time, each): value for each, value in known.items()}
    return ModelCard(
        name,
        title.strip() or record.name,
        record.backbone,
        record.backbone_version,
        record.labels,
        recipe=record.recipe,
        network=NETWORK,
        network_sha256=record.network_sha256,
        engine=record.engine,
        smooth_s=SMOOTH_S,
        threshold=THRESHOLD,
        settings=_settings(record, key),
        trained_on=_trained_on(record),
        licence=LICENCE,
        seed=record.seed,
        scores={each: round(value, 4) for each, value in scores.items()},
        created=time.strftime("%Y-%m-%d"),
    )


def _settings(record: Training, key: str) -> dict[str, Any]:
    return {
        **record.settings,
        "training": key,
        "data": record.dataset_key,
        "split": record.split,
        "passes": record.passes,
        "baselines": {name: round(value, 4) for name, value in record.baselines.items()},
        "fold_accuracy": [round(fold.accuracy, 4) for fold in record.folds],
        "warnings": list(record.warnings),
        "versions": record.versions,
    }


def _trained_on(record: Training) -> str:
    clips = sum(fold.clips for fold in record.folds)
    whole = record.final and record.state == "done" and record.fold_count > 1
    own = (
        "This network learned from all of them; the scores are those of networks that were trained in the same way on "
        f"{len(record.folds)} parts of the set, each tested on groups that it had never seen."
        if whole
        else "The scores are of groups that it had never seen."
    )
    stopped = " The training was stopped before its end." if record.state == "stopped" else ""
    words = (
        " It looks at the picture alone, and its scores are those of the picture; with the words of the clips beside "
        f"it {record.words['both accuracy']:.3f} were right, with the words alone {record.words['words accuracy']:.3f}."
        if record.words
        else ""
    )
    return f"The labelled set {record.dataset!r}, tested on {clips} of its clips. {own}{stopped}{words}"


def _put(store: Store, card: ModelCard, content: bytes) -> None:
    """Write a model's folder; it counts only once its card is there, which comes last."""
    folder = store.workspace / "models" / card.name
    try:
        folder.mkdir(parents=True)
        (folder / NETWORK).write_bytes(content)
        (folder / "card.partial").write_text(codec.pretty_json(card), encoding="utf-8")
        (folder / "card.partial").rename(folder / CARD)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise AnalysisError(f"The model could not be saved: {error}", "Check the disk of the workspace.") from error


def delete_model(store: Store, name: str) -> None:
    """Delete a model of the workspace; those of the program stay."""
    folder = store.workspace / "models" / name
    if NAME.fullmatch(name) and (folder / CARD).is_file():
        (folder / CARD).unlink()
        shutil.rmtree(folder, ignore_errors=True)


# Zips -----------------------------------------------------------------------------------------------------------------


def zipped(store: Store, name: str) -> bytes:
    """A model of the workspace as a zip: its card and its network."""
    folder = store.workspace / "models" / name
    if not NAME.fullmatch(name) or not (folder / CARD).is_file():
        raise ResultMissing(f"There is no model {name!r} in the workspace.", "Choose another, or save it again.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for part in (CARD, NETWORK):
            archive.write(folder / part, f"{name}/{part}")
    return packed.getvalue()


def open_zip(store: Store, path: Path, *, source: str = "") -> str:
    """Take in a model out of a zip that `zipped` made; gives the name that it has here.

    Nothing in it is run or trusted: its two files are checked by name, size, SHA-256, and for what layers they hold.
    """
    source = source or path.name
    parts = _parts(path, source)
    text = parts[CARD].decode("utf-8", "replace")
    card = codec.from_json(text, ModelCard, source=f"{source}, {CARD}")
    if card.network != NETWORK or not NAME.fullmatch(card.name):
        raise FormatInvalid(
            f"{source}: expected the network {NETWORK!r} and a plain name, got {card.network!r}, {card.name!r}."
        )
    named = free_name(store, card.name)
    checked = json.loads(text) | {"name": named}
    card = codec.from_json(json.dumps(checked), ModelCard, source=f"{source}, {CARD}")
    pipeline.check_card(card, source)
    _put_checked(store, card, parts[NETWORK], source)
    return named


def _put_checked(store: Store, card: ModelCard, content: bytes, source: str) -> None:
    """Write the folder, but take it away again where the network is not what the card says."""
    aside = store.workspace / "models" / f"{card.name}.partial"
    try:
        aside.mkdir(parents=True, exist_ok=True)
        (aside / NETWORK).write_bytes(content)
        network.check_file(aside / NETWORK, card.network_sha256)
    except FormatInvalid as error:
        raise FormatInvalid(str(error).replace(str(aside / NETWORK), f"{source}, {NETWORK}"), error.hint) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _put(store, card, content)


def _parts(path: Path, source: str) -> dict[str, bytes]:
    """The two files of a zip by their names; everything else is refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            folder = names[0].partition("/")[0] if names and "/" in names[0] else ""
            expected = {f"{folder}/{part}" if folder else part: part for part in (CARD, NETWORK)}
            if set(names) != set(expected) or len(names) != len(expected) or folder in (".", ".."):
                raise FormatInvalid(
                    f"{source}: expected {CARD} and {NETWORK}, got {', '.join(names[:8]) or 'nothing'}."
                )
            return {expected[member.filename]: _content(archive, member, source) for member in members}
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise FormatInvalid(f"{source} is no zip that can be read: {error}.", "Download the model again.") from error


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: str) -> bytes:
    """The bytes of a member, never more than a model may have."""
    most = LARGEST[Path(member.filename).name]
    with archive.open(member) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise FormatInvalid(f"{source}: {member.filename} is larger than {most} bytes.")
    return content
