"""Files of labels, ours and those of other programs: each module in this folder that has a NAME is one format.

Such a module has NAME (its short name), TITLE (for menus), SUFFIX, MIME, UNIT, BASE and ENDS (how it counts, for
people), KEEPS (what it can hold, see format.KEPT), DIGIT_S (what its last digit stands for, 0 where it counts frames),
read(files, options) -> Labels, write(labels) -> bytes and looks_like(name, head). It may have REMARK, write_files where
it is a folder of files, and where its files hold parts that may be taken or left, parts(files), with OPTIONAL for the
kinds of which none need be taken; ASKS, the fields of ReadOptions that its files leave open; EVERY_FRAME, whether it
can only be written of clips that were annotated from end to end; BINARY, whether its files are no text; and READ_ONLY,
whether labels cannot be written so. What they share lies in common/.
"""

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

from core.base.registry import FORMATS
from core.domain import Analysis, Labels, labels_of_analysis, listed
from core.stages.formats.common.files import ReadOptions
from core.stages.formats.common.format import Format

__all__ = ["Format", "ReadOptions", "labels_of"]


def labels_of(*analyses: Analysis, name: str = "", many: bool = False) -> Labels:
    """What networks say of clips, as a file would hold it. Its classes are the labels in use.

    name: of a lone clip. many: see Labels.
    """
    clips = tuple(labels_of_analysis(analysis) for analysis in analyses)
    clips = tuple(replace(clip, name=name) for clip in clips) if name and len(clips) == 1 else clips
    return Labels(clips, listed((), clips), many=many)


def _load() -> None:
    modules = [import_module(f"{__name__}.{entry.name}") for entry in iter_modules(__path__)]
    for module in sorted((module for module in modules if hasattr(module, "NAME")), key=lambda module: module.NAME):
        entry = Format(
            name=module.NAME,
            title=module.TITLE,
            suffix=module.SUFFIX,
            mime=module.MIME,
            unit=module.UNIT,
            base=module.BASE,
            ends=module.ENDS,
            keeps=frozenset(module.KEEPS),
            digit_s=module.DIGIT_S,
            remark=getattr(module, "REMARK", ""),
            read=module.read,
            write=module.write,
            looks_like=module.looks_like,
            files=getattr(module, "write_files", None),
            parts=getattr(module, "parts", None),
            optional=frozenset(getattr(module, "OPTIONAL", ())),
            asks=frozenset(getattr(module, "ASKS", ())),
            every_frame=getattr(module, "EVERY_FRAME", False),
            one_word=getattr(module, "ONE_WORD", False),
            binary=getattr(module, "BINARY", False),
            read_only=getattr(module, "READ_ONLY", False),
        )
        FORMATS.add(module.NAME, entry)


_load()
