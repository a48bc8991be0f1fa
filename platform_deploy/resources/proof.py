"""The DNS records by which ACM proves that a certificate's names are ours.

It has no kind of its own: `certificate` uses it. The zones are those that keep the names.
"""

from collections.abc import Callable, Iterator

from ..aws import Account, Answer
from ..errors import AwsError
from ..lags import CERTIFICATE
from ..lookups import HOSTED_ZONE

FAILED = ("FAILED", "VALIDATION_TIMED_OUT", "REVOKED")


def is_told(found: Answer) -> bool:
    """Tell whether ACM has said the records of all names."""
    told = [it for it in proofs(found) if "ResourceRecord" in it]
    return len(told) == len(found["SubjectAlternativeNames"])  # the first name is one of them


def proofs(found: Answer) -> list[Answer]:
    """Return each name of a certificate with the record that proves it, once ACM has said it."""
    listed: list[Answer] = found.get("DomainValidationOptions", [])
    return listed


def polled(account: Account, arn: str, is_ready: Callable[[Answer], bool]) -> Answer:
    """Return the certificate once it is ready; raises AwsError when it will never be."""
    waited = 0.0
    while True:
        found = account.read("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
        if is_ready(found):
            answer: Answer = found
            return answer
        status = found["Status"]
        if status in FAILED or waited >= CERTIFICATE.longest:
            said = f"{found['DomainName']} is not proved: {found.get('FailureReason', status)}"
            raise AwsError(action="acm:DescribeCertificate", code=status, said=said)
        account.sleep(CERTIFICATE.pause)
        waited += CERTIFICATE.pause


def placed(account: Account, listed: list[Answer]) -> Iterator[tuple[str, Answer]]:
    """Yield each record that proves a name, once, with the id of its zone."""
    done: set[str] = set()
    for it in listed:
        record = it.get("ResourceRecord")
        if record and record["Name"] not in done:
            done.add(record["Name"])
            yield account.pseudo(f"{HOSTED_ZONE}{it['DomainName'].removeprefix('*.')}"), record


def change(account: Account, action: str, zone: str, record: Answer) -> None:
    """Write or delete a record."""
    wanted = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 300,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": wanted}]}
    account.write("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=batch)
