"""Bases of what a page asks the server for while somebody works in it: JSON, refusals as problem documents."""

from django.http import HttpRequest, HttpResponse
from django.views.generic import View
from pydantic import ValidationError

from console.brand_pages import BrandPage
from kernel.core.errors import DomainError
from kernel.http.problems import problem_for, problem_for_fields
from kernel.http.rendering import FastJson
from kernel.http.validation import field_errors


class JsonAct(BrandPage, View):
    """Answer a POST with JSON. A refusal is the problem document that the API would send."""

    title = ""
    http_method_names = ("post",)

    def act(self, request: HttpRequest) -> object:
        raise NotImplementedError

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        try:
            return FastJson(self.act(request))
        except ValidationError as error:
            return problem_for_fields(field_errors([dict(finding) for finding in error.errors()]))
        except DomainError as refusal:
            return problem_for(refusal)


class JsonList(BrandPage, View):
    """Answer a GET that asks `q` with a list of JSON objects."""

    title = ""
    http_method_names = ("get",)
    max_length = 100

    def find(self, request: HttpRequest, words: str) -> list[dict[str, object]]:
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "").strip()[: self.max_length]
        return FastJson({"items": self.find(request, words) if words else []})
