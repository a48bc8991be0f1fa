"""Keep what the apps' deployment needs in a bucket of the environment: zips, templates, state.

Objects are named by their content, so what is there is never sent again. The bucket is private
and encrypted, as S3 makes each, and goes with `down`.
"""

import hashlib
import threading
from dataclasses import dataclass, field

from .aws import Account
from .errors import AwsError, NotFound
from .model import Project

FIRST_REGION = "us-east-1"  # the one that a bucket's place must not name
BATCH = 1000  # DeleteObjects takes no more
GONE = ("NoSuchBucket", "NoSuchKey", "404")
CLOSED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBucket:
    """The bucket of one environment."""

    account: Account
    name: str
    tags: dict[str, str]
    making: threading.Lock = field(default_factory=threading.Lock)

    def make(self) -> None:
        """Make the bucket where there is none."""
        with self.making:
            if not self.exists():
                self._create()

    def _create(self) -> None:
        tags = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        place: dict[str, object] = {"Tags": tags}
        if self.account.region != FIRST_REGION:
            place["LocationConstraint"] = self.account.region
        self.account.write("s3", "CreateBucket", Bucket=self.name, CreateBucketConfiguration=place)
        self.account.write(
            "s3",
            "PutPublicAccessBlock",
            Bucket=self.name,
            PublicAccessBlockConfiguration=CLOSED,
        )

    def exists(self) -> bool:
        """Tell whether the bucket is there; its name has the account's number."""
        listed = self.account.read("s3", "ListBuckets", Prefix=self.name)["Buckets"]
        return self.name in [it["Name"] for it in listed]

    def keep(self, folder: str, content: bytes, suffix: str) -> str:
        """Keep a content that may be there already, and return its key."""
        key = key_of(folder, content, suffix)
        self.put(key, content)
        return key

    def put(self, key: str, content: bytes) -> None:
        """Write an object, or replace it."""
        self.account.write("s3", "PutObject", Bucket=self.name, Key=key, Body=content)

    def get(self, key: str) -> bytes | None:
        """Return an object's content, None where there is none."""
        try:
            answer = self.account.read("s3", "GetObject", Bucket=self.name, Key=key)
        except NotFound:
            return None
        except AwsError as error:
            if error.code in GONE:
                return None
            raise
        content: bytes = answer["Body"].read()
        return content

    def url(self, key: str) -> str:
        """Return an object's address as CloudFormation takes it."""
        return f"https://s3.{self.account.region}.amazonaws.com/{self.name}/{key}"

    def remove(self) -> None:
        """Delete the bucket with all in it."""
        while listed := self._keys():
            objects = {"Objects": [{"Key": key} for key in listed], "Quiet": True}
            self.account.write("s3", "DeleteObjects", Bucket=self.name, Delete=objects)
        self.account.write("s3", "DeleteBucket", Bucket=self.name)

    def _keys(self) -> list[str]:
        answer = self.account.read("s3", "ListObjectsV2", Bucket=self.name, MaxKeys=BATCH)
        return [it["Key"] for it in answer.get("Contents", [])]


def key_of(folder: str, content: bytes, suffix: str) -> str:
    """Return the key under which a content is kept."""
    return f"{folder}/{hashlib.sha256(content).hexdigest()}{suffix}"


def of_project(account: Account, project: Project) -> CodeBucket:
    """Return the environment's bucket, which may not be there yet."""
    name = f"{project.name}-code-{account.pseudo('AWS::AccountId')}-{account.region}"
    return CodeBucket(account=account, name=name, tags=project.tags(None))
