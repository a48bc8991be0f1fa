"""The emulated AWS of one development machine. Nothing in here is shipped."""
