"""`python -m polyunroll.cli`."""

from polyunroll.cli import main

main()
