import pytest

from schemas.outputs import MomentType
from streams.core.catalogue import CatalogueError, parse_catalogue
from tests.conversations import Play, catalogue_files, shipped


def changed(name: str, old: str, new: str) -> dict[str, str]:
    files = catalogue_files()
    assert old in files[name]
    return files | {name: files[name].replace(old, new, 1)}


def line_of(name: str, text: str) -> int:
    return catalogue_files()[name].split(text)[0].count("\n") + 1


def test_the_shipped_catalogue_knows_every_type_of_moment() -> None:
    assert tuple(shipped().moments.rules) == MomentType.__args__


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("moments.yaml", "base: 35", "base: thirty", "write a number"),
        ("moments.yaml", "base: 35", "base: 350", "from 0 to 100"),
        ("moments.yaml", "base: 35", "basis: 35", "unknown key basis"),
        ("moments.yaml", "leads: anger", "leads: angre", "did you mean anger?"),
        ("moments.yaml", "escalates: with critical_event", "escalates: sometimes", "`alone`"),
        ("moments.yaml", "due_minutes: 5\n", "due_minutes: 5\n    due_minutes: 6\n", "stands twice"),
        ("timing.yaml", "voice: 10", "voice: soon", "write a number"),
        ("acting.yaml", "reason: not_understood", "reason: unknown", "use one of"),
        ("acting.yaml", "doubtful_answer:\n    - {cues: cannot_help, floor: 0.15}\n  ", "", "both, or neither"),
        ("closing.yaml", "formula: peak-end/1", "formula: peak-end/2", "did you mean peak-end/1?"),
        ("texts.yaml", "{turns} turnos", "{turn} turnos", "{turn} has no value here"),
        ("texts.yaml", "{turns} turnos", "{turns turnos", "a brace is not closed"),
        ("phrases.yaml", "  3:\n", "  three:\n", "write a whole number"),
        ("critical/banking.yaml", "told: plainly", "told: loudly", "use one of"),
        ("critical/airline.yaml", "remove: [missed_connection]", "remove: [missed_bus]", "is not inherited"),
        ("tenants/sample-low-cost-air.yaml", "airline/low_cost", "airline/low-cost", "did you mean airline/low_cost?"),
    ],
)
def test_an_error_names_file_line_and_what_to_do(name: str, old: str, new: str, says: str) -> None:
    with pytest.raises(CatalogueError) as raised:
        parse_catalogue(changed(name, old, new))
    assert says in str(raised.value)
    assert raised.value.file == name
    assert abs(raised.value.line - line_of(name, old)) <= 1
    assert str(raised.value).startswith(f"{name}:{raised.value.line}: ")


@pytest.mark.parametrize("content", ["a: [", "", "\x00", "just a text", "- a list"])
def test_a_broken_file_is_an_error_of_its_own(content: str) -> None:
    with pytest.raises(CatalogueError, match=r"^timing.yaml:\d+: "):
        parse_catalogue(catalogue_files() | {"timing.yaml": content})


def test_a_missing_and_a_stray_file_are_errors() -> None:
    files = catalogue_files()
    with pytest.raises(CatalogueError, match=r"^texts.yaml:1: .*missing"):
        parse_catalogue({name: text for name, text in files.items() if name != "texts.yaml"})
    with pytest.raises(CatalogueError, match=r"^rules.yaml:1: "):
        parse_catalogue(files | {"rules.yaml": "a: b"})
    with pytest.raises(CatalogueError, match=r"^critical/general.yaml:1: "):
        parse_catalogue({name: text for name, text in files.items() if name != "critical/general.yaml"})


def test_a_missing_type_is_an_error() -> None:
    content = catalogue_files()["moments.yaml"]
    start, end = content.index("  delight:"), content.index("  recovery:")
    with pytest.raises(CatalogueError, match="missing types: delight"):
        parse_catalogue(catalogue_files() | {"moments.yaml": content[:start] + content[end:]})


class TestDigest:
    def test_it_is_12_hexadecimal_digits(self) -> None:
        assert len(shipped().digest) == 12
        assert int(shipped().digest, 16) >= 0

    def test_comments_and_blanks_do_not_change_it(self) -> None:
        files = {name: f"# a comment\n\n{text}\n" for name, text in catalogue_files().items()}
        assert parse_catalogue(files).digest == shipped().digest

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [("moments.yaml", "base: 35", "base: 36"), ("texts.yaml", "fraude", "estafa"), ("timing.yaml", "60", "61")],
    )
    def test_a_value_does(self, name: str, old: str, new: str) -> None:
        assert parse_catalogue(changed(name, old, new)).digest != shipped().digest


class TestCriticalEvents:
    """inheritance industry -> segment -> tenant; without a tenant the industry alone, without both `general`"""

    def test_an_industry_inherits_the_general_ones(self) -> None:
        assert {"fraud", "lost_card"} <= shipped().critical.of(None, "banking").keys()

    def test_a_segment_removes_and_adds(self) -> None:
        industries = shipped().critical.industries
        assert "missed_connection" in industries["airline/full_service"]
        assert "missed_connection" not in industries["airline/low_cost"]
        assert "lost_baggage" not in industries["airline/low_cost"]

    def test_a_tenants_file_names_its_segment_and_replaces_by_name(self) -> None:
        events = shipped().critical.of("sample-low-cost-air", "banking")
        assert events["cancelled_flight"].target_area == "rebooking"
        assert "missed_connection" not in events
        assert "lost_card" not in events

    def test_unknown_tenants_go_by_industry_and_unknown_industries_by_general(self) -> None:
        critical = shipped().critical
        assert critical.of("somebody", "banking") is critical.industries["banking"]
        assert critical.of(None, "florist") is critical.industries["general"]

    def test_every_industry_of_the_product_has_its_file(self) -> None:
        names = {
            "general", "airline", "banking", "retail", "telecom", "insurance", "health", "hospitality", "utilities",
            "public_services",
        }  # fmt: skip
        assert names <= shipped().critical.industries.keys()


def test_a_changed_rule_changes_what_opens() -> None:
    play = Play(catalogue=parse_catalogue(changed("moments.yaml", "turns: 2 ", "turns: 3 ")))
    play.upset()
    play.upset()
    assert play.moments == []
    play.upset()
    assert play.moments == [("frustration_buildup", "opened")]


def test_a_conversation_stays_with_the_catalogue_of_its_first_record() -> None:
    other = parse_catalogue(changed("moments.yaml", "base: 35", "base: 36"))
    play = Play(catalogue=other)
    play.angry()
    assert play.state is not None
    assert play.state.catalogue == other.digest == play.of("cx.moments")[0].catalogue
