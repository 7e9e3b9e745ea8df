"""What the form screens add for unsent input: keep it, offer it again, forget it."""

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from registry import drafts
from registry.access import current_scope
from registry.forms import REASON, RecordForm
from registry.models import Record
from registry.places import Place, Role
from registry.presence import Present, others_at
from registry.submissions import answered

#: What the form's `then` says when nothing is to be saved yet; the query parameter that takes a draft back.
KEEP, FORGET, RESTORE = "keep", "forget", "draft"


class Keeps:
    """For a view with `request` and `place` whose page is filled in over a while."""

    request: HttpRequest
    place: Place

    def draft_place(self) -> str:
        raise NotImplementedError

    def keep(self, token: str, texts: Mapping[str, str], *, base: str = "", version: str = "") -> HttpResponse:
        """204 when what stands in the boxes is kept; 409 when this form was saved meanwhile."""
        if answered(current_scope().actor, token):
            return HttpResponse(status=409)
        filled = {name: text for name, text in texts.items() if text}
        kept = drafts.keep(self.request.user, self.draft_place(), self.place.patient, token, texts=filled,
                           base=base, version=version, now=timezone.now())  # fmt: skip
        return HttpResponse(status=204 if kept else 400)

    def forget_draft(self) -> HttpResponse:
        """Its writer does not want it: back to the form as it is saved."""
        drafts.forget(self.request.user, self.draft_place(), self.request.POST.get("token", ""))
        return HttpResponseRedirect(self.draft_place())

    def forget_sent(self) -> None:
        """What was saved needs no draft; after a conflict the draft has the token of the first sending."""
        for name in ("token", "draft"):
            if token := self.request.POST.get(name):
                drafts.forget(self.request.user, self.draft_place(), token)

    def drafts_here(self) -> tuple[drafts.Kept | None, list[drafts.Kept]]:
        """The draft that the address names, to be taken back; else all of them, to be offered."""
        kept = drafts.kept_at(self.request.user, self.draft_place(), now=timezone.now())
        wanted = self.request.GET.get(RESTORE)
        named = next((one for one in kept if one.token == wanted), None)
        return (named, []) if named else (None, kept)


class KeepsDrafts(Keeps):
    """For a view with `record` and `role`, too, whose forms are records."""

    record: Record | None
    role: Role

    def draft_place(self) -> str:
        return self.place.url(self.role, self.record)

    def keep_draft(self, form: RecordForm) -> HttpResponse:
        """Keep what stands in the boxes; the answer says who else is at work in the form, where somebody is."""
        texts = form.texts() | ({REASON: form.data.get(REASON, "")} if form.ask_reason else {})
        kept = self.keep(form.token, texts, base=form.data.get("base", ""), version=form.data.get("version", ""))
        others = self.others_at_work() if kept.status_code == HTTPStatus.NO_CONTENT else []
        return (
            render(self.request, "components/others.html", {"others": others, "record": self.record})
            if others
            else kept
        )

    def with_drafts(self, form: RecordForm) -> list[drafts.Kept]:
        """Take back the draft that the address names; the others are offered."""
        named, offered = self.drafts_here()
        if named:
            form.restore(named)
        return offered

    def others_at_work(self) -> list[Present]:
        """Who else types in this form of a patient; nothing is told across patients or of reference data."""
        if self.place.patient is None:
            return []
        return others_at(self.draft_place(), user=self.request.user, scope=current_scope(), now=timezone.now())
