"""`python -m cistron.server` is `cistron`."""

import sys

from .cli.main import main

sys.exit(main())
