"""What happens in clips, told in words: every number comes out of the tracks, and no language model is asked.

facts: the numbers out of tracks, and the rules by which something is unusual
languages: the words, plurals, numbers and clocks of each language     sentences: facts as sentences
export: sentences as text, Markdown and WebVTT chapters
"""

from core.stages.narrative.export import FORMS, Form, write
from core.stages.narrative.facts import RULES, Subject
from core.stages.narrative.languages import LANGUAGES

__all__ = ["FORMS", "LANGUAGES", "RULES", "Form", "Subject", "write"]
