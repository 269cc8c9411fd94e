"""Results as JSON and as the sections of the model card."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from models.evaluate.own_split import INTENSITY, SENTIMENT
from models.train.errors import DataError
from schemas.labels import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from models.evaluate.public_sets import Result

BEGIN: Final = "<!-- evaluation: begin -->"
END: Final = "<!-- evaluation: end -->"
INDUSTRY: Final = "own_in_"
"""Beginning of the names of lines about one industry."""
CONVERSATIONS: Final = "own_conversations"


def load_targets() -> dict[str, dict[str, Any]]:
    """Anchors, floors and goals by the name of a line (``set``, or ``set/measure`` for the own split)."""
    text = resources.files("models.evaluate").joinpath("targets.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def as_document(
    results: Sequence[Result],
    model: str,
    machine: str,
    scale: Sequence[Result] = (),
    conversations: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A JSON document of all results, of the same measures for scale, and of the conversations judged end to end."""
    return {
        "model": model,
        "machine": machine,
        "results": [_line(result) for result in results],
        "lexicon": [_line(result) for result in scale],
        "conversations": conversations,
    }


def as_card(
    results: Sequence[Result],
    model: str,
    targets: Mapping[str, Mapping[str, Any]],
    scale: Sequence[Result] = (),
    conversations: Mapping[str, Any] | None = None,
) -> str:
    """Markdown: figures, conversations end to end, industries, calibration, confusion, labels, worst own mistakes.

    Texts of public sets are not quoted: their licences are their own.
    """
    parts = [f"Model `{model}`.", "", *_figures(results, targets, scale)]
    if conversations is not None:
        parts += ["", *_conversations(conversations, targets)]
    parts += ["", *_industries(results), "", *_classes(results), "", *_label_lines(results), "", *_mistakes(results)]
    return "\n".join(parts) + "\n"


def write_card(card: Path, sections: str) -> None:
    """Puts the sections between the marks of the card. Raises DataError when the marks are not there."""
    text = card.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise DataError(f"{card.name} lacks the lines {BEGIN} and {END}: put them where the table belongs")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    card.write_text(f"{before}{BEGIN}\n{sections}{END}{after}", encoding="utf-8")


def _line(result: Result) -> dict[str, Any]:
    value = round(result.value, 4)
    return {"set": result.name, "measure": result.measure, "value": value, "rows": result.rows, **result.more}


def _figures(
    results: Sequence[Result], targets: Mapping[str, Mapping[str, Any]], scale: Sequence[Result]
) -> Iterator[str]:
    simple = {(result.name, result.measure): result.value for result in scale}
    yield from _head("set", "measure", "value", "floor", "goal", "published", "lexicon", "rows")
    for result in results:
        if result.name.startswith(INDUSTRY):
            continue
        target = targets.get(result.name) or targets.get(_key(result), {})
        floor = target.get("floor")
        mark = " (under)" if floor is not None and result.value < floor else ""
        yield _row(
            result.name,
            result.measure,
            f"{_short(result.value)}{mark}",
            _short(floor),
            _short(target.get("goal")),
            str(target.get("anchor", "")),
            _short(simple.get((result.name, result.measure))),
            str(result.rows),
        )


def _conversations(judged: Mapping[str, Any], targets: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield (
        f"Written test conversations end to end ({judged['conversations']}; model, rules and time as in production; "
        "`peakend judge`):"
    )
    yield ""
    yield from _head("measure", "value", "floor", "goal")
    moments, calm = judged["moments"], judged["calm"]
    for name, title, value in (
        ("in time", "moments in time by type", moments["rate"]),
        ("any type", "moments in time by any type", moments["any_type_rate"]),
        ("alarmed", "calm conversations alarmed (at most)", calm["rate"]),
    ):
        target = targets.get(f"{CONVERSATIONS}/{name}", {})
        yield _row(title, _short(value), _short(target.get("floor")), _short(target.get("goal")))
    yield ""
    yield from _head("moment", "labelled", "in time", "early", "late", "missed", "false")
    for name, each in judged["by_type"].items():
        counts = ("labelled", "in_time", "early", "late", "missed", "false_alarms")
        yield _row(name, *(str(each[count]) for count in counts))


def _industries(results: Sequence[Result]) -> Iterator[str]:
    by_industry: dict[str, dict[str, Result]] = {}
    for result in results:
        if result.name.startswith(INDUSTRY):
            by_industry.setdefault(result.name.removeprefix(INDUSTRY), {})[result.measure] = result
    yield "Written test split by industry:"
    yield ""
    yield from _head("industry", "sentiment", "intensity >= 2", "intents", "rows")
    for industry, by_measure in by_industry.items():
        measures = [by_measure[name] for name in (SENTIMENT, INTENSITY, "intents micro-F1")]
        yield _row(industry, *(_short(result.value) for result in measures), str(measures[0].rows))


def _classes(results: Sequence[Result]) -> Iterator[str]:
    yield (
        "Sentiment: expected calibration error (15 bins), and where the rows of each true class went "
        "(negative / neutral / positive):"
    )
    yield ""
    yield from _head("set", "error", *(f"truly {name}" for name in SENTIMENTS))
    for result in results:
        if "expected_calibration_error" in result.more and not result.name.startswith(INDUSTRY):
            rows = [" / ".join(map(str, row)) for row in result.more["confusion"]]
            yield _row(result.name, _short(result.more["expected_calibration_error"]), *rows)


def _label_lines(results: Sequence[Result]) -> Iterator[str]:
    yield "Labels on the written test split, all languages: F1 (rows that have it):"
    yield ""
    for result in results:
        if result.name == "own_all" and "labels" in result.more:
            labels = result.more["labels"].items()
            told = [f"{label} {_short(each['f1'])} ({each['rows']})" for label, each in labels if each["rows"]]
            yield f"- {result.measure.split()[0]}: {', '.join(told)}"


def _mistakes(results: Sequence[Result]) -> Iterator[str]:
    yield "Worst mistakes in service sentiment on the written test split (wrong with the most confidence):"
    yield ""
    yield from _head("text", "labelled", "answered", "confidence")
    for result in results:
        if result.name == "own_all" and "worst" in result.more:
            for each in result.more["worst"]:
                text = each["text"].replace("|", "\\|").replace("\n", " ")
                yield _row(text, each["truth"], each["answer"], _short(each["confidence"]))


def _head(*names: str) -> Iterable[str]:
    return (_row(*names), "|" + "---|" * len(names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _key(result: Result) -> str:
    return f"{result.name}/{result.measure.removesuffix(' macro-F1').removesuffix(' micro-F1').removesuffix(' F1')}"


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".lstrip("0") if value < 1 else f"{value:.3f}"
