"""`python -m cistron.server` is `cistron`."""

import sys

from .entry import main

sys.exit(main())
