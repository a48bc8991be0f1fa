"""The command line: `python -m platform_deploy`."""

from .cli import main

raise SystemExit(main())
