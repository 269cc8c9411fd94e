"""References are found with kind, value and place; counts, dates and amounts are none.

Measured on the written conversations as well, masked first as in serving. The patterns were written on train and dev
conversations. The test ones of files 01, measured once: 18 of 21 found (11 before these patterns), none false; those of
files 02 and 03: all 28 found, 3 false. Files en_03 and pt_02, measured before anybody looked into them: 29 of 35 found,
4 false. On train and dev, most of what counts as false is a number that the labels leave out.
"""

import json
from pathlib import Path

import pytest

from models.case_refs import find_case_refs
from models.masking import mask

DATA = Path(__file__).parents[3] / "models" / "data"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("reclamo 3322", "claim", "3322"),
        ("mi reclamación n.º 88123-B sigue igual", "claim", "88123-B"),
        ("la reclamació núm. 7781", "claim", "7781"),
        ("pedido nº 88-1234", "order", "88-1234"),
        ("my order number is 123456789", "order", "123456789"),
        ("la comanda 4471", "order", "4471"),
        ("encomenda 99812", "order", "99812"),
        ("localizador ABC123", "booking", "ABC123"),
        ("localitzador XKJTPL", "booking", "XKJTPL"),
        ("booking reference is QW12ER", "booking", "QW12ER"),
        ("expediente 2025/1234", "case", "2025/1234"),
        ("protocolo 20260012345", "case", "20260012345"),
        ("la incidència INC0091", "incident", "INC0091"),
        ("ticket: 5512", "incident", "5512"),
        ("póliza 778-A-12", "policy", "778-A-12"),
        ("see #88123", "reference", "88123"),
    ],
)
def test_a_reference_is_found(text: str, kind: str, value: str) -> None:
    (found,) = find_case_refs(text, "und")
    assert (found["kind"], found["value"]) == (kind, value)
    assert text[found["begin"] : found["end"]] == value


@pytest.mark.parametrize(
    "text",
    [
        "reserva para 4 personas el 12/05/2026",
        "pedido 2 veces",
        "order 3 weeks ago",
        "el caso 2024 fue otro",
        "factura 45,90 €",
        "in case 1000 people",
        "el pedido llegó roto",
        "",
    ],
)
def test_counts_dates_and_amounts_are_no_references(text: str) -> None:
    assert find_case_refs(text, "es") == []


