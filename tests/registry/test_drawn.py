"""What a page shows a hundred times is drawn without a template: the same words, safe against hostile text."""

import pytest
from django.template import Context, Template

from registry.form_fields import Option
from registry.swim import Lane

HOSTILE = """"><script>alert('1')</script>&"""


def drawn(text: str, **values: object) -> str:
    return Template("{% load ui %}" + text).render(Context(values))


def test_options_are_escaped_chosen_and_explained():
    several = [Option("A", "First", hint=HOSTILE), Option(HOSTILE, HOSTILE, chosen=True)]

    told = drawn("{% options several %}", several=several)

    hostile = "&quot;&gt;&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&amp;"
    assert told == (
        f'<option value="A" title="{hostile}">First</option><option value="{hostile}" selected>{hostile}</option>'
    )


def test_a_course_says_its_marks_in_words_too():
    lane = Lane(end=90.5, marks=[(8.0, "infusion"), (30.2, "relapse"), (90.5, "death")], words=HOSTILE)

    told = drawn("{% swim lane %}", lane=lane)

    assert told.count("<path") == 3 and told.count("mark-relapse") == 1 and "M30.2 11m0 -5l5" in told
    assert "<script" not in told and told.count("&lt;script&gt;") == 2


@pytest.mark.parametrize("tag", ["badge 'bad' word", "vital_badge word", "severity_badge word"])
def test_badges_escape_their_word(tag: str):
    assert "<script" not in drawn(f"{{% {tag} %}}", word=HOSTILE)
    assert "&lt;script&gt;" in drawn(f"{{% {tag} %}}", word=HOSTILE)
