"""What `peakend doctor` finds: one finding a thing it looked at, each with what to do."""

from dataclasses import dataclass
from enum import StrEnum

from rich.table import Table
from rich.text import Text


class Health(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `fix` says what to do unless it is ok."""

    what: str
    health: Health
    told: str
    fix: str = ""


def ok(what: str, told: str) -> Finding:
    """All is well."""
    return Finding(what, Health.OK, told)


def warn(what: str, told: str, fix: str) -> Finding:
    """It works, but not as it should, or not everything does."""
    return Finding(what, Health.WARN, told, fix)


def fail(what: str, told: str, fix: str) -> Finding:
    """It does not work."""
    return Finding(what, Health.FAIL, told, fix)


_STYLES = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "bold red"}


def table(findings: list[Finding]) -> Table:
    """The findings, one a row."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    drawn.add_column("", no_wrap=True)
    drawn.add_column("what", no_wrap=True)
    drawn.add_column("found, and what to do", overflow="fold")
    for finding in findings:
        told = Text(finding.told)
        if finding.fix:
            told.append(f"\n→ {finding.fix}", "bold")
        drawn.add_row(Text(finding.health.value, _STYLES[finding.health]), finding.what, told)
    return drawn
