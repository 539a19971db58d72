"""`{% load console %}`: what the kit's own templates need."""

from collections.abc import Sequence

from django import template

from console.dashboard import Step

register = template.Library()


@register.filter
def done_steps(steps: Sequence[Step]) -> int:
    """How many steps of a checklist are done."""
    return sum(step.done for step in steps)
