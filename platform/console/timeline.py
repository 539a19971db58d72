"""Lines of a history on a page about one thing; `console/timeline.html` draws them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from kernel.core.errors import Text


@dataclass(frozen=True)
class Entry:
    """One line. `detail` is shown, `more` when asked for."""

    at: datetime
    icon: str
    title: Text
    who: Text = ""
    detail: Text | SafeString = ""
    link: str = ""
    more: Text | SafeString = ""
