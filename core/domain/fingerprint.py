"""The name of a result: the hash of everything it depends on."""

from hashlib import sha256
from typing import Any

from core.domain.serialization import to_json


def fingerprint(*parts: Any) -> str:
    """40 hex digits of the SHA-256 of the canonical JSON of `parts`, a list.

    Equal parts give equal names on each machine and in each process; a part is anything that serialization can write.
    """
    return sha256(to_json(parts).encode("ascii")).hexdigest()[:40]
