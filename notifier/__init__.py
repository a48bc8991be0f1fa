"""The notifier: a forge's webhook becomes one SMS to the person responsible."""
