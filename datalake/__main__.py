"""The data lake's command line. It is not shipped to Lambda."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from datalake.chalicelib.about import media_type_of
from datalake.chalicelib.errors import BadKey, DatalakeError
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.settings import DEFAULT_KEEP_DAYS, MAX_KEEP_DAYS
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.spent import SpentFiles
from datalake.chalicelib.stores.sweep import HOUR_NS, Sweep
from datalake.chalicelib.wiring import read_dotenv

from . import transfer
from .check import check
from .client import Client, ClientError

ABOUT = """\
Look at a data lake and change it. ls, put, get and rm ask a served lake over HTTP; an interrupted
put or get goes on where it was when it is started again. sweep and check work on the lake's folder.

Exit codes: 0 done; 1 the lake refused, or something is damaged; 2 the command line is wrong.
"""


class Misused(Exception):
    """The command cannot be understood; the message says what to type."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    read_dotenv(Path(__file__).resolve().parent)
    try:
        result: int = options.run(options)
        sys.stdout.flush()  # here, where a reader that went away is understood
    except Misused as error:
        print(error, file=sys.stderr)
        return 2
    except (ClientError, DatalakeError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read our lines has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m datalake",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    served, local = _served(), _local()
    ls = commands.add_parser("ls", parents=[served], help="list data sets")
    ls.add_argument("prefix", nargs="?", default="", help="what their keys begin with")
    ls.add_argument("--folders", action="store_true", help="one line for each folder")
    ls.set_defaults(run=_ls)
    put = commands.add_parser("put", parents=[served], help="make a file a data set")
    put.add_argument("file", type=Path)
    put.add_argument("key")
    put.add_argument("--type", default="", help="media type (default: by the key's suffix)")
    put.set_defaults(run=_put)
    get = commands.add_parser("get", parents=[served], help="make a data set a file")
    get.add_argument("key")
    get.add_argument(
        "file", type=Path, nargs="?", help="or a folder; default: here, under the key's last part"
    )
    get.set_defaults(run=_get)
    rm = commands.add_parser("rm", parents=[served], help="remove a data set; versions stay")
    rm.add_argument("key")
    rm.set_defaults(run=_rm)
    sweep = commands.add_parser("sweep", parents=[local], help="take away what nobody needs")
    sweep.add_argument("--keep-days", type=int, default=DEFAULT_KEEP_DAYS, help="of old versions")
    sweep.set_defaults(run=_sweep)
    checking = commands.add_parser("check", parents=[local], help="verify every digest")
    checking.add_argument("prefix", nargs="?", default="", help="what the keys begin with")
    checking.set_defaults(run=_check)
    return parser


def _served() -> argparse.ArgumentParser:
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument("--json", action="store_true", help="print JSON")
    parent.add_argument(
        "--url", help="where the lake is served (default: $DATALAKE_URL); $DATALAKE_TOKEN opens it"
    )
    return parent


def _local() -> argparse.ArgumentParser:
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument("--json", action="store_true", help="print JSON")
    parent.add_argument("--root", help="the lake's folder (default: $DATALAKE_ROOT)")
    return parent


def _client(options: argparse.Namespace) -> Client:
    url = options.url or os.environ.get("DATALAKE_URL")
    if not url:
        raise Misused("say where the lake is served: --url http://127.0.0.1:8000, or DATALAKE_URL")
    return Client(url, os.environ.get("DATALAKE_TOKEN", "").strip())


def _key(options: argparse.Namespace) -> str:
    """Return the key as it was typed; the lake may be far, so a wrong one is said here."""
    try:
        return parse_key(options.key).text
    except BadKey as error:
        raise Misused(f"{options.key!r} is no key: {error}") from error


def _type(options: argparse.Namespace) -> str:
    given: str = options.type
    if given and not media_type_of(given):
        raise Misused(f"--type: {given!r} is no media type such as text/csv")
    return given


def _target(options: argparse.Namespace, key: str) -> Path:
    """Return the file that a data set becomes; in a folder, under the key's last part."""
    name = key.rpartition("/")[2]
    target: Path = options.file or Path(name)
    target = target / name if target.is_dir() else target
    if not target.parent.is_dir():
        raise Misused(f"{target.parent}: there is no such folder; make it first")
    return target


def _store(options: argparse.Namespace) -> FilesystemStore:
    root = options.root or os.environ.get("DATALAKE_ROOT")
    if not root:
        raise Misused("name the lake's folder: --root FOLDER, or DATALAKE_ROOT")
    if not Path(root).is_dir():
        raise Misused(f"{root}: there is no such folder; --root or DATALAKE_ROOT names the lake's")
    return FilesystemStore(root)


def _ls(options: argparse.Namespace) -> int:
    client, cursor = _client(options), ""
    asked = {"prefix": options.prefix, "limit": "1000"}
    asked |= {"delimiter": "/"} if options.folders else {}
    items: list[dict[str, Any]] = []
    while cursor is not None:
        query = urlencode(asked | ({"cursor": cursor} if cursor else {}))
        page = client.ask("GET", f"{client.base}/datasets?{query}").json()
        found = [*page["items"], *({"key": folder} for folder in page.get("folders", ()))]
        found.sort(key=lambda item: str(item["key"]))
        items += found if options.json else []
        for item in [] if options.json else found:
            print(f"{item.get('size', ''):>15}  {item.get('modified', ''):25}  {item['key']!s}")
        cursor = page["cursor"]
    if options.json:
        print(json.dumps(items, ensure_ascii=False, indent=1))
    return 0


def _put(options: argparse.Namespace) -> int:
    client, key, media_type = _client(options), _key(options), _type(options)
    with _progress(key) as progress:
        transfer.put(client, options.file, key, media_type=media_type, progress=progress)
    return _said(options, {"key": key, "put": str(options.file)}, f"put {key}")


def _get(options: argparse.Namespace) -> int:
    client, key = _client(options), _key(options)
    target = _target(options, key)
    with _progress(key) as progress:
        transfer.get(client, key, target, progress=progress)
    return _said(options, {"key": key, "file": str(target)}, f"got {target}")


def _rm(options: argparse.Namespace) -> int:
    client, key = _client(options), _key(options)
    client.ask("DELETE", client.dataset(key))
    return _said(options, {"key": key, "removed": True}, f"removed {key}")


def _sweep(options: argparse.Namespace) -> int:
    if not 1 <= options.keep_days <= MAX_KEEP_DAYS:
        raise Misused(f"--keep-days is 1 to {MAX_KEEP_DAYS}")
    with closing(_store(options)) as store:
        keep_ns = options.keep_days * 24 * HOUR_NS
        SpentFiles(store).sweep(int(time.time()))
        swept = Sweep(store, now_ns=time.time_ns(), keep_ns=keep_ns).run()
    words = f"took away {swept.drafts} drafts, {swept.uploads} uploads, {swept.versions} versions"
    return _said(options, asdict(swept), words)


def _check(options: argparse.Namespace) -> int:
    with closing(_store(options)) as store:
        count, damaged = {"whole": 0, "unknown": 0}, []
        for each in check(store, options.prefix):
            if each.state in count:
                count[each.state] += 1
                continue
            damaged.append(each)
            if not options.json:
                print(f"damaged: {each.key} (version {each.version})", file=sys.stderr)
    words = (
        f"{count['whole']} versions are whole, {count['unknown']} have no digest,"
        f" {len(damaged)} are damaged"
    )
    document = count | {"damaged": [asdict(each) for each in damaged]}
    _said(options, document, words)
    return 1 if damaged else 0


def _said(options: argparse.Namespace, document: dict[str, Any], words: str) -> int:
    print(json.dumps(document, ensure_ascii=False) if options.json else words)
    return 0


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TransferSpeedColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(name.replace("[", r"\["), total=None)
        yield lambda done, size: shown.update(task, completed=done, total=size)


if __name__ == "__main__":
    raise SystemExit(main())
