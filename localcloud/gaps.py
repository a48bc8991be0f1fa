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
        ("sns", "ListPhoneNumbersOptedOut"),
    }
)


def is_gap(service: str, action: str, code: str) -> bool:
    """Tell whether an error code means that the emulator lacks an action which AWS has."""
    return code == UNKNOWN and (service, action) in ACTIONS
