"""The version of the package, which the files that it writes carry too."""

__version__ = "0.1.0"
