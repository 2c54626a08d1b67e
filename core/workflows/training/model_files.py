"""Trained networks as models: a folder in the workspace, and a zip that travels to another machine."""

import io
import json
import re
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

from core.base import zip_files
from core.base.errors import AnalysisError, FormatInvalid, ResultMissing
from core.base.percentages import per_cent
from core.domain import ModelCard, Training, serialization
from core.stages.networks import keras_file, text_branch
from core.workflows.models import ModelLibrary, check_card
from core.workflows.training.checkpoints import network_path, run_of, words_path
from core.workspace.store import Store

NETWORK = "network.keras"
WORDS = "words.npz"
CARD = "card.json"
LARGEST = {CARD: 2**20, NETWORK: 2**29, WORDS: text_branch.LARGEST_BYTES}  # bytes
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,48}", re.ASCII)
SMOOTH_S = 1.0  # width of the moving average over the scores of a trained model
THRESHOLD = 0.4  # mean score under which a moment is told as nothing certain
LICENCE = "The network was trained on this machine. Its use is subject to the licence of the training clips."
RENAMED = {"accuracy": {False: "clip accuracy", True: "step accuracy"}}


def save_model(store: Store, key: str, name: str, title: str = "") -> ModelCard:
    """Make the network of a training a model of that name, which must be free: it can be used at once."""
    record = run_of(store, key)
    gone = bool(record.words_sha256) and not words_path(store, key).is_file()
    if not record.network_sha256 or not network_path(store, key).is_file() or gone:
        raise ResultMissing("This run has no network to save.", "Let it finish, or stop it after a few epochs.")
    card = card_of(record, key, ModelLibrary.of(store).free_name(name, exactly=True), title)
    parts = {NETWORK: network_path(store, key).read_bytes()}
    if card.words:
        parts[WORDS] = words_path(store, key).read_bytes()
    _put(store, card, parts)
    return card


def card_of(record: Training, key: str, name: str, title: str = "") -> ModelCard:
    """The card of a trained network: what it is, what it saw, how good it was on what it did not see."""
    worded = bool(record.words_sha256)
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
        scores={metric: round(value, 4) for metric, value in _scores(record, worded=worded).items()},
        created=time.strftime("%Y-%m-%d"),
        words=WORDS if worded else "",
        words_sha256=record.words_sha256,
    )


def _scores(record: Training, *, worded: bool) -> dict[str, float]:
    """The scores of a model: of picture and words together and then of each alone, or of the picture where no words go
    with it."""
    known = (
        record.scores
        if worded
        else {name: record.words.get(f"picture {name}", value) for name, value in record.scores.items()}
    )
    scores = {RENAMED.get(name, {}).get(record.over_time, name): value for name, value in known.items()}
    if not worded:
        return scores
    first = RENAMED["accuracy"][record.over_time]
    alone = {f"{first}, {branch} alone": record.words[f"{branch} accuracy"] for branch in ("picture", "words")}
    return {first: scores[first]} | alone | scores


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
        "This network was trained on all of these clips. The scores are from cross-validation: "
        f"{len(record.folds)} networks with the same settings, each tested on held-out groups."
        if whole
        else "The scores are from held-out groups."
    )
    stopped = " The run was stopped before it finished." if record.state == "stopped" else ""
    return f"Dataset {record.dataset!r}, tested on {clips} of its clips. {own}{stopped}{_about_words(record)}"


def _about_words(record: Training) -> str:
    """What words have to do with a model, in words."""
    if not record.words:
        return ""
    both, picture, alone = (
        per_cent(record.words[f"{branch} accuracy"], decimals=1) for branch in ("both", "picture", "words")
    )
    if record.words_sha256:
        return (
            " The model uses video and the text near each moment: subtitles, a transcript or recognised speech. "
            "Without text, the prediction is based on video only. On held-out data, "
            f"{both} were correctly classified with video and text, {picture} with video only, {alone} with text only."
        )
    return (
        " The model uses video only, and its scores are those of video only. With the text of the clips, "
        f"{both} were correctly classified; with text only, {alone}."
    )


def _put(store: Store, card: ModelCard, parts: dict[str, bytes]) -> None:
    """Write a model's folder; it counts only once its card is there, which comes last."""
    folder = ModelLibrary.of(store).own_folder(card.name)
    try:
        folder.mkdir(parents=True)
        for part, content in parts.items():
            (folder / part).write_bytes(content)
        (folder / "card.partial").write_text(serialization.pretty_json(card), encoding="utf-8")
        (folder / "card.partial").rename(folder / CARD)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise AnalysisError(
            f"The model could not be saved: {error}", "Check the disk that holds the workspace."
        ) from error


