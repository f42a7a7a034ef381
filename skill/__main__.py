"""`python -m skill` is `image-to-video`."""

import sys

from skill.cli import main

if __name__ == "__main__":
    sys.exit(main())
