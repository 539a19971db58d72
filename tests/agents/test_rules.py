"""Codes and prepared fields."""

from kernel.core.codes import make_code
from tenant_apps.agents.rules import agents as rules


def test_made_codes_hold_no_letters_that_look_alike() -> None:
    codes = {make_code(8) for _place in range(500)}
    assert len(codes) == 500
    assert not set("".join(codes)) & set("0O1ILU")


def test_fields_are_written_one_way() -> None:
    prepared, broken = rules.prepare_fields(
        {
            "code": " a7 ",
            "phone": "138 1234 5678",
            "id_number": "11010519491231002x",
            "bank_card": "4111 1111 1111 1111",
        }
    )
    assert not broken
    assert prepared == {
        "code": "A7",
        "phone": "+8613812345678",
        "id_number": "11010519491231002X",
        "bank_card": "4111111111111111",
    }


def test_every_wrong_field_is_named() -> None:
    _prepared, broken = rules.prepare_fields(
        {"name": " ", "code": "a b", "phone": "12", "id_number": "1", "bank_card": "2"}
    )
    assert set(broken) == {"name", "code", "phone", "id_number", "bank_card"}
