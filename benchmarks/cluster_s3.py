"""Run a server of S3 on this machine for `cluster_scale`: moto's, which speaks the real protocol."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PLACE = "s3://photos"


@contextmanager
def local_server() -> Iterator[str]:
    """Run the server, and let this process and its children use it.

    Yields:
        Its address.
    """
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    given = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield address
    finally:
        server.stop()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Bucket:
    """List a bucket of the server.

    Args:
        client: A client of boto3.
        name: The bucket.
    """

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401 - boto3 has no types
        self._client, self._name = client, name

    def names(self) -> list[str]:
        """Return the names of all objects."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]


def empty_bucket(files: Mapping[str, Path]) -> Bucket:
    """Make the bucket of `PLACE` with files, by their names in it."""
    import boto3

    client, name = boto3.client("s3"), PLACE.removeprefix("s3://")
    client.create_bucket(Bucket=name)
    for key, path in files.items():
        client.upload_file(str(path), name, key)
    return Bucket(client, name)
