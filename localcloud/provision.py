"""Make on the emulator what the apps' `resources.yml` ask for.

The deployer will do this on AWS; here there is nothing to compare with, since the emulated
account is empty.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from platform_deploy.app_resources import (
    SIGN_IN,
    DeadLetters,
    FileSystem,
    Parameter,
    Parameters,
    PhoneNumbers,
    Queue,
    Resource,
    Secrets,
    SmsSettings,
    Table,
    Topic,
    Topics,
    UserPool,
)
from platform_deploy.apps import App

from .emulator import ACCESS_KEY, REGION


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Where tokens of a user pool come from, and how they are checked."""

    pool_id: str
    client_id: str
    issuer: str
    jwks_url: str


def client(endpoint: str, service: str) -> Any:
    """Return a botocore client of the service that talks to the emulator at the endpoint."""
    import botocore.session

    return botocore.session.Session().create_client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
    )


def provision(app: App, endpoint: str) -> dict[str, SignIn]:
    """Make every resource of the app; return the sign-in of its user pools by their key."""
    made = {key: _make(resource, endpoint) for key, resource in app.resources.items()}
    return {key: sign_in for key, sign_in in made.items() if sign_in is not None}


def _make(resource: Resource, endpoint: str) -> SignIn | None:
    match resource:
        case Queue():
            _make_queue(resource, client(endpoint, "sqs"))
        case Table():
            _make_table(resource, client(endpoint, "dynamodb"))
        case Topic():
            client(endpoint, "sns").create_topic(Name=resource.name)
        case UserPool():
            return _make_user_pool(resource, endpoint)
        case DeadLetters() | Parameter() | Parameters() | Secrets() | PhoneNumbers() | Topics():
            pass  # names and telephones are there without being made
        case FileSystem() | SmsSettings():
            pass  # a folder of this machine; nothing to set
    return None


def _make_queue(queue: Queue, sqs: Any) -> None:
    dead = sqs.create_queue(QueueName=queue.dead_letters)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    redrive = {"deadLetterTargetArn": attributes["QueueArn"], "maxReceiveCount": queue.receives}
    sqs.create_queue(
        QueueName=queue.name,
        Attributes={
            "VisibilityTimeout": str(queue.visibility_seconds),
            "RedrivePolicy": json.dumps(redrive),
        },
    )


def _make_table(table: Table, dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=table.name,
        AttributeDefinitions=[{"AttributeName": table.key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": table.key, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.update_time_to_live(
        TableName=table.name,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": table.expires},
    )


def _make_user_pool(pool: UserPool, endpoint: str) -> SignIn:
    cognito = client(endpoint, "cognito-idp")
    pool_id = cognito.create_user_pool(PoolName=pool.name)["UserPool"]["Id"]
    made = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName=pool.name,
        ExplicitAuthFlows=list(SIGN_IN),
    )
    return SignIn(
        pool_id=pool_id,
        client_id=made["UserPoolClient"]["ClientId"],
        # The emulator writes AWS's own address into its tokens, but serves the keys itself.
        issuer=f"https://cognito-idp.{REGION}.amazonaws.com/{pool_id}",
        jwks_url=f"{endpoint}/{pool_id}/.well-known/jwks.json",
    )


def id_token(
    endpoint: str, sign_in: SignIn, *, user: str, password: str, groups: Sequence[str] = ()
) -> str:
    """Sign the user up in the pool, as a member of the groups, and return an ID token of theirs."""
    cognito = client(endpoint, "cognito-idp")
    pool = sign_in.pool_id
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=user, Password=password, Permanent=True
    )
    for group in groups:
        with suppress(cognito.exceptions.GroupExistsException):
            cognito.create_group(UserPoolId=pool, GroupName=group)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=group)
    answer: Mapping[str, Any] = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=sign_in.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    token: str = answer["AuthenticationResult"]["IdToken"]
    return token
