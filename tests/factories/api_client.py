"""A client for the API on a brand's host."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    from shared_apps.accounts.models import User


class ApiClient:
    """JSON over Django's test client on a brand's host: by API key, or as a person who is signed in."""

    def __init__(self, *, host: str, token: str | None = None, person: "User | None" = None) -> None:
        self.client = Client(headers={"host": host})
        self.token = token
        if person is not None:
            self.client.force_login(person, backend="shared_apps.accounts.services.backend.AccountsBackend")

    def request(
        self, method: str, path: str, body: object = None, *, key: str | None = None, **headers: str
    ) -> "Response":
        if self.token:
            headers.setdefault("authorization", f"Bearer {self.token}")
        if key:
            headers["idempotency-key"] = key
        send: Callable[..., Response] = getattr(self.client, method)
        if body is None:
            return send(path, headers=headers)
        return send(path, data=body, content_type="application/json", headers=headers)

    def get(self, path: str, **headers: str) -> "Response":
        return self.request("get", path, **headers)

    def post(self, path: str, body: object = None, *, key: str | None = None, **headers: str) -> "Response":
        return self.request("post", path, {} if body is None else body, key=key, **headers)

    def patch(self, path: str, body: object, **headers: str) -> "Response":
        return self.request("patch", path, body, **headers)

    def put(self, path: str, body: object, **headers: str) -> "Response":
        return self.request("put", path, body, **headers)

    def delete(self, path: str, **headers: str) -> "Response":
        return self.request("delete", path, **headers)
