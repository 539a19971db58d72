"""Mask the middle of personal data."""


def _middle(value: str, *, head: int, tail: int) -> str:
    """Keep `head` and `tail` characters; a value too short for both keeps nothing."""
    if len(value) <= head + tail:
        return "*" * len(value)
    return value[:head] + "*" * (len(value) - head - tail) + (value[-tail:] if tail else "")


def mask_phone(phone: str) -> str:
    """Turn `+8613812345678` into `+86138****5678`."""
    text = phone.strip()
    if len(text) < 8:
        return "*" * len(text)
    return f"{text[:-8]}****{text[-4:]}"


def mask_email(email: str) -> str:
    """Turn `someone@example.com` into `s***@example.com`."""
    local, at, domain = email.strip().partition("@")
    return f"{local[:1]}***@{domain}" if at else "***"


def mask_id_number(number: str) -> str:
    """Turn `11010519491231002X` into `110105********002X`: region and the last four, without the birthday."""
    return _middle(number.strip(), head=6, tail=4)


def mask_bank_card(number: str) -> str:
    """Turn `6222021234567890123` into `622202*********0123`, as receipts may show."""
    return _middle("".join(number.split()), head=6, tail=4)


def mask_name(name: str) -> str:
    """Turn `王小明` into `王*明`, `王明` into `王*`, `John Smith` into `J********h`."""
    text = name.strip()
    if len(text) <= 2:
        return text[:1] + "*" * (len(text) - 1)
    return _middle(text, head=1, tail=1)
