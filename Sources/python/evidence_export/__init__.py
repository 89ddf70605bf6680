"""The former name of :mod:`evidence.export`."""

from evidence.export import *  # noqa: F401,F403
from evidence.export import __all__, __version__  # noqa: F401
