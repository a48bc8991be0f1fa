"""Every form of a job's schedule becomes EventBridge's, or is refused with the reason."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_deploy.timetable import Job, expression

from .conftest import JOB, project_of
from .test_manifest import notices, problems


def job(text: str) -> Job | None:
    return project_of(text).workloads[0].job


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("rate(1 hour)", "rate(1 hour)"),
        ("rate(15 minutes)", "rate(15 minutes)"),
        ("cron(0 12 ? * MON-FRI *)", "cron(0 12 ? * MON-FRI *)"),
        ("@every 1m", "rate(1 minute)"),
        ("@every 1h30m", "rate(90 minutes)"),
        ("@yearly", "cron(0 0 1 1 ? *)"),
        ("@annually", "cron(0 0 1 1 ? *)"),
        ("@monthly", "cron(0 0 1 * ? *)"),
        ("@weekly", "cron(0 0 ? * 1 *)"),
        ("@daily", "cron(0 0 * * ? *)"),
        ("@midnight", "cron(0 0 * * ? *)"),
        ("@hourly", "cron(0 * * * ? *)"),
        ("* * * * *", "cron(* * * * ? *)"),
        ("*/10 0-6 * * *", "cron(*/10 0-6 * * ? *)"),
        ("0 12 * * MON", "cron(0 12 ? * MON *)"),
        ("0 9 ? * 0,6", "cron(0 9 ? * 1,7 *)"),
        ("0 9 * * 1-5/2", "cron(0 9 ? * 2-6/2 *)"),
        ("0 9 1,15 * ?", "cron(0 9 1,15 * ? *)"),
        ("0 9 */2 * *", "cron(0 9 */2 * ? *)"),
        ("0 9 1 jan-mar *", "cron(0 9 1 JAN-MAR ? *)"),
    ],
)
def test_a_schedule_becomes_eventbridges(said: str, meant: str) -> None:
    assert expression(said) == (meant, "")


FORMS = (
    "must be one of rate(…), cron(…), five cron fields, @every 1h30m, @daily and the like, or none"
)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("", FORMS),
        ("sometimes", FORMS),
        ("rate(0 minutes)", FORMS),
        ("cron(0 12 * * *)", FORMS),
        ("0 12 * * MON 2026", FORMS),
        ("@fortnightly", FORMS),
        ("@every 90s", "@every needs whole minutes or hours, such as @every 1h30m"),
        ("@every 0s", "@every needs whole minutes or hours, such as @every 1h30m"),
        ("@every 5", "@every needs whole minutes or hours, such as @every 1h30m"),
        ("60 * * * *", "60 is no minute (0 to 59)"),
        ("0 9 * * 7", "7 is no day of week (0 to 6)"),
        ("0 9 * * TUE-MON", "TUE-MON is no day of week (0 to 6)"),
        ("0 9 1-2-3 * *", "1-2-3 is no day of month (1 to 31)"),
        ("0 9 * FOO *", "FOO is no month (1 to 12)"),
        ("*/0 9 * * *", "*/0 is no minute (0 to 59)"),
        ("0 9 1 * 1", "either a day of the month or a day of the week, not both"),
    ],
)
def test_a_schedule_that_is_none_is_refused(said: str, wrong: str) -> None:
    assert expression(said) == ("", wrong)


FIELDS = st.tuples(
    *(st.integers(low, high).map(str) | st.just("*") for low, high in ((0, 59), (0, 23))),
    st.integers(1, 31).map(str) | st.just("*"),
    st.integers(1, 12).map(str) | st.just("*"),
    st.integers(0, 6).map(str) | st.just("*"),
)


@given(FIELDS)
def test_exactly_one_of_the_two_days_is_open(parts: tuple[str, ...]) -> None:
    found, wrong = expression(" ".join(parts))
    both = "*" not in (parts[2], parts[4])
    assert bool(wrong) is both
    if not both:
        _, _, day, _, weekday, year = found.removeprefix("cron(").removesuffix(")").split()
        assert (day, weekday, year).count("?") == 1
        assert re.fullmatch(r"\?|[1-7]", weekday)


def test_a_job_keeps_its_retries_and_its_timeout() -> None:
    daily = Job(schedule="cron(0 0 * * ? *)", is_enabled=True, retries=2, timeout=5400)
    assert job(JOB) == daily
    bare = JOB.replace("retries: 2\n", "").replace("timeout: 1h30m\n", "")
    assert job(bare) == replace(daily, retries=0, timeout=None)


def test_a_job_that_never_runs_keeps_an_expression() -> None:
    found = job(JOB.replace('"@daily"', "none"))
    assert found
    assert (found.schedule, found.is_enabled) == ("rate(5 minutes)", False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "retries: 2",
            "retries: -1",
            "5: retries must be a whole number from 0 to 99999999, not -1",
        ),
        ("timeout: 1h30m", "timeout: 90", "6: timeout must be a duration such as 30s or 2m"),
        (
            "timeout: 1h30m",
            "timeout: 500ms",
            "6: timeout must be 1 to 99999999 whole seconds, not 500ms",
        ),
        ('on: {schedule: "@daily"}', "on: daily", "4: on must be a map of fields"),
        ('on: {schedule: "@daily"}', "cpu: 256", f"1: on.schedule is missing: {FORMS}"),
        ('"@daily"', "soon", f"4: on.schedule 'soon': {FORMS}"),
    ],
)
def test_a_wrong_field_of_a_job_is_said(old: str, new: str, said: str) -> None:
    assert f"1/manifest.yml:{said}" in problems(JOB.replace(old, new))


@pytest.mark.parametrize(
    "field", ["count: 2", "exec: true", "http: {path: /}", "network: {connect: true}"]
)
def test_what_a_job_cannot_have_is_named_and_not_read(field: str) -> None:
    assert len(notices(f"{JOB}{field}\n")) == 1
    assert project_of(f"{JOB}{field}\n").workloads == project_of(JOB).workloads
