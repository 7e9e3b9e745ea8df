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
#: In the query of a form's address: only who else is at work in it is asked.
OTHERS = "others"


class Keeps:
    """For a view with `request` and `place` whose page is filled in over a while; `record` is the one it is about."""

    request: HttpRequest
    place: Place
    record: Record | None = None

    def draft_place(self) -> str:
        raise NotImplementedError

    def keep(self, token: str, texts: Mapping[str, str], *, base: str = "", version: str = "") -> HttpResponse:
        """Keep what stands in the boxes and tell who else is at work; 409 when this form was saved meanwhile."""
        if answered(current_scope().actor, token):
            return HttpResponse(status=HTTPStatus.CONFLICT)
        filled = {name: text for name, text in texts.items() if text}
        kept = drafts.keep(self.request.user, self.draft_place(), self.place.patient, token, texts=filled,
                           base=base, version=version, now=timezone.now())  # fmt: skip
        return self.tell_others() if kept else HttpResponse(status=HTTPStatus.BAD_REQUEST)

    def tell_others(self) -> HttpResponse:
        """Who else is at work here, as the page says it; no content where nobody is."""
        others = self.others_at_work()
        if not others:
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        told = {"others": others, "record": self.record, "spec": self.place.spec}
        return render(self.request, "components/others.html", told)

    def others_at_work(self) -> list[Present]:
        """Who else types here; nothing is told across patients or of reference data.

        New records of one kind are entered one by one in a form or many in a table: both are told of each other."""
        if self.place.patient is None:
            return []
        several = self.record is None and self.place.spec.entity.many
        here = [self.place.url(role) for role in (Role.CREATE, Role.SEVERAL)] if several else [self.draft_place()]
        return others_at(here, user=self.request.user, scope=current_scope(), now=timezone.now())

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
    """For a view with `role`, too, whose forms are records."""

    role: Role

    def draft_place(self) -> str:
        return self.place.url(self.role, self.record)

    def keep_draft(self, form: RecordForm) -> HttpResponse:
        texts = form.texts() | ({REASON: form.data.get(REASON, "")} if form.ask_reason else {})
        return self.keep(form.token, texts, base=form.data.get("base", ""), version=form.data.get("version", ""))

    def with_drafts(self, form: RecordForm) -> list[drafts.Kept]:
        """Take back the draft that the address names; the others are offered."""
        named, offered = self.drafts_here()
        if named:
            form.restore(named)
        return offered
