"""The progress of a training: its stages one after another, each told as a part of the whole."""

from core.base.progress import Report
from core.domain.training import CURVE
from core.workflows.training.options import Options


class StageReports:
    """Reports of single stages as parts of the whole training; each stage counts as long as the first."""

    def __init__(self, report: Report, folds: int, final: bool, options: Options, *, curve: bool = False):
        self.report, self.folds, self.before = report, folds, int(curve)
        self.networks = self.before + folds + (final and folds > 1)
        self.stages = 2 if options.stop_early and options.again else 1
        self.batches = 0  # of the first stage, if it is run to its end

    def of(self, number: int, *, retraining: bool) -> Report:
        """The report of a stage of a fold, or of CURVE."""
        stage = 0 if number == CURVE else self.before + number * self.stages + retraining
        which = "all clips" if number == self.folds else f"fold {number + 1} of {self.folds}"
        which = "validation curve" if number == CURVE else which

        def report(done: int, total: int, message: str) -> None:
            self.batches = self.batches or total
            share = done / max(total, 1)
            whole = self.batches * (self.before + self.stages * (self.networks - self.before))
            self.report(round(self.batches * (stage + share)), whole, f"{message}, {which}")

        return report

    def messages(self, which: str) -> Report:
        """A report of which only the messages are passed on."""

        def report(_done: int, _total: int, message: str) -> None:
            self.report(0, 0, f"{message}, {which}")

        return report
