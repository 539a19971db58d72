"""Reasons of staff for acts on brands by services that are the owner's too and ask for none."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from kernel.core import audit
from kernel.core.errors import Invalid


@contextmanager
def because(reason: str) -> Iterator[None]:
    """Have the acts of the block recorded with this reason. Raises Invalid, before any act, for an empty one."""
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise Invalid(_("Enter a reason."), field="reason")
    with audit.because(reason):
        yield
