"""The notifier's Lambda functions: the API for forges, AWS's own events, the queue, each minute,
each day.

The only file that knows Chalice; it decides nothing. Each function imports its own half of the
rooms with its first event, and never the other's.
"""

from chalice import Chalice, Response
from chalice.app import CloudWatchEvent, SNSEvent, SQSEvent
from chalicelib import wiring

wiring.require_a_secret()

# The log lines are JSON and have a logger of their own.
app = Chalice(app_name="trivet-notifier", configure_logs=False)


@app.route(
    "/webhooks/{forge}",
    methods=["POST"],
    content_types=["application/json", "application/x-www-form-urlencoded"],
)
def webhooks(forge: str) -> Response:
    """Take in a delivery of a forge."""
    from chalicelib.serve_delivery import serve_delivery

    request = app.current_request
    reply = serve_delivery(forge, request.headers, request.raw_body)
    return Response(body=reply.body, status_code=reply.status)


@app.route("/m/{page}", methods=["GET"])
def show(page: str) -> Response:
    """Show a message's page; link previews come here, so nothing is acknowledged."""
    from chalicelib.serve_page import serve_page

    html = serve_page(page, takes=False)
    return Response(body=html.body, status_code=html.status, headers=dict(html.headers))


@app.route("/m/{page}", methods=["POST"], content_types=["application/x-www-form-urlencoded"])
def take(page: str) -> Response:
    """Take on what a message is about."""
    from chalicelib.serve_page import serve_page

    html = serve_page(page, takes=True)
    return Response(body=html.body, status_code=html.status, headers=dict(html.headers))


@app.route("/healthz", methods=["GET"])
def healthz() -> dict[str, str]:
    """Say that the app runs; nothing behind it is asked."""
    return {"status": "ok"}


@app.on_cw_event(
    {
        "source": ["aws.codepipeline", "aws.codebuild", "aws.ecs", "aws.cloudwatch"],
        "detail-type": [
            "CodePipeline Pipeline Execution State Change",
            "CodeBuild Build State Change",
            "ECS Deployment State Change",
            "CloudWatch Alarm State Change",
        ],
    },
    name="pipelines",
)
def pipelines(event: CloudWatchEvent) -> None:
    """Take in what AWS's own pipelines and alarms say by EventBridge."""
    from chalicelib.serve_event import serve_bridge_event

    serve_bridge_event(event.to_dict())


@app.on_sns_message(topic=wiring.settings().alarms, name="alarms")
def alarms(event: SNSEvent) -> None:
    """Take in an alarm that was published to a topic."""
    from chalicelib.serve_event import serve_alarm

    serve_alarm(event.message)


# One message at a time: Chalice cannot report which of several failed. Two at once: those who start
# at the same moment do not see each other's messages, and a storm should be one bundle.
@app.on_sqs_message(
    queue=wiring.settings().queue, batch_size=1, maximum_concurrency=2, name="dispatch"
)
def dispatch(event: SQSEvent) -> None:
    """Handle an accepted event."""
    from chalicelib.serve_message import serve_message

    for message in event:
        attributes = message.to_dict().get("attributes", {})
        serve_message(message.body, received=int(attributes.get("ApproximateReceiveCount", 1)))


@app.schedule("rate(1 minute)", name="watch")
def watch(_: CloudWatchEvent) -> None:
    """Tell what waited for the end of quiet hours, or for others to join it."""
    from chalicelib.serve_message import serve_minute

    serve_minute()


@app.schedule("rate(1 day)", name="doctor")
def doctor(_: CloudWatchEvent) -> None:
    """Look for what keeps messages from arriving, and whom."""
    from chalicelib.serve_day import serve_day

    serve_day()
