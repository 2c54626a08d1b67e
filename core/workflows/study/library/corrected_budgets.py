"""Time budgets of the groups of a study, corrected for how its model confuses labels on held-out clips, as a job."""

from core.base.errors import ResultMissing
from core.base.progress import Report, silent
from core.workflows.study import corrected_shares
from core.workflows.study.corrected_shares import CorrectedBudgets, StudiedClips
from core.workflows.study.groups import NO_GROUP
from core.workflows.study.library import export
from core.workflows.study.library.columns import StudyColumns
from core.workflows.study.library.held_out_confusion import HeldOutClips, held_out_clips
from core.workflows.study.library.question import LibraryQuestion, correction_key, keep
from core.workflows.study.library.sources import versions
from core.workspace.jobs.lanes import short
from core.workspace.store import Store


@short()
def correct_budgets(
    store: Store, question: LibraryQuestion, evaluation: str, engine: str, report: Report = silent
) -> None:
    """Store the corrected budgets of the groups of a study, by the confusion in one of the model's evaluations."""
    usable = {clips.key: clips for clips in held_out_clips(store, question.source, engine)}
    if evaluation not in usable:
        raise ResultMissing("This evaluation is gone, or of an earlier model or dataset.", "Evaluate the model again.")
    key = correction_key(store, question, evaluation, engine)
    keep(store, key, corrected(store, question, usable[evaluation], engine, report))


def corrected(
    store: Store, question: LibraryQuestion, clips: HeldOutClips, engine: str, report: Report = silent
) -> CorrectedBudgets:
    """The corrected budgets of the groups of a study."""
    known = versions(store, question.source, engine)
    digests = tuple(digest for digest in question.digests if digest in known)
    key = export.columns_key(question.source, known)
    if not store.has(key):
        export.read_labels(store, question.source, engine, report)
    cells = store.metadata()
    groups = {digest: _cell(cells, digest, question.group) or NO_GROUP for digest in digests} if question.group else {}
    subjects = {digest: cell for digest in digests if (cell := _cell(cells, digest, question.subject))}
    studied = StudiedClips(store.read(key, StudyColumns), digests, groups, subjects)
    return corrected_shares.corrected(store, question.source, clips, studied, report)


def _cell(cells: dict[str, dict[str, str]], digest: str, column: str) -> str:
    return cells.get(digest, {}).get(column, "") if column else ""
