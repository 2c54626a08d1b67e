"""What differs between machines, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("openvino-bf16", "openvino-f32", "tensorflow-f32")


@dataclass(frozen=True)
class Settings:
    """Folders, limits and the engine of this machine.

    workspace: where the catalogue, uploads and results live.
    models: folders of networks; the first is where the project's own are, a trained one goes to the workspace.
    scheduler: the address of a Dask scheduler whose workers compute, or empty: then this machine computes by itself.
    engine: one of ENGINES; it is part of each key, because the numbers differ in their last digits.
    worker_memory_bytes: a worker that takes more is ended and its job fails with that reason.
    threads: of a process that decodes and computes.
    """

    workspace: Path
    models: tuple[Path, ...]
    scheduler: str
    engine: str
    worker_memory_bytes: int
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)

    def __post_init__(self):
        if self.threads < 1:
            raise ValueError(f"KINETOSCOPE_THREADS is {self.threads}, expected 1 or more")
        if self.engine not in ENGINES:
            raise ValueError(f"KINETOSCOPE_ENGINE is {self.engine!r}, expected one of {', '.join(ENGINES)}")


def read(environment: Mapping[str, str]) -> Settings:
    """The settings that `environment` asks for, with a default for each that it does not name."""
    workspace = Path(environment.get("KINETOSCOPE_WORKSPACE") or ROOT / "workspace").expanduser().resolve()
    return Settings(
        workspace=workspace,
        models=model_folders(workspace),
        scheduler=environment.get("KINETOSCOPE_SCHEDULER", ""),
        engine=environment.get("KINETOSCOPE_ENGINE") or _best_engine(),
        worker_memory_bytes=int(float(environment.get("KINETOSCOPE_WORKER_MEMORY_GB") or 4) * 2**30),
        threads=int(environment.get("KINETOSCOPE_THREADS") or 0) or os.cpu_count() or 1,
    )


def model_folders(workspace: Path) -> tuple[Path, Path]:
    """Where models are stored: those of the project, and those of the workspace."""
    return ROOT / "models", workspace / "models"


@cache
def current() -> Settings:
    """The settings of this process."""
    return read(os.environ)


def _best_engine() -> str:
    """The fastest engine here: OpenVINO where installed, in bfloat16 where the processor computes in it."""
    from importlib.util import find_spec

    if find_spec("openvino") is None:
        return "tensorflow-f32"
    return "openvino-bf16" if "bf16" in _processor_flags() else "openvino-f32"


def _processor_flags() -> str:
    """The processor's feature flags as Linux lists them; empty where nothing lists them."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as listing:
            return next((line for line in listing if line.startswith("flags")), "")
    except OSError:
        return ""
