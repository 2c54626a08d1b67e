"""Objects behind addresses such as s3://bucket/name: the only door to fsspec and s3fs, which a person may install.

Keys are looked up by these packages, in AWS's own places.
"""

import mimetypes
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.base.errors import AnalysisError

INSTALL = "pip install s3fs"
CREDENTIALS = (
    "Put them into ~/.aws/credentials, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the program. "
    "For a public bucket set FSSPEC_S3_ANON=true."
)
ANSWER_S = 60.0  # for which an answer to a short question is waited for
CONNECTION = "Check the connection and try again: what was computed until then is kept."


def file_system(address: str) -> Any:
    """The file system of an address, which keeps no listings; AnalysisError where its package is not installed."""
    if find_spec("s3fs") is None:
        raise AnalysisError("S3 needs the package s3fs, which is not installed.", f"Install it: {INSTALL}")
    import fsspec  # type: ignore[import-not-found]

    library: Any = fsspec
    return library.filesystem(address.partition("://")[0], use_listings_cache=False)


def write(address: str, content: bytes) -> None:
    """Write an object whole or not at all: by a single PUT, since S3 has no rename."""
    system = file_system(address)
    kind = mimetypes.guess_type(address)[0] or "application/octet-stream"
    with explained(address, "writing"):
        system.pipe_file(address, content, chunksize=len(content) + 1, ContentType=kind)


def check_writable(address: str) -> None:
    """Refuse an address whose bucket is not there or cannot be reached.

    Whether its objects may be written is not known before one is: credentials may allow that alone.
    """
    system = file_system(address)
    with explained(address, "writing"):
        try:
            system.call_s3("head_bucket", Bucket=_bucket(address), timeout=ANSWER_S)
        except PermissionError:
            return


def is_there(address: str) -> bool:
    """Whether there is such an object; False where nobody may look."""
    system = file_system(address)
    with explained(address, "reading"):
        try:
            return system.exists(address, timeout=ANSWER_S)
        except PermissionError:
            return False


@contextmanager
def explained(address: str, doing: str, error: type[AnalysisError] = AnalysisError) -> Generator[None, None, None]:
    """Errors of an object store, told in words that hold nothing but the address. doing: "reading" or "writing"."""
    from botocore.exceptions import (  # type: ignore[import-not-found]
        BotoCoreError,
        NoCredentialsError,
        ParamValidationError,
    )

    try:
        yield
    except AnalysisError:
        raise
    except FileNotFoundError:
        hint = "Check bucket and name, and AWS_ENDPOINT_URL if the bucket is not at Amazon."
        there = f"There is no bucket {_bucket(address)}." if doing == "writing" else f"There is no {address}."
        raise error(there, hint) from None
    except NoCredentialsError:
        raise error(f"There are no credentials for {doing} {address}.", CREDENTIALS) from None
    except PermissionError:
        hint = f"Ask its owner for permission, or use other credentials. {CREDENTIALS}"
        raise error(f"These credentials do not allow {doing} {address}.", hint) from None
    except ParamValidationError:
        hint = "Write s3://bucket/folder/name. The name of a bucket has lower-case letters, digits, dots and hyphens."
        raise error(f"{address} is not a valid address in S3.", hint) from None
    except (BotoCoreError, OSError, ValueError) as reason:
        name = Path(address).name
        raise error(f"{name} cannot be reached ({type(reason).__name__}).", CONNECTION) from None


def _bucket(address: str) -> str:
    return address.partition("://")[2].partition("/")[0]
