"""Clients of the emulated AWS, made once: to make one takes longer than to use it."""

import os
from functools import cache
from typing import Any

import botocore.session


def client(service: str) -> Any:
    """Return the client of a service at the emulator that this test was given."""
    return _client(service, os.environ["AWS_ENDPOINT_URL"])


@cache
def _client(service: str, endpoint: str) -> Any:
    return _session().create_client(service, endpoint_url=endpoint)


@cache
def _session() -> Any:
    return botocore.session.Session()
