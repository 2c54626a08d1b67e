"""Words: moments found by text, and labels that a person names, without training.

encoder: sentences as vectors     wordings: how else the known labels can be put
meaning: how near words are to known labels     naming: labels in words over time
index: what the search knows of the library     searching: moments that fit a query
"""

from core.lines import keep_lines
from core.words.naming import find_named, named_key, read_labels
from core.words.searching import analyse, search

__all__ = ["analyse", "find_named", "keep_lines", "named_key", "read_labels", "search"]
