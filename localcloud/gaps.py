"""List what the emulated AWS does not have, though the three parts ask for it.

Whoever meets one of these on the emulator says "not on the emulator"; any other unknown action is
an error. The list is of ministack 1.5.33, and a test asks it for each.
"""

UNKNOWN = "InvalidAction"  # ministack's error code for an action that it does not have

# APIs of which it has nothing; it does not name them among its services.
APIS = frozenset({"application-autoscaling"})

ACTIONS = frozenset(
    {
        ("sns", "GetSMSSandboxAccountStatus"),
        ("sns", "ListSMSSandboxPhoneNumbers"),
        ("sns", "GetSMSAttributes"),
        ("sns", "SetSMSAttributes"),
        ("sns", "ListPhoneNumbersOptedOut"),
    }
)

# What it takes and then does not do. The deployer asks for these by name.
SILENT = frozenset(
    {
        "apigateway:ImportRestApi",  # an API without routes
        "apigateway:access-logs",  # those of a stack's API
        "apigateway:gateway-responses",  # those in an API's definition
        "lambda:FileSystemConfigs",  # no mount
    }
)


def lacking() -> str:
    """Write all of it as the environment variable that tells the deployer."""
    return " ".join(sorted((*SILENT, *named().split())))


def named() -> str:
    """Write the actions as the environment variable that tells an app: `sns:GetSMSAttributes …`."""
    return " ".join(sorted(f"{service}:{action}" for service, action in ACTIONS))
