"""What calls an app's functions besides HTTP: queues and schedules, with AWS's semantics."""
