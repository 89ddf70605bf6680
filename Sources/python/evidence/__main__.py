"""``python -m evidence``: the command."""

from ._binary import main

main()
