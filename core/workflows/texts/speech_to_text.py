"""Recognisers of speech that may be installed here; none is required, and none of their models comes with this program.

A model is a folder that the user puts into `speech/` in the workspace: of faster-whisper one with model.bin, of Vosk
one with am/ and conf/. Nothing is downloaded.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import ResultMissing, WeightsMissing
from core.base.progress import Report, silent
from core.base.registry import unknown
from core.domain.fingerprint import fingerprint
from core.workflows.texts.parser import Raw, lines_of_raw
from core.workflows.texts.text_store import keep_lines
from core.workspace.store import Store

SOURCE = "speech"
CHUNK = 8000  # samples, half a second


@dataclass(frozen=True)
class Recogniser:
    """A program that writes speech down. module: what it is imported as; package: what it is installed as.

    marks: files or folders that tell its models. hear(model folder, samples at 16 kHz) gives lines as they are heard.
    """

    name: str
    module: str
    package: str
    marks: tuple[str, ...]
    hear: Callable[[Path, np.ndarray], Iterator[Raw]]


def _whisper(folder: Path, samples: np.ndarray) -> Iterator[Raw]:
    from faster_whisper import WhisperModel  # type: ignore[import-not-found]

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    segments, _ = model.transcribe(samples)
    for segment in segments:
        yield float(segment.start), float(segment.end), str(segment.text)


def _vosk(folder: Path, samples: np.ndarray) -> Iterator[Raw]:
    from vosk import KaldiRecognizer, Model, SetLogLevel  # type: ignore[import-not-found]

    SetLogLevel(-1)
    recogniser = KaldiRecognizer(Model(str(folder)), 16_000)
    recogniser.SetWords(True)
    whole = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    for at in range(0, len(whole), CHUNK):
        if recogniser.AcceptWaveform(whole[at : at + CHUNK].tobytes()):
            yield from _heard(recogniser.Result())
    yield from _heard(recogniser.FinalResult())


def _heard(text: str) -> Iterator[Raw]:
    entries: dict[str, Any] = json.loads(text)
    if entries.get("text") and entries.get("result"):
        yield float(entries["result"][0]["start"]), float(entries["result"][-1]["end"]), str(entries["text"])


RECOGNISERS = {
    recogniser.name: recogniser
    for recogniser in (
        Recogniser("faster-whisper", "faster_whisper", "faster-whisper", ("model.bin", "config.json"), _whisper),
        Recogniser("Vosk", "vosk", "vosk", ("am", "conf"), _vosk),
    )
}


def installed() -> tuple[Recogniser, ...]:
    """The recognisers that are installed here."""
    return tuple(recogniser for recogniser in RECOGNISERS.values() if find_spec(recogniser.module))


def speech_folder(store: Store) -> Path:
    """Where the models of recognisers are looked for."""
    return store.workspace / "speech"


def speech_models(store: Store) -> dict[str, Recogniser]:
    """The models that can be used here, by the name of their folder."""
    folders = sorted(path for path in speech_folder(store).glob("*") if path.is_dir())
    return {
        path.name: recogniser
        for path in folders
        for recogniser in installed()
        if all((path / mark).exists() for mark in recogniser.marks)
    }


def speech_key(digest: str, model: str) -> str:
    """The name of the job that writes down the speech of a clip."""
    return fingerprint("speech", 1, digest, model)


def write_down(store: Store, digest: str, model: str, report: Report = silent) -> None:
    """Write down the speech of a clip with a model, and keep it beside the clip. Progress is told in seconds."""
    from core.stages import video

    known = speech_models(store)
    if not known:
        missing = "No speech recognition model is installed."
        raise WeightsMissing(missing, f"Install faster-whisper or vosk, and place a model in {speech_folder(store)}.")
    if model not in known:
        raise unknown("model of speech", model, known)
    info = store.video(digest)
    samples, raw, whole_s = video.speech_sound(info, report), [], max(1, round(info.duration_s))
    report(0, whole_s, "Listening")
    for line in known[model].hear(speech_folder(store) / model, samples):
        raw.append(line)
        report(min(round(line[1] or line[0]), whole_s), whole_s, "Listening")
    lines, _ = lines_of_raw(raw, duration_s=info.duration_s)
    if not lines:
        raise ResultMissing(
            "No speech was recognised in this clip.", "Try another model, or give a transcript as a file."
        )
    keep_lines(store, digest, SOURCE, lines)