@pytest.mark.parametrize(
    ("text", "language", "kind", "value"),
    [
        ("order number five five oh four one seven please", "en", "order", "550417"),
        ("el pedido seis seis nueve cero uno", "es", "order", "66901"),
        ("a encomenda é a quatro quatro um zero sete", "pt", "order", "44107"),
        ("es localitzador és essa quatre jota nou pe dos", "ca", "booking", "S4J9P2"),
        ("te de cuatro eme ocho uno somos cinco", "es", "booking", "TD4M81"),
        ("a reserva é a lt quatro quatro um nove certo", "pt", "booking", "LT4419"),
        ("el expediente cinco cinco uno barra dos cuatro", "es", "case", "551/24"),
        ("sí es el veinte ocho ocho cero seis a nombre de vicente", "es", "reference", "28806"),
    ],
)
def test_a_spoken_reference_is_read_as_digits_and_capitals(text: str, language: str, kind: str, value: str) -> None:
    (found,) = find_case_refs(text, language)
    assert (found["kind"], found["value"]) == (kind, value)
    assert 0 <= found["begin"] < found["end"] <= len(text)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("H7KQ2L. Es que a las 6 se gradúa mi hermano", "booking", "H7KQ2L"),
        ("Fet: QK7LMZ, seient 9A", "booking", "QK7LMZ"),
        ("only the October one, QX81LM, I think", "booking", "QX81LM"),
        ("Aquí está, 5-66120. Ni lo usé", "reference", "5-66120"),
        ("Es la 88-1204, y está pagada", "reference", "88-1204"),
        ("4470-L", "reference", "4470-L"),
        ("3300718-2", "reference", "3300718-2"),
        ("aquí traigo la confirmación MZT-5521", "booking", "MZT-5521"),
        ("Voucher M-5590 works at the café", "reference", "M-5590"),
        ("RR123456785ES", "shipment", "RR123456785ES"),
        ("voice only: caso 81 2240", "case", "81 2240"),
        ("Folio de reembolso 55810-R", "case", "55810-R"),
    ],
)
def test_a_reference_is_known_by_its_form(text: str, kind: str, value: str) -> None:
    (found,) = find_case_refs(text, "es")
    assert (found["kind"], found["value"]) == (kind, value)
    assert text[found["begin"] : found["end"]] == value


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("VB3310: porta D22 confirmada", "ca"),
        ("flight PW 881 at 11:05", "en"),
        ("4410982", "und"),
        ("08242", "ca"),
        ("97201-3456", "en"),
        ("4450-123", "pt"),
        ("AA12BB", "pt"),
        ("KUL318", "es"),
        ("12-2026", "es"),
        ("2025-2026", "es"),
        ("1000-2000", "es"),
        ("la clave del wifi es A1B2C3", "es"),
        ("código de confirmación 482913", "es"),
        ("confirmation code 482913", "en"),
        ("la factura és 142,60", "ca"),
        ("your order is 10-day delivery", "en"),
        ("LS12AB", "en"),
        ("reserva de vuelo IB3412", "es"),
        ("pedido de agosto 2026", "es"),
        ("ka u ele tres uno ocho", "es"),
        ("el vuelo es i be tres cuatro uno dos", "es"),
        ("una factura de cuarenta y ocho noventa", "es"),
        ("pagué la factura de doscientos cuarenta y cinco euros", "es"),
        ("reserva para el doce de abril de veintiséis", "es"),
        ("uno dos tres cuatro cinco", "es"),
        ("dos o tres o cuatro o cinco", "es"),
        ("setenta y dos horas y luego otras setenta y dos", "es"),
        ("since nine thirty and it's ten past eleven", "en"),
    ],
)
def test_other_numbers_are_no_references(text: str, language: str) -> None:
    assert find_case_refs(text, language) == []


def test_what_follows_in_a_list_is_of_the_same_kind() -> None:
    found = find_case_refs("Ticket 51908, 52277 y 53004, del 4 al 7.", "es")
    assert [(ref["kind"], ref["value"]) for ref in found] == [
        ("incident", "51908"),
        ("incident", "52277"),
        ("incident", "53004"),
    ]


def test_a_list_ends_where_something_is_counted() -> None:
    assert [ref["value"] for ref in find_case_refs("pedido 88123, 10000 euros", "es")] == ["88123"]
    assert [ref["value"] for ref in find_case_refs("reserva 4471 12 personas", "es")] == ["4471"]


def test_several_come_in_reading_order() -> None:
    found = find_case_refs("pedido 88123, reclamo 3322 y reserva ZX81QQ", "es")
    assert [ref["kind"] for ref in found] == ["order", "claim", "booking"]


@pytest.mark.parametrize(
    "text",
    [
        "pedido " * 1100,
        "pedido: " * 1000,
        "pedido 12 " * 800,
        "88123, " * 1100,
        "pedido" + " 88123," * 1100,
        "12-3456 " * 1000,
        "A1B2C3 " * 1100,
        "es la " * 1300 + "12-3456",
        "te de cuatro " * 600,
        "eme uno " * 1000,
    ],
)
def test_hostile_texts_are_read_in_bounded_time(text: str) -> None:
    # The suite's time limit is the assertion, as for masking.
    assert all(ref["end"] <= len(text) for ref in find_case_refs(text, "es"))


def test_the_written_conversations_give_up_their_references() -> None:
    right = missed = false = 0
    for path in sorted(DATA.glob("conversations_*_01.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            conversation = json.loads(line)
            if conversation["split"] == "test":
                continue
            turns = [(turn["text"], turn["language"]) for turn in conversation["turns"] if "text" in turn]
            found = {ref["value"] for text, language in turns for ref in find_case_refs(mask(text, language), language)}
            named = set(conversation["case_refs"])
            right, missed, false = right + len(named & found), missed + len(named - found), false + len(found - named)
    assert right / (right + missed) >= 0.9
    assert right / (right + false) >= 0.95
