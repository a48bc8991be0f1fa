"""Drive Chalice's own packager and deployer in this process, without building a zip.

What the zip holds changes neither the template nor the requests.
"""

import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.session import Session
from chalice.awsclient import TypedAWSClient
from chalice.cli.factory import CLIFactory
from chalice.config import Config, DeployedResources
from chalice.deploy import deployer
from chalice.deploy.executor import Executor
from chalice.deploy.packager import LambdaDeploymentPackager
from chalice.package import PackageOptions, create_app_packager
from chalice.utils import UI

from localcloud.emulator import REGION
from localcloud.load import loaded_app

ROOT = Path(__file__).resolve().parents[2]
NOBODY = {
    "AWS_CHALICE_CLI_MODE": "true",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nobody",
}
Answer = Callable[[str, Mapping[str, Any]], dict[str, Any] | str]
ACCOUNT = "000000000000"
AT = f"{REGION}:{ACCOUNT}"
ALARMS, EVENTS = f"arn:aws:sns:{AT}:trivet-notifier-dev-alarms", "trivet-notifier-dev-events"
GONE = "ResourceNotFoundException"
ABSENT = {"GetRole": "NoSuchEntity", "GetFunction": GONE, "GetPolicy": GONE}
MAPPING = "c0ffee00-0000-4000-8000-000000000000"


def a_zip() -> bytes:
    """Return a zip with an empty app."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("app.py", "")
    return packed.getvalue()


@contextmanager
def configured(project: str, packed: Path) -> Iterator[Config]:
    """Yield a project as Chalice's commands see it at the stage dev, with `packed` for its zip."""
    packed.write_bytes(a_zip())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in NOBODY.items():
            patch.setenv(name, value)
        patch.chdir(ROOT / project)
        made = "create_deployment_package"
        patch.setattr(LambdaDeploymentPackager, made, lambda *_, **__: str(packed))
        with loaded_app(ROOT / project):
            factory = CLIFactory(str(ROOT / project), environ=dict(os.environ))
            yield factory.create_config_obj(chalice_stage_name="dev")


def template(config: Config) -> dict[str, Any]:
    """Return what `chalice package` writes as sam.json."""
    options = PackageOptions(TypedAWSClient(Session()))
    packager = create_app_packager(config, options)
    resources = packager._resource_builder.construct_resources(config, "dev")
    made: dict[str, Any] = packager._templater.generate(resources)
    return made


def deploy(config: Config, session: Session) -> dict[str, Any]:
    """Run what `chalice deploy` runs, but write no file about it; return what it would write."""
    screen = UI(out=io.StringIO(), err=io.StringIO())
    recorder = deployer.NoopResultsRecorder
    made = deployer._create_deployer(session, config, screen, Executor, recorder)
    made.deploy(config, "dev")
    return {"schema_version": "2.0", "resources": made._executor.resource_values}


def deploy_again_and_delete(config: Config, made: dict[str, Any], session: Session) -> None:
    """Run what a second `chalice deploy` and then `chalice delete` run."""
    screen = UI(out=io.StringIO(), err=io.StringIO())
    deployed = DeployedResources(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Config, "deployed_resources", lambda *_: deployed)
        patch.setattr(deployer.ResultsRecorder, "record_results", lambda *_: None)
        deploy(config, session)
        deployer.create_deletion_deployer(TypedAWSClient(session), screen).deploy(config, "dev")


def an_empty_account(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any] | str:
    """Answer as an account does that has nothing yet."""
    name = parameters.get("FunctionName")
    answers: dict[str, dict[str, Any]] = {
        "CreateRole": {
            "Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{parameters.get('RoleName')}"}
        },
        "CreateFunction": {
            "FunctionArn": f"arn:aws:lambda:{AT}:function:{name}",
            "State": "Active",
        },
        "ImportRestApi": {"id": "a1b2c3d4e5"},
        "PutRule": {"RuleArn": f"arn:aws:events:{AT}:rule/x"},
        "Subscribe": {"SubscriptionArn": f"{ALARMS}:1"},
        "CreateEventSourceMapping": {"UUID": MAPPING},
    }
    return ABSENT.get(operation) or answers.get(operation, {})


