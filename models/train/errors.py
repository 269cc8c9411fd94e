"""Typed errors of training, export and evaluation: each says what to do next."""

from __future__ import annotations


class TrainingError(Exception):
    """Something that the person who trains has to put right; the message says what."""


class BaseModelError(TrainingError):
    """The base encoder or its tokenizer cannot be built from what is installed or named."""


class DataError(TrainingError):
    """A file of rows is absent, unreadable or labelled with something that no table knows."""


class CheckpointError(TrainingError):
    """A checkpoint does not belong to the run that is resumed."""
