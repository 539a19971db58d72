"""A text field with a list of values to pick from, which takes any other value too."""

from typing import Any

from django import forms


class SuggestionInput(forms.TextInput):
    """Text field with the browser's own list; `suggestions` may be set per form."""

    template_name = "console/suggestion_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, suggestions: list[str] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.suggestions = suggestions or []

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        list_id = f"{context['widget']['attrs'].get('id', name)}_list"
        context["widget"]["attrs"]["list"] = list_id
        return {**context, "list_id": list_id, "suggestions": self.suggestions}
