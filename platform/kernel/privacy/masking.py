"""Personal data with its middle hidden: enough to recognise, too little to use."""


def _middle(value: str, *, head: int, tail: int) -> str:
    """Keep `head` and `tail` characters; a value too short for both keeps nothing."""
    if len(value) <= head + tail:
        return "*" * len(value)
    return value[:head] + "*" * (len(value) - head - tail) + (value[-tail:] if tail else "")


def mask_phone(phone: str) -> str:
    """`+8613812345678` → `+86138****5678`; keeps the last four and all before the four in front of them."""
    text = phone.strip()
    if len(text) < 8:
        return "*" * len(text)
    return f"{text[:-8]}****{text[-4:]}"


def mask_email(email: str) -> str:
    """`someone@example.com` → `s***@example.com`."""
    local, at, domain = email.strip().partition("@")
    return f"{local[:1]}***@{domain}" if at else "***"


def mask_id_number(number: str) -> str:
    """`11010519491231002X` → `110105********002X`: region and the last four, never the birthday."""
    return _middle(number.strip(), head=6, tail=4)


def mask_bank_card(number: str) -> str:
    """`6222021234567890123` → `622202*********0123`, the parts a receipt may show."""
    return _middle("".join(number.split()), head=6, tail=4)


def mask_name(name: str) -> str:
    """`王小明` → `王*明`, `王明` → `王*`, `John Smith` → `J********h`."""
    text = name.strip()
    if len(text) <= 2:
        return text[:1] + "*" * (len(text) - 1)
    return _middle(text, head=1, tail=1)
