"""Every error a person may meet, each with what to do about it.

AnalysisError            message = what happened and with which values; hint = what to do now
+-- VideoUnreadable      the file is no video, or no frame of it can be read
+-- RecipeInvalid        a preprocessing step cannot do what is asked of it
+-- WeightsMissing       the weights of a CNN or an RNN are not on this machine
+-- LabelsMismatch       two lists of labels that must agree do not
+-- FormatInvalid        a label, recipe or model file is malformed: file, line, expected, got
+-- NotEnoughExamples    too few clips to train or to score
+-- ScoringRefused       truth and prediction, or two predictions, cannot be compared
+-- EditRefused          an edit of labels does not fit what is there
+-- SplitInvalid         a split of a labelled set that cannot be made, or would put a group on two sides
+-- ResultMissing        a stored result or a catalogued clip is gone
+-- UnknownName          no step, backbone, model or format of that name
+-- JobLost              the process that did the work died
    +-- ClusterFailed    a given cluster cannot do the work, whatever clip it is about
Cancelled                (BaseException) the user asked a job to stop
"""


class AnalysisError(Exception):
    """Something a person can act on: `str(error)` says what happened, `error.hint` what to do now."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


class VideoUnreadable(AnalysisError):
    """The file is no video that can be read, or no frame of it can."""


class RecipeInvalid(AnalysisError):
    """A preprocessing step cannot do what is asked of it."""


class WeightsMissing(AnalysisError):
    """The weights of a network are not on this machine."""


class LabelsMismatch(AnalysisError):
    """Two lists of labels that must agree do not."""


class FormatInvalid(AnalysisError):
    """A file of labels, a recipe or a model is malformed."""


class NotEnoughExamples(AnalysisError):
    """Too few examples to train on or to score."""


class EditRefused(AnalysisError):
    """An edit of labels does not fit what is there."""


class SplitInvalid(AnalysisError):
    """A split of a labelled set cannot be made, or would put a group on two sides."""


class ScoringRefused(AnalysisError):
    """Truth and prediction, or two predictions, cannot be compared."""


class ResultMissing(AnalysisError):
    """A stored result, or a clip of the library, is gone."""


class CatalogueDamaged(AnalysisError):
    """The catalogue of the workspace cannot be read; its backups may be."""


class UnknownName(AnalysisError):
    """A step, backbone, model or format that does not exist was asked for."""


class JobLost(AnalysisError):
    """The process that did the work died before it was done."""


class ClusterFailed(JobLost):
    """The scheduler or a worker of a given cluster cannot do what is asked, which says nothing about the clip."""


class Cancelled(BaseException):
    """The user asked a job to stop. No `except Exception` may swallow it."""
