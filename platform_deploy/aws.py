"""The deployer's one door to AWS: a session, one client per API, errors in our own words.

Nothing else imports botocore. Reads are sent again after any passing failure; writes only when
AWS says that it did not execute them: a blind second CreateVpc makes a second VPC.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .codes import of_answer
from .errors import AwsError, NotConfigured, Throttled, Unclear, WrongAccount
from .lags import longest_wait
from .lookups import LOAD_BALANCER, imported, look_up
from .routing import Imported
from .settings import Where
from .tables import table

Answer: TypeAlias = Mapping[str, Any]

PAUSES = (0.2, 0.8, 3.0)  # seconds before the second, third and fourth attempt
LAG_PAUSE = 3.0  # seconds between attempts at what is refused only for a while
READ_TIMEOUT = 60
CONNECT_TIMEOUT = 5
CONNECTIONS = 32

_APIS = table("apis")


class Account:
    """One account and region, seen through as many clients as are needed."""

    def __init__(
        self, session: Any, region: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.region = region
        self.sleep = sleep
        self._session = session
        self._clients: dict[str, Any] = {}
        self._creating = threading.Lock()
        self._facts: dict[str, str] = {}
        self._asking = threading.Lock()

    def read(self, api: str, action: str, /, **parameters: object) -> Answer:
        """Return the answer to a request that changes nothing."""
        return self._attempt(api, action, parameters, is_safe=True)

    def write(self, api: str, action: str, /, **parameters: object) -> Answer:
        """Return the answer to a request that may change something; never sent twice blindly.

        A refusal that passes by itself is waited for.
        """
        waited = 0.0
        while True:
            try:
                return self._attempt(api, action, parameters, is_safe=False)
            except AwsError as error:
                if waited >= longest_wait(error.action, error.code, error.said):
                    raise
            self.sleep(LAG_PAUSE)
            waited += LAG_PAUSE

    def pages(self, api: str, action: str, key: str, /, **parameters: object) -> list[Any]:
        """Return the list `key` of all pages of an answer."""
        asked, answered = _APIS["pages"][api]
        found: list[Any] = []
        token: dict[str, object] = {}
        while True:
            answer = self.read(api, action, **parameters, **token)
            found += answer.get(key, [])
            if not answer.get(answered):
                return found
            token = {asked: answer[answered]}

    def pseudo(self, name: str) -> str:
        """Return what only the account knows, such as `AWS::Region`, `AWS::AvailabilityZones/0`."""
        with self._asking:
            if name not in self._facts:
                self._facts |= self._ask(name)
        return self._facts[name]

    def imported(self, balancer: str) -> Imported:
        """Return what a load balancer of others has, by its name or ARN."""
        self.pseudo(f"{LOAD_BALANCER}{balancer}.DNSName")
        return imported(self._facts, balancer)

    def arn(self, api: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        partition, account = self.pseudo("AWS::Partition"), self.pseudo("AWS::AccountId")
        return f"arn:{partition}:{api}:{self.region}:{account}:{resource}"

    def new_secret(self) -> str:
        """Return a text that nobody can guess, of 43 letters, digits, hyphens and underscores."""
        return secrets.token_urlsafe(32)

    def learn(self, arn: str) -> None:
        """Take the account's number from an ARN of it, which saves asking."""
        self._facts.setdefault("AWS::AccountId", arn.split(":")[4])

    def _ask(self, name: str) -> dict[str, str]:
        if name == "AWS::Region":
            return {name: self.region}
        if name == "AWS::Partition":
            return {name: str(self._client("sts").meta.partition)}
        if name == "AWS::AccountId":
            return {name: self.read("sts", "GetCallerIdentity")["Account"]}
        return look_up(self.pages, self.region, name)

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        """Send one request once; raises botocore's errors, which end in this module."""
        from botocore import xform_name

        method = getattr(self._client(api), xform_name(action))
        answer: Answer = method(**parameters)
        return answer

    def _attempt(
        self, api: str, action: str, parameters: Mapping[str, object], *, is_safe: bool
    ) -> Answer:
        for pause in (*PAUSES, None):
            try:
                return self._translated(api, action, parameters)
            except (Throttled, Unclear) as error:
                may_repeat = is_safe or isinstance(error, Throttled)
                if pause is None or not may_repeat:
                    raise
            self.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _translated(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            EndpointConnectionError,
            HTTPClientError,
            NoCredentialsError,
        )

        name = iam_action(api, action)
        try:
            return self.send(api, action, parameters)
        except ClientError as error:
            raise of_answer(name, error.response) from error
        except NoCredentialsError as error:
            raise NotConfigured(NO_CREDENTIALS) from error
        except EndpointConnectionError as error:
            raise AwsError(action=name, code="NoConnection", said=str(error)) from error
        except HTTPClientError as error:
            raise Unclear(action=name, code="NoAnswer", said=str(error)) from error
        except BotoCoreError as error:
            raise AwsError(action=name, code=type(error).__name__, said=str(error)) from error

    def _client(self, api: str) -> Any:
        if api not in self._clients:
            from botocore.config import Config

            # botocore's own repeating is off: which requests may be repeated is decided above.
            config = Config(
                retries={"total_max_attempts": 1},
                max_pool_connections=CONNECTIONS,
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
            )
            with self._creating:
                if api not in self._clients:
                    self._clients[api] = self._session.create_client(
                        api, region_name=self.region, config=config
                    )
        return self._clients[api]


def iam_action(api: str, action: str) -> str:
    """Return IAM's name of what a request needs.

    >>> iam_action("elbv2", "CreateRule")
    'elasticloadbalancing:CreateRule'
    >>> iam_action("apigateway", "UpdateStage")
    'apigateway:PATCH'
    """
    if api == "apigateway":
        methods = _APIS["methods"].items()
        return f"{api}:{next(it for name, it in methods if action.startswith(name))}"
    name = f"{_APIS['iam_names'].get(api, api)}:{action}"
    return str(_APIS["iam_actions"].get(name, name))


def connect(where: Where | None = None) -> Account:
    """Return the account that is named, in variables too; raises NotConfigured, WrongAccount.

    Credentials in variables win over a profile in a file: a pipeline has them there. Nothing is
    done in another account than the one that `where` names.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    where = where or Where()
    try:
        session = botocore.session.get_session()
        if where.profile and not os.environ.keys() & {"AWS_PROFILE", "AWS_ACCESS_KEY_ID"}:
            session.set_config_variable("profile", where.profile)
        # botocore itself reads AWS_DEFAULT_REGION only; other SDKs and people use AWS_REGION
        region = (
            where.region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        )
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise NotConfigured(f"AWS configuration: {error}. Check AWS_PROFILE") from error
    if not region:
        raise NotConfigured(NO_REGION)
    if credentials is None:
        raise NotConfigured(NO_CREDENTIALS)
    account = Account(session, region)
    if where.account and account.pseudo("AWS::AccountId") != where.account:
        raise WrongAccount(found=account.pseudo("AWS::AccountId"), wanted=where.account)
    return account


NO_REGION = (
    "no AWS region: set AWS_REGION (export AWS_REGION=eu-central-1), "
    "or name a profile that has one in AWS_PROFILE"
)
NO_CREDENTIALS = (
    "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
