"""Choices made by trying: settings and views compared on training groups, and what they are worth.

view_choice: which part of the picture a CNN should see   embedding_map: what a CNN alone tells apart
tuning: good settings, searched on validation groups      sweep: one setting varied over several runs
"""

from core.workflows.experiments.view_choice import LIGHTENED, UNLIGHTENED, choice_key, choose, chosen

__all__ = ["LIGHTENED", "UNLIGHTENED", "choice_key", "choose", "chosen"]
