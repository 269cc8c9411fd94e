"""References are found with kind, value and place; counts, dates and amounts are none."""

import pytest

from models.case_refs import find_case_refs


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
    (found,) = find_case_refs(text)
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
    assert find_case_refs(text) == []


def test_several_come_in_reading_order() -> None:
    found = find_case_refs("pedido 88123, reclamo 3322 y reserva ZX81QQ")
    assert [ref["kind"] for ref in found] == ["order", "claim", "booking"]
