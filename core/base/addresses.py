"""Where a clip lies: a path on this machine, or an address such as s3://bucket/clip.mp4."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.base.errors import VideoUnreadable

SCHEMES = ("s3",)  # read in place; file:// becomes a path
SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
KINDS = "Give a path, or an address that begins with s3:// or file://."
SECRETS = re.compile(r"[?&](x-amz-|awsaccesskeyid|signature|token)", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether a text names a place by its scheme, and is no path."""
    return SCHEME.match(text) is not None


def absolute(text: str) -> str:
    """The path in full, or the address as it is kept; VideoUnreadable for an address that is not read from.

    Keys and passwords in an address are refused: it is stored, shown and logged.
    """
    match = SCHEME.match(text)
    if match is None:
        return str(Path(text).absolute())
    scheme = match[1].lower()
    if scheme == "file":
        return _local(text)
    if scheme not in SCHEMES:
        hint = f"Download the clip, or copy it into S3. {KINDS}"
        raise VideoUnreadable(f"Clips cannot be read from addresses that begin with {scheme}://.", hint)
    rest = text[match.end() :]
    bucket, _, key = rest.partition("/")
    if "@" in bucket or ":" in bucket or SECRETS.search(rest):
        hint = "Keep keys in ~/.aws/credentials or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: see docs/scale.md."
        raise VideoUnreadable("The address contains a key, a password or a signature, which would be stored.", hint)
    if not bucket:
        raise VideoUnreadable(f"{text} names no bucket.", "Write s3://bucket/folder/clip.mp4.")
    return f"{scheme}://{bucket}/{key}" if key else f"{scheme}://{bucket}"


def _local(text: str) -> str:
    """The path of a file:// address."""
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise VideoUnreadable(f"{text} is a file of another machine ({parts.netloc}).", "Give the path of it here.")
    path = unquote(parts.path)
    return str(Path(path[1:] if re.match(r"/[A-Za-z]:", path) else path).absolute())
