"""Errors of the scorer: each names what is wrong and what to do about it."""


class ModelError(Exception):
    """Base of every error that the scorer raises on purpose."""


class ArtifactError(ModelError):
    """A model folder is absent, damaged or not of this format; the message says which file and how to
    repair it.
    """


class RuntimeUnavailableError(ModelError):
    """A runtime was asked for whose packages are not installed; the message names the extra to install."""


class UnsupportedModelError(ModelError):
    """A model loads, but none of its labels can be read as a head of this scorer."""


class LexiconError(ModelError):
    """A lexicon file has a line that cannot be read; the message names file and line."""


class RequestError(ModelError, ValueError):
    """A request for a score is not answerable as asked (unknown head, text that is no string)."""
