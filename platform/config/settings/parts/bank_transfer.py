"""Bank account for transfers by companies (对公转账). Without one the pages say that support gives it."""

from decimal import Decimal
from typing import Final

from config import env

BANK_TRANSFER_DETAILS: Final[dict[str, str]] = {
    "account_name": env.text("BANK_TRANSFER_ACCOUNT_NAME", ""),
    "bank": env.text("BANK_TRANSFER_BANK", ""),
    "account_number": env.text("BANK_TRANSFER_ACCOUNT_NUMBER", ""),
}
# Above this amount (CNY) somebody else than who recorded a transfer has to approve it.
OFFLINE_PAYMENT_SECOND_PERSON_ABOVE: Final = Decimal(env.text("OFFLINE_PAYMENT_SECOND_PERSON_ABOVE", "10000.00"))
