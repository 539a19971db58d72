"""Keep the batches of SKUs that have them: every movement of stock is one of batches as well."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from kernel.core import clock
from kernel.core.errors import FieldError, Invalid, Text
from tenant_apps.inventory.models import Batch, BatchMovement, BatchStock, SkuSetting, Warehouse
from tenant_apps.inventory.models.stock import StockBalance
from tenant_apps.inventory.rules.batches import BatchOnHand, BatchSpec, Leaving, pick_batches
from tenant_apps.inventory.rules.lines import ReceiptLine
from tenant_apps.inventory.states import MovementKind, WarehouseKind

Named = Mapping[int, Sequence[tuple[BatchSpec, int]]]
"""Of each variant the batches that came and their pieces."""
UNKNOWN = BatchSpec("")


class InvalidBatch(Invalid):
    """Batches of a receipt break a rule; `errors` names each line."""

    code = "invalid_batch"
    title = _("The batches break a rule")


def list_kept(variant_ids: Iterable[int]) -> set[int]:
    """Return those of the variants that keep batches."""
    kept = SkuSetting.objects.filter(variant_id__in=list(variant_ids), keeps_batches=True)
    return set(kept.values_list("variant_id", flat=True))


def name_batches(lines: Sequence[ReceiptLine]) -> dict[int, list[tuple[BatchSpec, int]]]:
    """Map the variants that keep batches to those received. Raises InvalidBatch with an error per line."""
    kept = list_kept(line.variant_id for line in lines)
    codes = [line.batch.code for line in lines if line.batch]
    known = {
        (batch.variant_id, batch.code): batch for batch in Batch.objects.filter(variant_id__in=kept, code__in=codes)
    }
    named: dict[int, list[tuple[BatchSpec, int]]] = {}
    errors = []
    for index, line in enumerate(lines):
        fault = _find_fault(line, kept, known)
        if fault is not None:
            errors.append(FieldError(f"lines.{index}.batch", *fault))
        elif line.batch is not None:
            named.setdefault(line.variant_id, []).append((line.batch, line.quantity))
    if errors:
        raise InvalidBatch(errors=errors)
    return named


def _find_fault(
    line: ReceiptLine, kept: Collection[int], known: Mapping[tuple[int, str], Batch]
) -> tuple[str, Text] | None:
    batch = line.batch
    if line.variant_id not in kept:
        return None if batch is None else ("batch_not_kept", _("This SKU keeps no batches: leave this empty"))
    if batch is None or not batch.code:
        return "batch_missing", _("This SKU keeps batches: enter the batch number")
    if batch.produced_on and batch.expires_on and batch.expires_on < batch.produced_on:
        return "batch_dates", _("A batch expires after it was produced")
    before = known.get((line.variant_id, batch.code))
    dates = [] if before is None else [(batch.produced_on, before.produced_on), (batch.expires_on, before.expires_on)]
    if any(given is not None and given != kept_date for given, kept_date in dates):
        return "batch_differs", _("This batch is known with other dates")
    return None


def ensure_batch(variant_id: int, spec: BatchSpec) -> Batch:
    """Return the batch of this number, made where there is none."""
    batch, _is_new = Batch.objects.get_or_create(
        variant_id=variant_id,
        code=spec.code,
        defaults={"produced_on": spec.produced_on, "expires_on": spec.expires_on},
    )
    return batch


def book_batches(
    source: str,
    kind: MovementKind,
    moved: Sequence[tuple[int, StockBalance]],
    now: datetime,
    named: Named | None = None,
) -> None:
    """Move batches with (pieces, balance of stock after it), whose rows of stock the transaction has locked.

    What leaves is picked first expired, first out; what comes is in the batches `named`, in those it left with
    (transfers and returns), or else in the batch nobody knows. Raises GoodsExpired.
    """
    kept = list_kept(balance.variant_id for _pieces, balance in moved)
    if not kept:
        return
    booking = _Booking(source, kind, now)
    rows = [(pieces, balance) for pieces, balance in moved if balance.variant_id in kept]
    for pieces, balance in sorted(rows, key=lambda row: row[0] > 0):  # what leaves a place arrives at another
        if pieces < 0:
            booking.take(balance.variant_id, balance.warehouse_id, -pieces)
        else:
            booking.bring(balance.variant_id, balance.warehouse_id, pieces, (named or {}).get(balance.variant_id, ()))
    booking.write()


class _Booking:
    """The batches of one document."""

    def __init__(self, source: str, kind: MovementKind, now: datetime) -> None:
        self.source = source
        self.kind = kind
        self.now = now
        self.today: date = clock.business_date(now)
        self.changes: dict[tuple[int, int], int] = {}
        self.on_the_way: dict[int, list[tuple[int, int]]] = {}

    def take(self, variant_id: int, warehouse_id: int, pieces: int) -> None:
        """Let pieces leave."""
        here = BatchStock.objects.filter(batch__variant_id=variant_id, warehouse_id=warehouse_id, on_hand__gt=0)
        there = [BatchOnHand(*row) for row in here.values_list("batch_id", "on_hand", "batch__expires_on")]
        if (
            self.kind == MovementKind.TRANSFER
            and Warehouse.objects.filter(pk=warehouse_id, kind=WarehouseKind.TRANSIT).exists()
        ):
            there = self._of_transfer(variant_id, warehouse_id)
        picked = pick_batches(pieces, there, leaving=self._leaving(), today=self.today)
        self.on_the_way[variant_id] = picked
        for batch_id, some in picked:
            self._add(batch_id, warehouse_id, -some)

    def _leaving(self) -> Leaving:
        if self.kind == MovementKind.SHIPMENT:
            return Leaving.FRESH_ONLY
        return Leaving.FRESH_FIRST if self.kind == MovementKind.TRANSFER else Leaving.EXPIRED_FIRST

    def _of_transfer(self, variant_id: int, transit_id: int) -> list[BatchOnHand]:
        """Return what this transfer, and no other, has in transit."""
        root = self.source.rpartition(":received:")[0]
        mine = BatchMovement.objects.filter(source__startswith=f"{root}:", warehouse_id=transit_id)
        sums = mine.filter(batch__variant_id=variant_id).order_by().values_list("batch_id", "batch__expires_on")
        return [
            BatchOnHand(batch_id, pieces, expires_on)
            for batch_id, expires_on, pieces in sums.annotate(pieces=Sum("quantity")).filter(pieces__gt=0)
        ]

    def bring(self, variant_id: int, warehouse_id: int, pieces: int, named: Sequence[tuple[BatchSpec, int]]) -> None:
        """Let pieces come."""
        left = pieces
        known = [(ensure_batch(variant_id, spec).pk, some) for spec, some in named]
        for batch_id, some in known or self._left_before(variant_id):
            here = min(some, left)
            if here:
                self._add(batch_id, warehouse_id, here)
                left -= here
        if left:
            self._add(ensure_batch(variant_id, UNKNOWN).pk, warehouse_id, left)

    def _left_before(self, variant_id: int) -> list[tuple[int, int]]:
        """Return the batches that these pieces may have left with."""
        if self.kind != MovementKind.RETURN:
            return self.on_the_way.get(variant_id, [])
        root = ":".join(self.source.split(":")[:2])
        gone = BatchMovement.objects.filter(batch__variant_id=variant_id, kind__in=["shipment", "return"])
        gone = gone.filter(source=root) | gone.filter(source__startswith=f"{root}:")
        sums = gone.order_by().values_list("batch_id").annotate(left=Sum(F("quantity") * -1)).filter(left__gt=0)
        return sorted(sums, reverse=True)

    def _add(self, batch_id: int, warehouse_id: int, pieces: int) -> None:
        key = (batch_id, warehouse_id)
        self.changes[key] = self.changes.get(key, 0) + pieces

    def write(self) -> None:
        changed = [(*key, pieces) for key, pieces in self.changes.items() if pieces]
        after = BatchStock.objects.change(changed) if changed else {}
        self._note(after)

    def _note(self, after: Mapping[tuple[int, int], int]) -> None:
        BatchMovement.objects.bulk_create(
            BatchMovement(
                batch_id=batch_id,
                warehouse_id=warehouse_id,
                source=self.source,
                kind=self.kind,
                quantity=self.changes[batch_id, warehouse_id],
                balance_after=left,
                occurred_at=self.now,
            )
            for (batch_id, warehouse_id), left in after.items()
        )
