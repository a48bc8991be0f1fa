"""Schemathesis makes requests of the OpenAPI document, and holds the answers against it."""

import subprocess
import sys
from pathlib import Path

from tests.datalake.test_servers import (  # noqa: F401  fixtures: the gateway before a guarded lake
    Server,
    environment,
    gateway_server,
    jwks_url,
    lake,
)
from tests.datalake.test_token import token_of

CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_no_request_of_the_document_gets_an_answer_that_is_not_in_it(
    gateway_server: Server,  # noqa: F811  the fixture
    tmp_path: Path,
) -> None:
    url = f"http://127.0.0.1:{gateway_server.port}"
    found = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG)),
            *("run", f"{url}/openapi.json", "--url", url, "--checks", "all"),
            # API Gateway answers 403 where it has no such method, and never asks us
            *("--exclude-checks", "unsupported_method"),
            *("-H", f"Authorization: Bearer {token_of()}", "--max-examples", "6"),
            *("--seed", "1", "--no-shrink", "--suppress-health-check", "all", "--warnings", "off"),
        ],
        cwd=tmp_path,  # it keeps a cache where it runs
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-8000:]
    assert "Tested: 17" in found.stdout
