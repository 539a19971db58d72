"""The ledger over HTTP."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from kernel.core import clock
from kernel.http.pagination import paginate
from kernel.http.permissions import requires
from kernel.http.rendering import FastJson
from kernel.http.schemas import MomentIn, Page
from tenant_apps.finance import schemas, selectors, services

router = Router(tags=["finance"])


@router.get("/ledger/accounts", response=schemas.AccountsOut, summary="List accounts")
@requires("finance.view")
def list_accounts(request: HttpRequest) -> dict[str, object]:
    """The whole chart by code."""
    return {"items": selectors.list_accounts()}


@router.get("/ledger/trial-balance", response=schemas.TrialBalanceOut, summary="Get the trial balance")
@requires("finance.view")
def get_trial_balance(request: HttpRequest, as_of: MomentIn | None = None) -> HttpResponse:
    """Turnover of each account before `as_of` (exclusive)."""
    return FastJson(schemas.trial_balance_body(selectors.trial_balance(as_of=as_of)))


@router.get("/ledger/accounts/{code}/statement", response=schemas.StatementOut, summary="Get an account's statement")
@requires("finance.view")
def get_statement(request: HttpRequest, code: str, filters: Query[schemas.StatementFilters]) -> HttpResponse:
    """Movements in [since, until) with the balance after each, oldest first, of one `party` only when given."""
    statement = selectors.account_statement(code=code, **filters.model_dump())
    return FastJson(schemas.statement_body(statement))


@router.get("/ledger/entries", response=Page[schemas.EntryOut], summary="List ledger entries")
@requires("finance.view")
def list_entries(request: HttpRequest, filters: Query[schemas.EntryFilters]) -> HttpResponse:
    """Newest first; `source` finds the one entry of a source."""
    entries = selectors.list_entries(source=filters.source or "")
    rows, next_cursor = paginate(entries, cursor=filters.cursor, limit=filters.limit)
    return FastJson({"items": [schemas.entry_row(row) for row in rows], "next_cursor": next_cursor})


@router.post("/ledger/entries", response={201: schemas.EntryOut}, summary="Post a manual entry")
@requires("finance.post")
def post_entry(request: HttpRequest, payload: schemas.EntryIn) -> Status[dict[str, object]]:
    """The same reference with the same content again changes nothing, with another content it is refused."""
    entry = services.post_manual_entry(
        reference=payload.reference,
        occurred_at=payload.occurred_at or clock.now(),
        memo=payload.memo,
        transfers=[services.NewTransfer(**one.model_dump()) for one in payload.transfers],
    )
    return Status(201, schemas.entry_row(entry))


@router.post("/ledger/entries/{entry_id}/reverse", response={201: schemas.EntryOut}, summary="Reverse a manual entry")
@requires("finance.post")
def reverse_entry(request: HttpRequest, entry_id: int) -> Status[dict[str, object]]:
    """Posts the opposite of an entry that was posted by hand, once; entries of orders are reversed by refunds."""
    return Status(201, schemas.entry_row(services.reverse_manual_entry(entry_id=entry_id, now=clock.now())))
