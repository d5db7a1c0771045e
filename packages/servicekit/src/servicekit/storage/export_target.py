"""Where exports are written: a local file, or an object in S3-compatible storage. Never half of one."""

import os
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from servicekit.telemetry.redaction import redact

_GZIP: Final = 16 + zlib.MAX_WBITS
_PART: Final = 16 * 1024 * 1024
"""Bytes of a part of an upload. S3 takes 10 000 of them: 160 GB."""
_PARALLEL: Final = 3  # parts uploaded at a time, which are in memory
_LONGEST: Final = 300  # characters of an error
_SUFFIXES: Final = (".jsonl", ".jsonl.gz")


class TargetUnusable(Exception):
    """The export cannot be written there; the text says why."""


async def write_export(chunks: AsyncIterator[bytes], target: str, name: str) -> str:
    """Write an export, compressed if its name ends in ``.gz``.

    Args:
        target: a file, a directory, or ``s3://bucket/prefix``. Endpoint, region and credentials of S3 come from the
            usual variables: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, …
        name: the name in a directory, or below a prefix.

    Returns:
        Where it was written.

    Raises:
        TargetUnusable: it was not written.
    """
    if target.startswith("s3://"):
        return await _upload(chunks, target, name)
    return await _write_file(chunks, Path(target), name)


async def _write_file(chunks: AsyncIterator[bytes], target: Path, name: str) -> str:
    path = _free_path(target, name)
    with _new_file(path) as file:
        async for chunk in _as_named(chunks, path.name):
            with _reporting(path):
                file.write(chunk)
    return str(path)


def _free_path(target: Path, name: str) -> Path:
    path = target / name if target.is_dir() else target
    if path.exists():
        raise TargetUnusable(f"{path} exists already. Choose another name, or remove it.")
    return path


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that has its name only when it is whole and on disk."""
    part = path.with_name(f".{path.name}.part")
    with _reporting(path):
        file = part.open("wb")
    try:
        with file:
            yield file
            with _reporting(path):
                file.flush()
                os.fsync(file.fileno())
        with _reporting(path):
            part.rename(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TargetUnusable(f"{path} cannot be written: {error.strerror}.") from error


async def _upload(chunks: AsyncIterator[bytes], target: str, name: str) -> str:
    """Upload in parts. The object appears when all have arrived; a failed upload is aborted."""
    if find_spec("obstore") is None:
        raise TargetUnusable("This installation cannot write to s3://. Install mcp-fleet-servicekit[export].")
    # Imported here: only this command needs it.
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    bucket, path = urlsplit(target).netloc, urlsplit(target).path.strip("/")
    if not bucket:
        raise TargetUnusable("Write the target as s3://bucket/prefix.")
    key = path if path.endswith(_SUFFIXES) else f"{path}/{name}".lstrip("/")
    try:
        # An endpoint with http:// is used as it is, as by other clients; the default is https.
        store = S3Store(bucket, client_options={"allow_http": True})
        await obstore.put_async(
            store,
            key,
            _as_named(chunks, key),
            use_multipart=True,
            chunk_size=_PART,
            max_concurrency=_PARALLEL,
        )
    except (BaseError, FileNotFoundError) as error:  # the latter where the bucket does not exist
        raise TargetUnusable(f"s3://{bucket}/{key} cannot be written: {_first_line(error)}") from error
    return f"s3://{bucket}/{key}"


def _first_line(error: Exception) -> str:
    """What an error says, without the source that the client adds."""
    return redact(str(error).partition("\n")[0])[:_LONGEST]


def _as_named(chunks: AsyncIterator[bytes], name: str) -> AsyncIterator[bytes]:
    return _compressed(chunks) if name.endswith(".gz") else chunks


async def _compressed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    compressor = zlib.compressobj(wbits=_GZIP)
    async for chunk in chunks:
        if part := compressor.compress(chunk):
            yield part
    yield compressor.flush()