def delete_model(store: Store, name: str) -> None:
    """Delete a model of the workspace; those of the program stay."""
    folder = ModelLibrary.of(store).own_folder(name)
    if NAME.fullmatch(name) and (folder / CARD).is_file():
        (folder / CARD).unlink()
        shutil.rmtree(folder, ignore_errors=True)


# Zips -----------------------------------------------------------------------------------------------------------------


def zipped(store: Store, name: str) -> bytes:
    """A model of the workspace as a zip: its card, its network, and where it reads words its text branch."""
    folder = ModelLibrary.of(store).own_folder(name)
    if not NAME.fullmatch(name) or not (folder / CARD).is_file():
        raise ResultMissing(f"There is no model {name!r} in the workspace.", "Choose another, or save it again.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for part in (CARD, NETWORK, *([WORDS] if (folder / WORDS).is_file() else [])):
            archive.write(folder / part, f"{name}/{part}")
    return packed.getvalue()


def open_zip(store: Store, path: Path, *, source: str = "") -> str:
    """Take in a model out of a zip that `zipped` made; gives the name that it has here.

    Nothing in it is run or trusted: its files are checked by name, size, SHA-256, and for what they hold.
    """
    source = source or path.name
    parts = _parts(path, source)
    text = parts[CARD].decode("utf-8", "replace")
    card = serialization.from_json(text, ModelCard, source=f"{source}, {CARD}")
    if card.network != NETWORK or not NAME.fullmatch(card.name):
        raise FormatInvalid(
            f"{source}: expected the network {NETWORK!r} and a valid name, got {card.network!r}, {card.name!r}."
        )
    if card.words != (WORDS if WORDS in parts else ""):
        raise FormatInvalid(f"{source}: its card names {card.words!r} as words, and it holds {', '.join(parts)}.")
    named = ModelLibrary.of(store).free_name(card.name)
    checked = json.loads(text) | {"name": named}
    card = serialization.from_json(json.dumps(checked), ModelCard, source=f"{source}, {CARD}")
    check_card(card, source)
    del parts[CARD]
    _put_checked(store, card, parts, source)
    return named


def _put_checked(store: Store, card: ModelCard, parts: dict[str, bytes], source: str) -> None:
    """Write the folder, but only after its files were shown to be what the card says."""
    aside = ModelLibrary.of(store).own_folder(f"{card.name}.partial")
    try:
        aside.mkdir(parents=True, exist_ok=True)
        for part, content in parts.items():
            (aside / part).write_bytes(content)
        keras_file.check_file(aside / NETWORK, card.network_sha256)
        if card.words:
            text_branch.check(aside / WORDS, card.words_sha256, len(card.labels))
    except FormatInvalid as error:
        raise FormatInvalid(str(error).replace(f"{aside}/", f"{source}, "), error.hint) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _put(store, card, parts)


def _parts(path: Path, source: str) -> dict[str, bytes]:
    """The files of a zip by their names: card, network, perhaps words; everything else is refused."""
    try:
        with zip_files.opened(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            folder = names[0].partition("/")[0] if names and "/" in names[0] else ""
            expected = {f"{folder}/{part}" if folder else part: part for part in (CARD, NETWORK, WORDS)}
            there = {expected.get(name) for name in names}
            strange = None in there or len(there) < len(names) or not {CARD, NETWORK} <= there
            if strange or folder in (".", ".."):
                got = ", ".join(names[:8]) or "nothing"
                raise FormatInvalid(f"{source}: expected {CARD}, {NETWORK} and perhaps {WORDS}, got {got}.")
            return {expected[member.filename]: _content(archive, member, source) for member in members}
    except zipfile.BadZipFile as error:
        raise FormatInvalid(f"{source} is not a readable zip file: {error}.", "Download the model again.") from error


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: str) -> bytes:
    """The bytes of a member, never more than a model may have."""
    most = LARGEST[Path(member.filename).name]
    if member.file_size > most:
        raise FormatInvalid(f"{source}: {member.filename} is larger than {most} bytes.", "Download the model again.")
    return zip_files.content(archive, member)
