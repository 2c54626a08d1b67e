"""Words: moments found by text, and labels that a person names, without training.

text_encoders: sentences as vectors             synonyms: other wordings of the known labels
semantics: how near words are to known labels   zero_shot: labels in words over time
index: what the search knows of the library     full_text: lines that contain the words of a query
query: moments that fit a query                 thumbnails: a picture of a moment
"""

from core.workflows.search.query import search
from core.workflows.search.zero_shot import find_named, named_key, read_labels
from core.workflows.texts.text_store import keep_lines

__all__ = ["find_named", "keep_lines", "named_key", "read_labels", "search"]
