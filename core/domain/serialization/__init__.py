"""Dataclasses <-> JSON: one text for each value, so that what is saved and what is named can never disagree.

A dataclass is an object with its class name under "type" and its fields beside it. Each value is written as its field
declares it, not as it happens to be held: 90 in a float field is 90.0, -0.0 is 0.0, and 25 in a Fraction field "25".
Fractions are "30000/1001"; arrays carry type "array", dtype, shape and base64 (or the name under which they were put
aside). Fields declared Any or dict[str, Any] hold plain JSON.

Reading trusts nothing: whatever is wrong with a text is FormatInvalid with source, JSON path, expected and got. That
includes what a class says about its own values (ValueError of a domain check, RecipeInvalid of a step): a file is
malformed then, and the reason is in the message.

A class is written under its name, or under its STORED_NAME where it was renamed after files and keys held the old one:
what is written never changes, whatever a class is called in code.
"""

from core.domain.serialization.reader import from_json, plain_value
from core.domain.serialization.writer import pretty_json, to_json

__all__ = ["from_json", "plain_value", "pretty_json", "to_json"]
