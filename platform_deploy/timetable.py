"""Read when a job runs, how often it is tried again, and how long it may take.

Pure. Every form that Copilot takes becomes an expression of EventBridge's.
"""

import re
from dataclasses import dataclass

from . import schema
from .fields import Fields, duration

NEVER = "none"
ANY_RATE = "rate(5 minutes)"  # a schedule that is off needs one all the same
EVERY = "@every "
FORMS = "rate(…), cron(…), five cron fields, @every 1h30m, @daily and the like, or none"
_RATE = re.compile(r"rate\([1-9]\d* (?:minute|hour|day)s?\)")
_AWS_CRON = re.compile(r"cron\(\S+(?: +\S+){5}\)")
_STEP = re.compile(r"([^/]+)(?:/([1-9]\d*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """When a workload runs; `timeout` in seconds covers all tries, None sets no limit."""

    schedule: str
    is_enabled: bool = True
    retries: int = 0
    timeout: int | None = None


def job(fields: Fields) -> Job:
    """Return when a job runs; problems are noted with the fields."""
    text = fields.text("on.schedule").strip()
    schedule, wrong = expression(text)
    if wrong:
        said = f"on.schedule {text!r}" if text else "on.schedule is missing"
        fields.complain(fields.line("on.schedule"), f"{said}: {wrong}")
    return fields.into(Job, "", schedule=schedule, is_enabled=text != NEVER)


def expression(text: str) -> tuple[str, str]:
    """Return the schedule in EventBridge's spelling, and what is wrong with it.

    >>> expression("0 9 * * 1-5")
    ('cron(0 9 ? * 2-6 *)', '')
    >>> expression("@every 1h30m")
    ('rate(90 minutes)', '')
    """
    if text == NEVER:
        return ANY_RATE, ""
    if text in schema.SCHEDULES:
        return schema.SCHEDULES[text], ""
    if text.startswith(EVERY):
        return _rate(text.removeprefix(EVERY).strip())
    if _RATE.fullmatch(text) or _AWS_CRON.fullmatch(text):
        return text, ""
    parts = text.upper().split()
    if len(parts) != len(schema.CRON) or "(" in text:
        return "", f"must be one of {FORMS}"
    return _cron(parts)


def _rate(text: str) -> tuple[str, str]:
    seconds = duration(text)
    if seconds is None or seconds < 60 or seconds % 60:
        return "", "@every needs whole minutes or hours, such as @every 1h30m"
    minutes = int(seconds // 60)
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})", ""


def _cron(parts: list[str]) -> tuple[str, str]:
    """Return five fields as EventBridge's six: weekdays begin with 1, one of two days is `?`."""
    for part, (name, low, high, words) in zip(parts, schema.CRON, strict=True):
        for item in part.split(","):
            if not _fits(item, low, high, words):
                return "", f"{item} is no {name} ({low} to {high})"
    minute, hour, day, month, weekday = parts
    if day in ("*", "?"):
        day = "*" if weekday in ("*", "?") else "?"
    elif weekday not in ("*", "?"):
        return "", "either a day of the month or a day of the week, not both"
    weekday = "?" if day != "?" else ",".join(map(_from_one, weekday.split(",")))
    return f"cron({minute} {hour} {day} {month} {weekday} *)", ""


def _fits(item: str, low: int, high: int, words: list[str]) -> bool:
    match = _STEP.fullmatch(item)
    if match is None:
        return False
    if match[1] in ("*", "?"):
        return True
    numbers = [words.index(it) + low if it in words else it for it in match[1].split("-")]
    if not all(str(it).isdigit() and low <= int(it) <= high for it in numbers):
        return False
    return len(numbers) == 1 or (len(numbers) == 2 and int(numbers[0]) <= int(numbers[1]))


def _from_one(item: str) -> str:
    """Return days of the week counted from 1 as AWS does, the step after `/` as it is."""
    days, slash, step = item.partition("/")
    return re.sub(r"\d", lambda it: str(int(it[0]) + 1), days) + slash + step
