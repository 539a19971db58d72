"""Delete expired sessions and tokens."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db import transaction

from shared_apps.accounts.models import OneTimeToken

KEEP_TOKENS: Final = timedelta(days=30)  # for questions about who came in how


@transaction.atomic
def forget_expired(*, now: datetime) -> tuple[int, int]:
    """Delete expired sessions, and tokens 30 days after they expired; return the number of each."""
    sessions, _details = Session.objects.filter(expire_date__lt=now).delete()
    tokens, _details = OneTimeToken.objects.filter(expires_at__lt=now - KEEP_TOKENS).delete()
    return sessions, tokens
