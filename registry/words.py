"""What people write to each other in queries: readable text of several lines."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from registry.form_fields import UNREADABLE

MOST_CHARACTERS = 2000


class WordsField(forms.CharField):
    """Line breaks and tabs are welcome; control and text-direction characters are not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MOST_CHARACTERS, **kwargs)

    def clean(self, value: str | None) -> str:
        text = super().clean((value or "").replace("\r\n", "\n"))
        told = text.replace("\n", " ").replace("\t", " ")
        if any(unicodedata.category(character) in UNREADABLE for character in told):
            raise ValidationError("Control or text-direction characters are not allowed.", code="encoding")
        return text
