"""Numbers with a check digit: organisations, residents, bank cards, barcodes. Computed by python-stdnum."""

import re
import unicodedata
from typing import Final

from stdnum import ean, luhn
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

# GB 32100-2015: 18 characters, without the look-alikes I, O, S, V, Z. stdnum's own form knows no letters in front, as
# rural collectives (N…) and others have them.
_CREDIT_CODE: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_RESIDENT_ID: Final = re.compile(r"[0-9]{17}[0-9X]")
_BANK_CARD: Final = re.compile(r"[0-9]{12,19}")
_EAN13: Final = re.compile(r"[0-9]{13}")


def normalise_credit_code(text: str) -> str:
    """Return the code in half-width capitals and digits, without spaces and dashes."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


def is_credit_code(code: str) -> bool:
    """Check a unified social credit code (GB 32100-2015, annex B)."""
    return _CREDIT_CODE.fullmatch(code) is not None and code[17] == uscc.calc_check_digit(code[:17])


def is_resident_id(number: str) -> bool:
    """Check a resident's ID number: date of birth and check digit (GB 11643-1999)."""
    if _RESIDENT_ID.fullmatch(number) is None or number[17] != ric.calc_check_digit(number):
        return False
    try:
        # The place is not asked: stdnum's table lacks the counties of Hong Kong, Macao and Taiwan residents (81–83).
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return True


def is_bank_card(number: str) -> bool:
    """Require 12 to 19 digits that satisfy the Luhn formula (ISO/IEC 7812-1, annex B)."""
    return _BANK_CARD.fullmatch(number) is not None and luhn.is_valid(number)


def is_ean13(code: str) -> bool:
    """Require 13 digits, the last its check digit (GS1 General Specifications, 7.9)."""
    return _EAN13.fullmatch(code) is not None and ean.is_valid(code)
