"""An image that cannot run is refused before anything is made, as far as ECR knows."""

import hashlib
import json
import urllib.request

import pytest

from localcloud.emulator import Emulator
from platform_deploy import flow
from platform_deploy.aws import Account
from platform_deploy.errors import NotAllowed, Refused
from platform_deploy.processors import misfits

from .conftest import agree, project_of, silent

HOST = "000000000000.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = f"{HOST}/shop/backend:1"


def text(image: str = IMAGE, more: str = "") -> str:
    name = "name: backend\ntype: Backend Service\n"
    return f"{name}image: {{location: '{image}', port: 80}}\n{more}"


def refusals(account: Account, manifest: str) -> tuple[str, ...]:
    return flow.planned(account, project_of(manifest))[0].refusals


def push(account: Account, *processors: str, name: str = "shop/backend") -> None:
    account.write("ecr", "CreateRepository", repositoryName=name)
    listed = [{"platform": {"os": "linux", "architecture": it}} for it in (*processors, "unknown")]
    manifest = json.dumps({"schemaVersion": 2, "manifests": listed if processors else []})
    account.write("ecr", "PutImage", repositoryName=name, imageManifest=manifest, imageTag="1")


def test_an_image_that_is_not_there_is_refused(account: Account) -> None:
    assert refusals(account, text()) == (
        f"image {IMAGE}: ECR has no repository shop/backend; push the image first",
    )
    push(account, "amd64")
    assert refusals(account, text(IMAGE.replace(":1", ":2"))) == (
        f"image {HOST}/shop/backend:2 is not in ECR; push it first",
    )


def test_an_image_for_another_processor_is_refused_and_nothing_is_made(account: Account) -> None:
    push(account, "arm64")
    said = f"image {IMAGE} is built for arm64, but its task runs on amd64"
    assert refusals(account, text()) == (said,)
    with pytest.raises(Refused, match="built for arm64"):
        flow.deploy(account, project_of(text()), agree, silent())
    assert refusals(account, text(more="platform: linux/arm64\n")) == ()


def test_what_fits_is_taken_and_asked_for_only_when_it_changes(account: Account) -> None:
    push(account, "amd64", "arm64")
    project = project_of(text())
    flow.deploy(account, project, agree, silent())
    account.write("ecr", "DeleteRepository", repositoryName="shop/backend", force=True)
    assert flow.planned(account, project)[0].refusals == ()


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1",
        "public.ecr.aws/x/y:1",
        IMAGE.replace("eu-central-1", "eu-west-1"),
    ],
)
def test_what_another_registry_has_is_not_judged(account: Account, image: str) -> None:
    assert refusals(account, text(image)) == ()


def push_single(account: Account, endpoint: str, configuration: dict[str, str]) -> None:
    """Push an image of one processor as `docker push` does: its configuration, its manifest."""
    account.write("ecr", "CreateRepository", repositoryName="shop/backend")
    body = json.dumps(configuration).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    started = urllib.request.Request(f"{endpoint}/v2/shop/backend/blobs/uploads/", method="POST")
    with urllib.request.urlopen(started) as answer:
        place = answer.headers["Location"]
    sent = urllib.request.Request(f"{endpoint}{place}?digest={digest}", body, method="PUT")
    urllib.request.urlopen(sent).close()
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest}
    manifest = json.dumps({"schemaVersion": 2, "config": config, "layers": []})
    account.write(
        "ecr", "PutImage", repositoryName="shop/backend", imageManifest=manifest, imageTag="1"
    )


def test_an_image_without_an_index_is_judged_by_its_own_configuration(
    account: Account, emulator: Emulator
) -> None:
    push_single(account, emulator.endpoint, {"architecture": "arm64", "os": "linux"})
    assert refusals(account, text()) == (
        f"image {IMAGE} is built for arm64, but its task runs on amd64",
    )
    assert refusals(account, text(more="platform: linux/arm64\n")) == ()


def test_an_image_that_does_not_say_is_not_judged(account: Account, emulator: Emulator) -> None:
    push_single(account, emulator.endpoint, {})
    assert refusals(account, text()) == ()


def test_a_configuration_that_is_out_of_reach_is_not_judged(account: Account) -> None:
    config = {"digest": f"sha256:{'0' * 64}"}
    account.write("ecr", "CreateRepository", repositoryName="shop/backend")
    manifest = json.dumps({"schemaVersion": 2, "config": config, "layers": []})
    account.write(
        "ecr", "PutImage", repositoryName="shop/backend", imageManifest=manifest, imageTag="1"
    )
    assert refusals(account, text()) == ()


def test_what_these_credentials_may_not_see_is_not_judged(account: Account) -> None:
    class Blind:
        region = account.region

        def read(self, api: str, action: str, /, **_parameters: object) -> None:
            raise NotAllowed(action=f"{api}:{action}", code="AccessDenied", said="no")

    changes = flow.planned(account, project_of(text()))[0].changes
    assert misfits(account, changes) != ()
    assert misfits(Blind(), changes) == ()  # type: ignore[arg-type]
