"""A `docker` command without an engine: images are files, a push goes to a real registry's API.

It behaves: a build needs its Dockerfile and context, a push needs a login and a tagged image.
Run as `python fake_docker.py STATE ARGUMENT...`; `STATE/down` makes every command fail.
"""

import hashlib
import json
import sys
import urllib.request
from pathlib import Path
from typing import NoReturn

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def fail(text: str) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    sys.exit(1)


def options(arguments: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Split arguments into options, each with its values, and the rest."""
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    left = list(arguments)
    while left:
        it = left.pop(0)
        if it == "--password-stdin":
            found[it] = []
        elif it.startswith("--"):
            found.setdefault(it, []).append(left.pop(0))
        else:
            rest.append(it)
    return found, rest


def build(state: Path, arguments: list[str]) -> None:
    given, (context,) = options(arguments)
    dockerfile = Path(given["--file"][0])
    if not dockerfile.is_file() or not Path(context).is_dir():
        fail("failed to read dockerfile: no such file")
    if "RUN false" in dockerfile.read_text():
        fail("Step 2/2 : RUN false\nThe command '/bin/sh -c false' returned a non-zero code: 1")
    image = hashlib.sha256(dockerfile.read_bytes()).hexdigest()
    if "--platform=linux/s390x" in dockerfile.read_text():
        given["--platform"] = ["linux/s390x"]
    remember(state, given["--tag"][0], {"image": image, "given": given, "context": context})


def remember(state: Path, name: str, image: dict[str, object]) -> None:
    path = state / "images" / hashlib.sha256(name.encode()).hexdigest()
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**image, "name": name}))


def image_of(state: Path, name: str) -> dict[str, object]:
    path = state / "images" / hashlib.sha256(name.encode()).hexdigest()
    if not path.is_file():
        fail(f"An image does not exist locally with the tag: {name}")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def push(state: Path, config: Path, name: str) -> None:
    host, _, rest = name.partition("/")
    repository, _, tag = rest.partition(":")
    if not (config / host).is_file():
        fail("no basic auth credentials")
    body = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "of": image_of(state, name)})
    request = urllib.request.Request(
        f"http://{host}/v2/{repository}/manifests/{tag}",
        data=body.encode(),
        method="PUT",
        headers={"Content-Type": MANIFEST},
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


def main(state: Path, arguments: list[str]) -> None:
    if (state / "down").exists():
        fail("Cannot connect to the Docker daemon. Is the docker daemon running?")
    config = Path(arguments[1]) if arguments[0] == "--config" else state
    verb, *rest = arguments[2:] if arguments[0] == "--config" else arguments
    with (state / "log").open("a") as log:
        log.write(f"{verb}\n")
    if verb == "build":
        build(state, rest)
    elif verb == "image":  # inspect, for the platform
        given = image_of(state, rest[-1])["given"]
        assert isinstance(given, dict)
        sys.stdout.write(f"{given['--platform'][0]}\n")
    elif verb == "login":
        (config / rest[-1]).write_text(sys.stdin.read())
    elif verb == "tag":
        remember(state, rest[1], image_of(state, rest[0]))
    elif verb == "push":
        push(state, config, rest[0])
    elif verb != "version":
        fail(f"docker: '{verb}' is not a docker command.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
