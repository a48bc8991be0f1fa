"""The rooms of the notifier; docs/notifier.md says in which order data passes them."""
