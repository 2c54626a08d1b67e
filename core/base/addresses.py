"""Where a clip lies, or a result is written: a path on this machine, or an address such as s3://bucket/clip.mp4."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.base.errors import AnalysisError, VideoUnreadable

SCHEMES = ("s3",)  # read and written in place; file:// becomes a path
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
    if not is_address(text):
        return str(Path(text).absolute())
    return _address(text, "Clips cannot be read from", f"Download the clip, or copy it into S3. {KINDS}")


def destination(text: str) -> str:
    """The same of a place to write to, where a path stays as it is. An address that ends in / is a folder."""
    if not is_address(text):
        return text
    try:
        address = _address(text, "Results cannot be written to", KINDS)
    except VideoUnreadable as error:
        raise AnalysisError(str(error), error.hint) from None
    bucket_alone = is_address(address) and "/" not in address.partition("://")[2]
    return f"{address.rstrip('/')}/" if text.endswith("/") or bucket_alone else address


def _address(text: str, never: str, hint: str) -> str:
    """An address as it is kept, or the path that it stands for. never: what is not done with addresses of its kind."""
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme == "file":
        return _local(text)
    if scheme not in SCHEMES:
        raise VideoUnreadable(f"{never} addresses that begin with {scheme}://.", hint)
    bucket, _, key = rest.partition("/")
    if "@" in bucket or ":" in bucket or SECRETS.search(rest):
        hint = "Keep keys in ~/.aws/credentials or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: see docs/scale.md."
        raise VideoUnreadable("The address contains a key, a password or a signature, which would be stored.", hint)
    if not bucket:
        raise VideoUnreadable(f"{text} names no bucket.", "Write s3://bucket/folder/name.")
    return f"{scheme}://{bucket}/{key}" if key else f"{scheme}://{bucket}"


def _local(text: str) -> str:
    """The path of a file:// address."""
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise VideoUnreadable(f"{text} is a file of another machine ({parts.netloc}).", "Give the path of it here.")
    path = unquote(parts.path)
    return str(Path(path[1:] if re.match(r"/[A-Za-z]:", path) else path).absolute())
