"""Personal data is masked by validated formats; references and ordinary numbers stay."""

import pytest

from models.checked_numbers import is_card
from models.masking import find_personal_data, mask


@pytest.mark.parametrize(
    ("text", "language", "masked"),
    [
        ("la 4111 1111 1111 1111 caduca 12/27", "es", "la [CARD] caduca 12/27"),
        ("card 378282246310005, cvv 1234", "en", "card [CARD], cvv [CVV]"),
        ("la tarjeta 4111 1111 1111 1112 no va", "es", "la tarjeta [CARD] no va"),
        ("mi IBAN es ES91 2100 0418 4502 0005 1332 gracias", "es", "mi IBAN es [IBAN] gracias"),
        ("PT50000201231234567890154", "pt", "[IBAN]"),
        ("soy 12345678Z", "es", "soy [ID]"),
        ("el meu NIE és X1234567L", "ca", "el meu NIE és [ID]"),
        ("empresa B58378431", "es", "empresa [ID]"),
        ("DNI 12345678 A", "es", "DNI [ID]"),
        ("CPF 529.982.247-25", "pt", "CPF [ID]"),
        ("o CNPJ 11.222.333/0001-81", "pt", "o CNPJ [ID]"),
        ("llámame al 612 345 678 o al +34 93 123 45 67", "es", "llámame al [PHONE] o al [PHONE]"),
        ("truqueu-me al 612345678", "ca", "truqueu-me al [PHONE]"),
        ("call me on 07911 123456", "en", "call me on [PHONE]"),
        ("me liga no 11 91234-5678", "pt", "me liga no [PHONE]"),
        ("ana.puig+feina@correu.cat", "ca", "[EMAIL]"),
        ("ana arroba correo punto es", "es", "[EMAIL]"),
        ("es el seis doce treinta y cuatro cincuenta y seis setenta y ocho", "es", "es el [PHONE]"),
        ("sis u dos tres quatre cinc sis set vuit", "ca", "[PHONE]"),
        ("four one one one one one one one one one one one one one one one", "en", "[CARD]"),
        ("4111 1111 1111 1111 08/28 123", "und", "[CARD] 08/28 [CVV]"),
        ("visa 4111111111111111, al dorso 123", "es", "visa [CARD], al dorso [CVV]"),
        ("de ES91 2100 0418 4502 0005 1332 a PT50 0002 0123 1234 5678 9015 4", "es", "de [IBAN] a [IBAN]"),
        ("mi iban es GB82 WEST 1234 5698 7654 33", "es", "mi iban es [IBAN]"),
        ("mi celular es 55 1234 5678", "es", "mi celular es [PHONE]"),
        ("tel (612 345 678)", "es", "tel [PHONE]"),
        ("ana punto puig arroba correo punto com punto mx", "es", "[EMAIL]"),
        ("ana(arroba)correo.es", "es", "[EMAIL]"),
        ("it's t okoro at nhs dot net", "en", "it's [EMAIL]"),
        ("mi dni es uno dos tres cuatro cinco seis siete ocho zeta", "es", "mi dni es [ID]"),
        ("cpf cinco dois nove ponto nove oito dois ponto dois quatro sete traço dois cinco", "pt", "cpf [ID]"),
        ("seis doce eh treinta y cuatro eh cincuenta y seis setenta y ocho", "es", "[PHONE]"),
        ("eight hundred two seven five two two seven three", "en", "[PHONE]"),
    ],
)
def test_personal_data_is_replaced(text: str, language: str, masked: str) -> None:
    assert mask(text, language) == masked


@pytest.mark.parametrize(
    "text",
    [
        "reclamo 3322",
        "pedido nº 88-1234",
        "reclamación 600123456",
        "expediente 2025/00123",
        "son 1.234,56 € el 12/05/2026 a las 10:30",
        "cuesta dos mil trescientos cuarenta y cinco euros",
        "uno o dos problemas, tres veces",
        "tarjeta acabada en 1234",
        "vuelo IB3412 del 12-05",
        "soy 12345678A",
        "GB82 WEST 1234 5698 7654 33",
        "orden de trabajo 700-22-1984",
        "protocolos 20260012345 y 20260012399",
        "el pedido es el dos cero dos seis cero cero uno dos tres cuatro",
        "marqué el uno luego el dos luego el tres",
        "entré en mango punto com",
        "hola @tienda",
        "[CARD] [EMAIL]",
        "",
    ],
)
def test_what_is_no_personal_data_is_left_alone(text: str) -> None:
    assert mask(text, "es") == text


def test_a_case_reference_that_passes_as_an_identity_number_is_masked() -> None:
    assert mask("mi reclamación es 12345678Z", "es") == "mi reclamación es [ID]"


def test_what_is_found_comes_in_reading_order_with_its_kind() -> None:
    text = "DNI 12345678Z, a@b.es, 612 345 678"
    found = [(data.kind, text[data.begin : data.end]) for data in find_personal_data(text, "es")]
    assert found == [("ID", "12345678Z"), ("EMAIL", "a@b.es"), ("PHONE", "612 345 678")]


def test_masking_twice_changes_nothing() -> None:
    once = mask("4111 1111 1111 1111, 12345678Z, 612345678, a@b.es", "es")
    assert mask(once, "es") == once


def test_a_card_needs_a_range_of_issuers_and_the_luhn_check() -> None:
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert not is_card("9111111111111113")


@pytest.mark.parametrize(
    "text",
    [
        "1" * 8000,
        "1 " * 4000,
        "tarjeta:::: " * 600,
        "tarjeta es el de la " * 400,
        "ES12 " * 1600,
        "ES12 3456 " * 800,
        "doble " * 1300,
        "a@" * 4000,
        "a arroba b punto " * 450,
        "a punto " * 1000 + "arroba b punto com",
        "uno dos tres " * 600,
        "612 345 678 " * 650,
        "pedido 88123, " * 570,
    ],
)
def test_hostile_texts_are_masked_in_bounded_time(text: str) -> None:
    # The suite's time limit is the assertion: a pattern that backtracks without bound would run for hours.
    assert len(mask(text, "en")) <= len(text) + 8000
