"""A small Application Auto Scaling, which the emulator has not: it keeps, lists, refuses.

Requests must fit AWS's own model of it.
"""

import threading
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

API = "application-autoscaling"
IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class FakeScaling:
    """The targets and policies of an account; other APIs' requests go on to `others`.

    `is_there` tells whether a service exists: without it AWS takes no target.
    """

    def __init__(self, others: Callable[..., Any], is_there: Callable[[str], bool]) -> None:
        self.others, self.is_there = others, is_there
        self.targets: dict[str, dict[str, Any]] = {}
        self.policies: dict[tuple[str, str], dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.lock = threading.Lock()
        self.model = botocore.session.get_session().get_service_model(API)

    def send(self, api: str, action: str, parameters: dict[str, Any]) -> Any:
        """Answer one request."""
        if api != API:
            return self.others(api, action, parameters)
        shape = self.model.operation_model(action).input_shape
        assert ParamValidator().validate(parameters, shape).generate_report() == ""
        with self.lock:
            self.asked.append(action)
            return getattr(self, action)(**parameters)

    def _refuse(self, code: str, action: str) -> ClientError:
        answer: Any = {"Error": {"Code": code, "Message": code}}
        return ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": 400}}, action)

    def RegisterScalableTarget(self, Tags: Any = None, **target: Any) -> Any:  # noqa: N802, N803  # AWS's names
        at = target["ResourceId"]
        if not self.is_there(at):
            raise self._refuse("ValidationException", "RegisterScalableTarget")
        if Tags and at in self.targets:
            raise self._refuse("ValidationException", "RegisterScalableTarget")
        arn = f"arn:aws:{API}:eu-central-1:000000000000:scalable-target/{at}"
        self.targets[at] = {**self.targets.get(at, {}), **target, "ScalableTargetARN": arn}
        self.tags.setdefault(arn, {}).update(Tags or {})
        return {"ScalableTargetARN": arn}

    def DescribeScalableTargets(self, ServiceNamespace: str) -> Any:  # noqa: N802, N803  # AWS's names
        assert ServiceNamespace == "ecs"
        return {"ScalableTargets": list(self.targets.values())}

    def DeregisterScalableTarget(self, ResourceId: str, **_: str) -> Any:  # noqa: N802, N803  # AWS's names
        if ResourceId not in self.targets:
            raise self._refuse("ObjectNotFoundException", "DeregisterScalableTarget")
        del self.targets[ResourceId]
        return {}

    def PutScalingPolicy(self, **policy: Any) -> Any:  # noqa: N802  # AWS's names
        at, name = policy["ResourceId"], policy["PolicyName"]
        if at not in self.targets:
            raise self._refuse("ObjectNotFoundException", "PutScalingPolicy")
        arn = f"arn:aws:autoscaling:eu-central-1:000000000000:scalingPolicy:{at}:{name}"
        there = self.policies.get((at, name), {})
        self.policies[at, name] = {**there, **policy, "PolicyARN": arn, "Alarms": []}
        return {"PolicyARN": arn}

    def DescribeScalingPolicies(self, ServiceNamespace: str) -> Any:  # noqa: N802, N803  # AWS's names
        assert ServiceNamespace == "ecs"
        return {"ScalingPolicies": list(self.policies.values())}

    def DeleteScalingPolicy(self, ResourceId: str, PolicyName: str, **_: str) -> Any:  # noqa: N802, N803  # AWS's names
        if (ResourceId, PolicyName) not in self.policies:
            raise self._refuse("ObjectNotFoundException", "DeleteScalingPolicy")
        del self.policies[ResourceId, PolicyName]
        return {}

    def ListTagsForResource(self, ResourceARN: str) -> Any:  # noqa: N802, N803  # AWS's names
        return {"Tags": dict(self.tags[ResourceARN])}

    def TagResource(self, ResourceARN: str, Tags: dict[str, str]) -> Any:  # noqa: N802, N803  # AWS's names
        self.tags[ResourceARN].update(Tags)
        return {}
