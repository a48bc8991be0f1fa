"""The alarms that the Chalice apps ask for, as CloudWatch takes them.

It has no kind of its own: `alarm` uses it. Each is told, when it goes on and when it goes off, to
every topic that an app listens to.
"""

from collections.abc import Iterator

from ..app_alarms import FUNCTION, MEASURES, Alarm
from ..app_resources import FileSystem, Topic
from ..apps import App
from ..model import Project
from ..resource import Value
from ..statements import arn
from . import file_system, of_apps

PERIOD = 300  # seconds


def wanted(project: Project) -> Iterator[tuple[App, dict[str, Value]]]:
    """Yield each alarm of each app."""
    told = tuple(arn("sns", topic.name) for _, topic in of_apps.asked(project, Topic))
    for app in project.apps:
        for it in app.alarms:
            yield app, {**_properties(app, it), "AlarmActions": told, "OKActions": told}


def _properties(app: App, it: Alarm) -> dict[str, Value]:
    measure = MEASURES[it.measure]
    of = f" of {it.of}" if it.of else ""
    return {
        "AlarmName": f"{app.application}-{app.stage}-{it.name}",
        "AlarmDescription": f"{app.application} in stage {app.stage}: "
        f"{it.measure}{of} above {it.above:g}",
        "Namespace": measure.namespace,
        "MetricName": measure.metric,
        "Dimensions": tuple(_dimensions(app, it, measure.dimension)),
        "Statistic": measure.statistic,
        "Period": PERIOD,
        "EvaluationPeriods": measure.times,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": it.above,
        "TreatMissingData": "ignore" if measure.keeps else "notBreaching",
    }


def _dimensions(app: App, it: Alarm, dimension: str) -> Iterator[Value]:
    if dimension == FUNCTION:
        (function,) = (found for found in app.functions if found.name == it.of)
        yield {"Name": dimension, "Value": app.lambda_name(function)}
    elif dimension:
        resource = app.resources[it.of]
        name = getattr(resource, "name", "")
        is_files = isinstance(resource, FileSystem)
        yield {"Name": dimension, "Value": file_system.file_system_id(name) if is_files else name}
