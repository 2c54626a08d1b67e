"""Words: moments found by text, and labels that a person names, without training.

encoder: sentences as vectors     wordings: how else the known labels can be put
meaning: how near words are to known labels     naming: labels in words over time
index: what the search knows of the library     searching: moments that fit a query
"""

from core.workflows.search.query import analyse, search
from core.workflows.search.zero_shot import find_named, named_key, read_labels
from core.workflows.texts.text_store import keep_lines

__all__ = ["analyse", "find_named", "keep_lines", "named_key", "read_labels", "search"]