def a_deployed_account(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any] | str:
    """Answer as an account does in which all of it stands, with functions that take a while."""
    role = parameters.get("RoleName")
    name = parameters.get("FunctionName", "").rpartition(":")[2]
    function = {"FunctionArn": f"arn:aws:lambda:{AT}:function:{name}"}
    allowed = {
        "Sid": "1",
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": function["FunctionArn"],
        "Principal": {"Service": "sns.amazonaws.com"},
        "Condition": {"ArnLike": {"AWS:SourceArn": ALARMS}},
    }
    listener = f"arn:aws:lambda:{AT}:function:trivet-notifier-dev"
    answers: dict[str, dict[str, Any]] = {
        "GetRole": {"Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{role}"}},
        "ListRolePolicies": {"PolicyNames": [role]},
        "GetFunction": {"Configuration": function},
        "GetFunctionConfiguration": {"LastUpdateStatus": "Successful", "State": "Active"},
        "UpdateFunctionCode": {**function, "LastUpdateStatus": "InProgress"},
        "UpdateFunctionConfiguration": {**function, "LastUpdateStatus": "InProgress"},
        "ListTags": {"Tags": {}},
        "GetPolicy": {"Policy": json.dumps({"Statement": [allowed]})},
        "PutRule": {"RuleArn": f"arn:aws:events:{AT}:rule/{parameters.get('Name')}"},
        "GetSubscriptionAttributes": {
            "Attributes": {"TopicArn": ALARMS, "Endpoint": f"{listener}-alarms"}
        },
        "GetEventSourceMapping": {
            "EventSourceArn": f"arn:aws:sqs:{AT}:{EVENTS}",
            "FunctionArn": f"{listener}-dispatch",
        },
        "GetRestApi": {"id": "a1b2c3d4e5", "endpointConfiguration": {"types": ["REGIONAL"]}},
    }
    return answers.get(operation, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request: the IAM action that it needs, its parameters, and its path."""

    action: str
    parameters: Mapping[str, Any]
    path: str


@cache
def whole_life(project: str) -> tuple[Sent, ...]:
    """Return what a first `chalice deploy`, a second one and `chalice delete` ask for."""
    empty, deployed = Scripted(an_empty_account), Scripted(a_deployed_account)
    with TemporaryDirectory() as folder, configured(project, Path(folder) / "app.zip") as config:
        made = deploy(config, empty.session)
        deploy_again_and_delete(config, made, deployed.session)
    return (*empty.sent, *deployed.sent)


class Scripted:
    """An account by script: `answer` gives an operation's output or an error code.

    botocore checks each request by its model before it comes here; `refused` is what it does not
    check though the model says it: enumerations, patterns and upper limits. `sent` says what IAM
    is asked for.
    """

    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.refused: list[str] = []
        self.sent: list[Sent] = []
        self._answer = answer
        self.session = Session()
        self.session.register("before-parameter-build", self._note)
        self.session.register("before-call", self._call)

    @property
    def rights(self) -> set[str]:
        """Return the IAM actions that were asked for."""
        return {it.action for it in self.sent}

    def of(self, operation: str) -> list[Mapping[str, Any]]:
        """Return the parameters of each request for an operation."""
        return [parameters for name, parameters in self.asked if name == operation]

    def _note(self, params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
        self.asked.append((model.name, params))
        if model.input_shape:
            self.refused += [f"{model.name}: {it}" for it in _refusals(params, model.input_shape)]

    def _call(
        self, model: OperationModel, params: Mapping[str, Any], **_: Any
    ) -> tuple[Any, dict[str, Any]]:
        given = self.asked[-1][1]
        self.sent.append(Sent(action=_right(model), parameters=given, path=params["url_path"]))
        answer = self._answer(model.name, given)
        if isinstance(answer, str):
            return _Http(404), {"Error": {"Code": answer, "Message": ""}, "ResponseMetadata": {}}
        return _Http(200), answer


def _right(model: OperationModel) -> str:
    """Name the IAM action; API Gateway's are HTTP's verbs.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
    """
    api = model.service_model.service_name
    return f"{api}:{model.http['method'] if api == 'apigateway' else model.name}"


class _Http:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


def _refusals(value: Any, shape: Shape, at: str = "") -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name, inner in value.items():
            yield from _refusals(inner, shape.members[name], f"{at}.{name}")
    elif isinstance(shape, ListShape):
        for inner in value:
            yield from _refusals(inner, shape.member, f"{at}[]")
    elif isinstance(shape, MapShape):
        for name, inner in value.items():
            yield from _refusals(name, shape.key, f"{at} key")
            yield from _refusals(inner, shape.value, f"{at}.{name}")
    else:
        yield from _wrong(value, shape, at)


def _wrong(value: Any, shape: Shape, at: str) -> Iterator[str]:
    named = shape.metadata.get("enum")
    if named and value not in named:
        yield f"{at} is {value}, not one of {named}"
    most = shape.metadata.get("max")
    if most is not None and (len(value) if isinstance(value, str | bytes) else value) > most:
        yield f"{at} is above {most}"
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str) and not re.search(_python(pattern), value):
        yield f"{at} {value!r} does not match {pattern}"


def _python(pattern: str) -> str:
    """Spell a pattern of AWS's models, which are Java's, as Python does."""
    return pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s").replace("[[:alnum:]]", "[a-zA-Z0-9]")
