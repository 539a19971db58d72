"""A state changes along its table, and only for whoever saw the present one."""

from enum import StrEnum

import pytest
from django.utils import timezone

from kernel.core.states import IllegalTransition, StateChanged, Transitions, compare_and_set, ensure_allowed
from kernel.models import DeliveryState, OutboxDelivery, OutboxMessage


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    OFF = "off"


TABLE: Transitions[Light] = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset({Light.RED, Light.OFF})}


def test_the_table_allows() -> None:
    ensure_allowed(TABLE, now=Light.RED, wanted=Light.GREEN)


@pytest.mark.parametrize(("now", "wanted"), [(Light.RED, Light.OFF), (Light.RED, Light.RED), (Light.OFF, Light.RED)])
def test_the_table_refuses(now: Light, wanted: Light) -> None:
    with pytest.raises(IllegalTransition) as refusal:
        ensure_allowed(TABLE, now=now, wanted=wanted)
    assert refusal.value.code == "illegal_transition"
    assert refusal.value.extra == {"now": str(now), "wanted": str(wanted)}


@pytest.mark.django_db
def test_the_first_to_change_wins() -> None:
    message = OutboxMessage.objects.create(event="x", payload={}, occurred_at=timezone.now())
    delivery = OutboxDelivery.objects.create(message=message, handler="x", due_at=timezone.now())
    rows = OutboxDelivery.objects.filter(pk=delivery.pk)

    compare_and_set(rows, expected=DeliveryState.PENDING, wanted=DeliveryState.DEAD, attempts=20)
    with pytest.raises(StateChanged):
        compare_and_set(rows, expected=DeliveryState.PENDING, wanted=DeliveryState.DELIVERED, attempts=1)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("dead", 20)
