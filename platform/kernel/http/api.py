"""The NinjaAPI of both hosts: strict input, fast output, and problem documents that OpenAPI describes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation, PathView
from ninja.router import BoundRouter
from pydantic import BaseModel

from kernel.core.errors import FieldError
from kernel.http.pagination import MAX_LIMIT
from kernel.http.problems import CONTENT_TYPE, install_error_handlers, problem_for_fields, problem_for_status
from kernel.http.rendering import FastRenderer, StrictParser
from kernel.http.validation import SENTENCES

Run = Callable[..., HttpResponseBase]

_TEXT: Final = {"type": "string"}
_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "A refusal (RFC 9457). `code` is for programs and stays; `title` and `detail` are for people.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {**_TEXT, "examples": ["urn:banyan:problem:insufficient_stock"]},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": {**_TEXT, "examples": ["insufficient_stock"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {"field": {**_TEXT, "examples": ["lines.0.quantity"]}, "code": _TEXT, "detail": _TEXT},
            },
        },
        "request_id": _TEXT,
    },
}
_REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


class Api(NinjaAPI):
    """An API that refuses undocumented input, and documents its refusals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(renderer=FastRenderer(), parser=StrictParser(), **options)
        install_error_handlers(self)
        self.add_decorator(_hold_to_document, mode="view")

    def _get_bound_routers(self) -> list[BoundRouter]:
        """Merge operations that several routers offer at one address into one view, which picks by method.

        Several apps may serve methods of one path, such as `/agents`; Django calls only the first view of an address.
        """
        if self._bound_routers_cache is None:
            views: dict[str, PathView] = {}
            for router in super()._get_bound_routers():
                for path, view in list(router.path_operations.items()):
                    first = views.setdefault(f"{router.prefix}{path}", view)
                    if first is not view:
                        first.operations.extend(view.operations)
                        del router.path_operations[path]
        return super()._get_bound_routers()

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the document, extended by the problems that every operation may answer."""
        document = super().get_openapi_schema(**options)
        document["components"]["schemas"]["Problem"] = _PROBLEM
        for operations in document["paths"].values():
            for method, operation in operations.items():
                _describe_limit(operation)
                for status in _refusals(method, operation):
                    operation["responses"].setdefault(
                        status,
                        {"description": HTTPStatus(status).phrase, "content": {CONTENT_TYPE: {"schema": _REFERENCE}}},
                    )
        return document


def _describe_limit(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "limit":
            parameter["schema"].setdefault("minimum", 1)
            parameter["schema"].setdefault("maximum", MAX_LIMIT)


def _refusals(method: str, operation: dict[str, Any]) -> list[int]:
    """Return the error statuses of the operation."""
    refusals = [404, 410, 422, 429, 503]
    if "security" in operation:
        refusals += [401, 402, 403]  # 402 for a key where the plan has no API
    if method != "get":
        refusals += [402, 403, 409]
    if "requestBody" in operation:
        refusals += [400, 413, 415]
    return sorted(set(refusals))


def _hold_to_document(run: Run) -> Run:
    """Refuse query parameters that are unknown, empty or repeated, and bodies of another content type than JSON.

    Ninja ignores them: a misspelt filter, or one whose value got lost on the way, would answer with the whole list.
    """
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    known = _query_parameters(operation)
    takes_json = any(model.__ninja_param_source__ == "body" for model in operation.models)

    @wraps(run)
    def held(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        refused = {name: _fault_of(name, given, known.get(name)) for name, given in request.GET.lists()}
        errors = [FieldError(name[:100], code, SENTENCES[code]) for name, code in refused.items() if code]
        if errors:
            return problem_for_fields(errors[:20])
        if takes_json and not _may_be_json(request):
            return problem_for_status(415)
        return run(request, *args, **kwargs)

    return held


@dataclass(frozen=True, slots=True)
class _QueryParameter:
    takes_several: bool
    is_required: bool


def _query_parameters(operation: Operation) -> dict[str, _QueryParameter]:
    return {
        name: _QueryParameter(name in model.__ninja_collection_fields__, _is_required(model, path))
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name, path in model.__ninja_flatten_map__.items()
    }


def _is_required(model: type[BaseModel], path: Sequence[str]) -> bool:
    """Follow `path` from a model of ninja's to the field of the parameter."""
    for name in path[:-1]:
        inner = model.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return False
        model = inner
    return model.model_fields[path[-1]].is_required()


def _fault_of(name: str, given: Sequence[str], parameter: _QueryParameter | None) -> str:
    """Return the code of what is wrong with a query parameter; `parameter` is None for an unknown one.

    An empty cursor is the first page, and what has to be given is judged by its operation.
    """
    if parameter is None:
        return "extra_forbidden"
    if name != "cursor" and not parameter.is_required and not all(value.strip() for value in given):
        return "empty_value"
    return "given_twice" if len(given) > 1 and not parameter.takes_several else ""


def _may_be_json(request: HttpRequest) -> bool:
    """Tell whether the content type is JSON or missing."""
    kind = request.content_type or ""
    return kind in {"", "application/json"} or kind.endswith("+json")
