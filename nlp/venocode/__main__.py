"""``python -m venocode``."""

from venocode.cli import main

main()
