"""The operations of the service, made by tools/client.py from openapi/openapi.json: change nothing here."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

from compensation_client import models


class Operations:
    """What the service can be asked for."""

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: object = None,
    ) -> Any:  # noqa: ANN401 - what the operation answers
        raise NotImplementedError

    def _each(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        raise NotImplementedError

    def _stream(self, path: str, query: Mapping[str, Any]) -> Iterator[bytes]:
        raise NotImplementedError

    def preview_offer(
        self, body: models.PreviewBody, *, accept_language: str | None = None, letter: bool | None = None
    ) -> models.PreviewOut:
        """Decide without keeping anything. No history is looked up but the one in the request."""
        answer: models.PreviewOut = self._call(
            "POST", "/offers/preview", query={"letter": letter}, headers={"Accept-Language": accept_language}, body=body
        )
        return answer

    def make_offer(
        self,
        body: models.OfferBody,
        *,
        idempotency_key: str | None = None,
        accept_language: str | None = None,
        letter: bool | None = None,
    ) -> models.OfferOut:
        """Decide on an incident and keep the offer. The same incident reference gets the same offer, never a second one."""
        answer: models.OfferOut = self._call(
            "POST",
            "/offers",
            query={"letter": letter},
            headers={"Idempotency-Key": idempotency_key, "Accept-Language": accept_language},
            body=body,
        )
        return answer

    def list_offers(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: models.OfferStatus | None = None,
        customer: str | None = None,
        order: str | None = None,
        category: str | None = None,
        band: models.Band | None = None,
        currency: str | None = None,
        incident: str | None = None,
        decided_from: str | None = None,
        decided_before: str | None = None,
    ) -> models.OfferPage:
        """List offers, newest first."""
        answer: models.OfferPage = self._call(
            "GET",
            "/offers",
            query={
                "limit": limit,
                "cursor": cursor,
                "status": status,
                "customer": customer,
                "order": order,
                "category": category,
                "band": band,
                "currency": currency,
                "incident": incident,
                "decided_from": decided_from,
                "decided_before": decided_before,
            },
        )
        return answer

    def each_offer(
        self,
        *,
        limit: int | None = None,
        status: models.OfferStatus | None = None,
        customer: str | None = None,
        order: str | None = None,
        category: str | None = None,
        band: models.Band | None = None,
        currency: str | None = None,
        incident: str | None = None,
        decided_from: str | None = None,
        decided_before: str | None = None,
    ) -> Iterator[models.OfferOut]:
        """List offers, newest first."""
        return self._each(
            "/offers",
            {
                "limit": limit,
                "status": status,
                "customer": customer,
                "order": order,
                "category": category,
                "band": band,
                "currency": currency,
                "incident": incident,
                "decided_from": decided_from,
                "decided_before": decided_before,
            },
        )

    def get_offer(self, offer_id: str) -> models.OfferOut:
        """Answer one offer: as it was decided, with its present status and its letter."""
        answer: models.OfferOut = self._call("GET", f"/offers/{quote(str(offer_id), safe='')}")
        return answer

    def recompute_offer(self, offer_id: str) -> models.RecomputeOut:
        """Decide again from the stored facts by the stored version of the policy: the same, or what differs."""
        answer: models.RecomputeOut = self._call("POST", f"/offers/{quote(str(offer_id), safe='')}/recompute")
        return answer

    def accept_offer(
        self, offer_id: str, body: models.AcceptBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """The customer chooses an option: its remedies are promised. 409 once the time of the offer has run out."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/accept",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def decline_offer(
        self, offer_id: str, body: models.ReasonBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """The customer does not want it."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/decline",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def counter_offer(
        self,
        offer_id: str,
        body: models.CounterBody,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.OfferOut:
        """The customer says what would make it right: three times at most, and the merchant has a week to answer."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/counter",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def keep_offer(
        self, offer_id: str, body: models.ReasonBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """What the customer asked for instead is not granted: the offer stands, for a week at least."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/keep",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def withdraw_offer(
        self, offer_id: str, body: models.ReasonBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """Take an offer back that nobody accepted."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/withdraw",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def approve_offer(
        self, offer_id: str, body: models.JudgeBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """Agree to an offer above the automatic limits: the customer can choose then, for a week at least."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/approve",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def reject_offer(
        self, offer_id: str, body: models.JudgeBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """Do not agree to an offer above the automatic limits. Needs the role that `approval` names, or above."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/reject",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def fulfil_remedy(
        self,
        offer_id: str,
        position: int,
        body: models.ConfirmBody,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.OfferOut:
        """A promised remedy reached the customer. With the last one the offer is fulfilled."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/remedies/{quote(str(position), safe='')}/fulfilled",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def fail_remedy(
        self,
        offer_id: str,
        position: int,
        body: models.ConfirmBody,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.OfferOut:
        """A promised remedy was tried and did not work: it is still owed, and can be fulfilled later."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/remedies/{quote(str(position), safe='')}/failed",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def override_offer(
        self,
        offer_id: str,
        body: models.OverrideBody,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.OfferOut:
        """Give something else than the policy said, by authority: a new offer takes the place of one that waits."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/override",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def supersede_offer(
        self, offer_id: str, body: models.OfferBody, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """Decide again because the facts are others than was thought: a new offer takes the place of one that waits."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/offers/{quote(str(offer_id), safe='')}/supersede",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def list_approvals(self, *, limit: int | None = None, cursor: str | None = None) -> models.OfferPage:
        """List the offers that the key may approve or reject, newest first; `approval.reasons` says why each needs it."""
        answer: models.OfferPage = self._call("GET", "/approvals", query={"limit": limit, "cursor": cursor})
        return answer

    def each_approval(self, *, limit: int | None = None) -> Iterator[models.OfferOut]:
        """List the offers that the key may approve or reject, newest first; `approval.reasons` says why each needs it."""
        return self._each("/approvals", {"limit": limit})

    def export_incidents(
        self,
        *,
        status: models.IncidentStatus | None = None,
        customer: str | None = None,
        order: str | None = None,
        category: str | None = None,
        band: models.Band | None = None,
        verified: bool | None = None,
        group: str | None = None,
        reference: str | None = None,
        owner: str | None = None,
        stage: models.Stage | None = None,
        cause: str | None = None,
        product: str | None = None,
        carrier: str | None = None,
        currency: str | None = None,
        occurred_from: str | None = None,
        occurred_before: str | None = None,
        closed_from: str | None = None,
        closed_before: str | None = None,
        escalated: bool | None = None,
        paid_from: int | None = None,
        text: str | None = None,
        sort: models.IncidentSort | None = None,
        format: models.ExportFormat | None = None,
    ) -> Iterator[bytes]:
        """Write out all incidents that a list of the same conditions has, in its order, however many there are."""
        return self._stream(
            "/incidents/export",
            {
                "status": status,
                "customer": customer,
                "order": order,
                "category": category,
                "band": band,
                "verified": verified,
                "group": group,
                "reference": reference,
                "owner": owner,
                "stage": stage,
                "cause": cause,
                "product": product,
                "carrier": carrier,
                "currency": currency,
                "occurred_from": occurred_from,
                "occurred_before": occurred_before,
                "closed_from": closed_from,
                "closed_before": closed_before,
                "escalated": escalated,
                "paid_from": paid_from,
                "text": text,
                "sort": sort,
                "format": format,
            },
        )

    def list_incidents(
        self,
        *,
        status: models.IncidentStatus | None = None,
        customer: str | None = None,
        order: str | None = None,
        category: str | None = None,
        band: models.Band | None = None,
        verified: bool | None = None,
        group: str | None = None,
        reference: str | None = None,
        owner: str | None = None,
        stage: models.Stage | None = None,
        cause: str | None = None,
        product: str | None = None,
        carrier: str | None = None,
        currency: str | None = None,
        occurred_from: str | None = None,
        occurred_before: str | None = None,
        closed_from: str | None = None,
        closed_before: str | None = None,
        escalated: bool | None = None,
        paid_from: int | None = None,
        text: str | None = None,
        sort: models.IncidentSort | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> models.IncidentPage:
        """Find incidents, the last first. Every condition that is named holds."""
        answer: models.IncidentPage = self._call(
            "GET",
            "/incidents",
            query={
                "status": status,
                "customer": customer,
                "order": order,
                "category": category,
                "band": band,
                "verified": verified,
                "group": group,
                "reference": reference,
                "owner": owner,
                "stage": stage,
                "cause": cause,
                "product": product,
                "carrier": carrier,
                "currency": currency,
                "occurred_from": occurred_from,
                "occurred_before": occurred_before,
                "closed_from": closed_from,
                "closed_before": closed_before,
                "escalated": escalated,
                "paid_from": paid_from,
                "text": text,
                "sort": sort,
                "limit": limit,
                "cursor": cursor,
            },
        )
        return answer

    def each_incident(
        self,
        *,
        status: models.IncidentStatus | None = None,
        customer: str | None = None,
        order: str | None = None,
        category: str | None = None,
        band: models.Band | None = None,
        verified: bool | None = None,
        group: str | None = None,
        reference: str | None = None,
        owner: str | None = None,
        stage: models.Stage | None = None,
        cause: str | None = None,
        product: str | None = None,
        carrier: str | None = None,
        currency: str | None = None,
        occurred_from: str | None = None,
        occurred_before: str | None = None,
        closed_from: str | None = None,
        closed_before: str | None = None,
        escalated: bool | None = None,
        paid_from: int | None = None,
        text: str | None = None,
        sort: models.IncidentSort | None = None,
        limit: int | None = None,
    ) -> Iterator[models.IncidentOut]:
        """Find incidents, the last first. Every condition that is named holds."""
        return self._each(
            "/incidents",
            {
                "status": status,
                "customer": customer,
                "order": order,
                "category": category,
                "band": band,
                "verified": verified,
                "group": group,
                "reference": reference,
                "owner": owner,
                "stage": stage,
                "cause": cause,
                "product": product,
                "carrier": carrier,
                "currency": currency,
                "occurred_from": occurred_from,
                "occurred_before": occurred_before,
                "closed_from": closed_from,
                "closed_before": closed_before,
                "escalated": escalated,
                "paid_from": paid_from,
                "text": text,
                "sort": sort,
                "limit": limit,
            },
        )

    def record_incident(self, body: models.RecordBody, *, idempotency_key: str | None = None) -> models.IncidentOut:
        """Keep an incident without deciding anything. The same reference again answers it as it stands: there is one."""
        answer: models.IncidentOut = self._call(
            "POST", "/incidents", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        return answer

    def get_incident(self, incident_id: str) -> models.IncidentDetail:
        """Answer one incident with its file: offers, follow-ups, and the latest hundred things that happened."""
        answer: models.IncidentDetail = self._call("GET", f"/incidents/{quote(str(incident_id), safe='')}")
        return answer

    def change_incident(
        self, incident_id: str, body: models.IncidentRequestChangeBody, *, if_match: str
    ) -> models.IncidentOut:
        """Say who answers for it and where it went wrong, correct what was told, or end it."""
        answer: models.IncidentOut = self._call(
            "PATCH", f"/incidents/{quote(str(incident_id), safe='')}", headers={"If-Match": if_match}, body=body
        )
        return answer

    def list_timeline(
        self,
        incident_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        type: models.EventType | None = None,
    ) -> models.TimelinePage:
        """Tell everything that happened to an incident, the latest first, with the words that go with it."""
        answer: models.TimelinePage = self._call(
            "GET",
            f"/incidents/{quote(str(incident_id), safe='')}/timeline",
            query={"limit": limit, "cursor": cursor, "type": type},
        )
        return answer

    def each_timeline(
        self, incident_id: str, *, limit: int | None = None, type: models.EventType | None = None
    ) -> Iterator[models.EventOut]:
        """Tell everything that happened to an incident, the latest first, with the words that go with it."""
        return self._each(f"/incidents/{quote(str(incident_id), safe='')}/timeline", {"limit": limit, "type": type})

    def decide_incident(
        self, incident_id: str, body: models.DecisionBody, *, idempotency_key: str | None = None
    ) -> models.OfferOut:
        """Decide on an incident that is open, with what is known and what is added now, as `POST /offers` does."""
        answer: models.OfferOut = self._call(
            "POST",
            f"/incidents/{quote(str(incident_id), safe='')}/decision",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def reopen_incident(
        self, incident_id: str, body: models.ReopenBody, *, idempotency_key: str | None = None
    ) -> models.IncidentOut:
        """Open an incident again that was not over. Nobody needs to be asked about it any more; decide on it anew."""
        answer: models.IncidentOut = self._call(
            "POST",
            f"/incidents/{quote(str(incident_id), safe='')}/reopen",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def list_letters(self, incident_id: str) -> models.LettersOut:
        """Answer every letter about an incident, drafts too, first to last."""
        answer: models.LettersOut = self._call("GET", f"/incidents/{quote(str(incident_id), safe='')}/letters")
        return answer

    def write_letter(
        self, incident_id: str, body: models.LetterBody, *, idempotency_key: str | None = None
    ) -> models.LetterWhole:
        """Write a letter about an incident, checked by the rules of its language."""
        answer: models.LetterWhole = self._call(
            "POST",
            f"/incidents/{quote(str(incident_id), safe='')}/letters",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def get_letterhead(self) -> models.LetterheadOut:
        """Answer what stands on letters."""
        answer: models.LetterheadOut = self._call("GET", "/letterhead")
        return answer

    def put_letterhead(self, body: models.LetterheadBody, *, if_match: str) -> models.LetterheadOut:
        """Say who writes, and say parts of letters in own words. A text that breaks a rule of letters is refused."""
        answer: models.LetterheadOut = self._call("PUT", "/letterhead", headers={"If-Match": if_match}, body=body)
        return answer

    def add_message(
        self, incident_id: str, body: models.MessageBody, *, idempotency_key: str | None = None
    ) -> models.MessageOut:
        """Keep a message between the customer and the shop."""
        answer: models.MessageOut = self._call(
            "POST",
            f"/incidents/{quote(str(incident_id), safe='')}/messages",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def add_evidence(
        self, incident_id: str, body: models.EvidenceBody, *, idempotency_key: str | None = None
    ) -> models.EvidenceOut:
        """Keep where a receipt, a picture or another proof is found."""
        answer: models.EvidenceOut = self._call(
            "POST",
            f"/incidents/{quote(str(incident_id), safe='')}/evidence",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def add_account(
        self, incident_id: str, body: models.AccountBody, *, idempotency_key: str | None = None
    ) -> models.AccountOut:
        """Write down what was done about it."""
        answer: models.AccountOut = self._call(
            "POST",
            f"/incidents/{quote(str(incident_id), safe='')}/account",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def list_follow_ups(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: models.FollowUpStatus | None = None,
        due_before: str | None = None,
        owner: str | None = None,
        customer: str | None = None,
        incident: str | None = None,
    ) -> models.FollowUpPage:
        """List follow-ups, what is due first at the top."""
        answer: models.FollowUpPage = self._call(
            "GET",
            "/follow-ups",
            query={
                "limit": limit,
                "cursor": cursor,
                "status": status,
                "due_before": due_before,
                "owner": owner,
                "customer": customer,
                "incident": incident,
            },
        )
        return answer

    def each_follow_up(
        self,
        *,
        limit: int | None = None,
        status: models.FollowUpStatus | None = None,
        due_before: str | None = None,
        owner: str | None = None,
        customer: str | None = None,
        incident: str | None = None,
    ) -> Iterator[models.FollowUpOut]:
        """List follow-ups, what is due first at the top."""
        return self._each(
            "/follow-ups",
            {
                "limit": limit,
                "status": status,
                "due_before": due_before,
                "owner": owner,
                "customer": customer,
                "incident": incident,
            },
        )

    def get_follow_up(self, follow_up_id: str) -> models.FollowUpOut:
        """Answer one follow-up."""
        answer: models.FollowUpOut = self._call("GET", f"/follow-ups/{quote(str(follow_up_id), safe='')}")
        return answer

    def complete_follow_up(
        self, follow_up_id: str, body: models.CompleteBody, *, idempotency_key: str | None = None
    ) -> models.FollowUpOut:
        """Say whether it is solved, be it before it was due. Unsolved opens the incident again."""
        answer: models.FollowUpOut = self._call(
            "POST",
            f"/follow-ups/{quote(str(follow_up_id), safe='')}/complete",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def list_policies(self, *, limit: int | None = None, cursor: str | None = None) -> models.PolicyPage:
        """List the versions, newest first."""
        answer: models.PolicyPage = self._call("GET", "/policies", query={"limit": limit, "cursor": cursor})
        return answer

    def each_policy(self, *, limit: int | None = None) -> Iterator[models.PolicyVersionOut]:
        """List the versions, newest first."""
        return self._each("/policies", {"limit": limit})

    def create_policy(
        self, body: models.PolicyBody, *, idempotency_key: str | None = None
    ) -> models.PolicyVersionWhole:
        """Keep a text as a new draft. A text that could not decide is refused, with every problem at its place."""
        answer: models.PolicyVersionWhole = self._call(
            "POST", "/policies", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        return answer

    def check_policy(self, body: models.PolicyBody) -> models.PolicyCheckOut:
        """Tell whether a text can be used, what is wrong and what is unwise in it. Nothing is kept."""
        answer: models.PolicyCheckOut = self._call("POST", "/policies/check", body=body)
        return answer

    def get_policy(self, version: int) -> models.PolicyVersionWhole:
        """Answer one version with its text."""
        answer: models.PolicyVersionWhole = self._call("GET", f"/policies/{quote(str(version), safe='')}")
        return answer

    def replace_policy(self, version: int, body: models.PolicyBody, *, if_match: str) -> models.PolicyVersionWhole:
        """Give a draft another text. What was activated never changes."""
        answer: models.PolicyVersionWhole = self._call(
            "PUT", f"/policies/{quote(str(version), safe='')}", headers={"If-Match": if_match}, body=body
        )
        return answer

    def activate_policy(
        self, version: int, body: models.ActivationBody, *, if_match: str, idempotency_key: str | None = None
    ) -> models.PolicyVersionWhole:
        """Let a draft decide, now or from a later moment on. Whoever wrote it needs a second person's key for this."""
        answer: models.PolicyVersionWhole = self._call(
            "POST",
            f"/policies/{quote(str(version), safe='')}/activate",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def diff_policies(self, before: int, after: int) -> models.PolicyDiffOut:
        """Tell what changed between two versions, in words, and what that does to the golden cases."""
        answer: models.PolicyDiffOut = self._call(
            "GET", f"/policies/{quote(str(before), safe='')}/diff/{quote(str(after), safe='')}"
        )
        return answer

    def list_webhook_endpoints(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.WebhookEndpointPage:
        """List the endpoints, newest first."""
        answer: models.WebhookEndpointPage = self._call(
            "GET", "/webhook-endpoints", query={"limit": limit, "cursor": cursor}
        )
        return answer

    def each_webhook_endpoint(self, *, limit: int | None = None) -> Iterator[models.WebhookEndpointOut]:
        """List the endpoints, newest first."""
        return self._each("/webhook-endpoints", {"limit": limit})

    def create_webhook_endpoint(
        self, body: models.EndpointBody, *, idempotency_key: str | None = None
    ) -> models.WebhookEndpointMade:
        """Register an address to be told what happens from this answer on. The answer holds the secret, this once."""
        answer: models.WebhookEndpointMade = self._call(
            "POST", "/webhook-endpoints", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        return answer

    def get_webhook_endpoint(self, endpoint_id: str) -> models.WebhookEndpointOut:
        """Answer one endpoint."""
        answer: models.WebhookEndpointOut = self._call("GET", f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}")
        return answer

    def change_webhook_endpoint(
        self, endpoint_id: str, body: models.EndpointPatch, *, if_match: str
    ) -> models.WebhookEndpointOut:
        """Change an endpoint, or switch it off and on."""
        answer: models.WebhookEndpointOut = self._call(
            "PATCH", f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}", headers={"If-Match": if_match}, body=body
        )
        return answer

    def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        """Remove an endpoint with its deliveries; what was not sent is not sent any more."""
        self._call("DELETE", f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}")

    def rotate_webhook_secret(
        self, endpoint_id: str, body: models.WebhookEndpointsRotationBody, *, if_match: str
    ) -> models.WebhookEndpointMade:
        """Make a new secret, shown in this answer only; the one before signs too for some hours."""
        answer: models.WebhookEndpointMade = self._call(
            "POST",
            f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}/rotate",
            headers={"If-Match": if_match},
            body=body,
        )
        return answer

    def enable_webhook_endpoint(self, endpoint_id: str, body: models.NothingMore) -> models.WebhookEndpointOut:
        """Send to an endpoint again that was given up or switched off, what was kept for it first."""
        answer: models.WebhookEndpointOut = self._call(
            "POST", f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}/enable", body=body
        )
        return answer

    def test_webhook_endpoint(
        self, endpoint_id: str, body: models.NothingMore, *, idempotency_key: str | None = None
    ) -> models.TestOut:
        """Send a test to an endpoint, whatever it wants; its deliveries show what became of it."""
        answer: models.TestOut = self._call(
            "POST",
            f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}/test",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def list_deliveries(
        self,
        endpoint_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: models.DeliveryStatus | None = None,
        type: Literal[
            "offer.created",
            "offer.approved",
            "offer.rejected",
            "offer.accepted",
            "offer.declined",
            "offer.countered",
            "offer.withdrawn",
            "offer.expired",
            "offer.kept",
            "offer.superseded",
            "offer.overridden",
            "offer.fulfilled",
            "remedy.fulfilled",
            "remedy.failed",
            "incident.recorded",
            "incident.changed",
            "incident.resolved",
            "incident.closed",
            "incident.reopened",
            "incident.escalated",
            "incident.erased",
            "message.added",
            "evidence.added",
            "account.added",
            "letter.written",
            "letter.sent",
            "letter.failed",
            "follow_up.planned",
            "follow_up.due",
            "follow_up.done",
            "follow_up.cancelled",
            "policy.activated",
            "budget.low",
            "webhook_endpoint.suspended",
            "webhook_endpoint.test",
        ]
        | None = None,
    ) -> models.DeliveryPage:
        """List what was sent to an endpoint or is to be, newest first. It is kept for 30 days."""
        answer: models.DeliveryPage = self._call(
            "GET",
            f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}/deliveries",
            query={"limit": limit, "cursor": cursor, "status": status, "type": type},
        )
        return answer

    def each_delivery(
        self,
        endpoint_id: str,
        *,
        limit: int | None = None,
        status: models.DeliveryStatus | None = None,
        type: Literal[
            "offer.created",
            "offer.approved",
            "offer.rejected",
            "offer.accepted",
            "offer.declined",
            "offer.countered",
            "offer.withdrawn",
            "offer.expired",
            "offer.kept",
            "offer.superseded",
            "offer.overridden",
            "offer.fulfilled",
            "remedy.fulfilled",
            "remedy.failed",
            "incident.recorded",
            "incident.changed",
            "incident.resolved",
            "incident.closed",
            "incident.reopened",
            "incident.escalated",
            "incident.erased",
            "message.added",
            "evidence.added",
            "account.added",
            "letter.written",
            "letter.sent",
            "letter.failed",
            "follow_up.planned",
            "follow_up.due",
            "follow_up.done",
            "follow_up.cancelled",
            "policy.activated",
            "budget.low",
            "webhook_endpoint.suspended",
            "webhook_endpoint.test",
        ]
        | None = None,
    ) -> Iterator[models.DeliveryLine]:
        """List what was sent to an endpoint or is to be, newest first. It is kept for 30 days."""
        return self._each(
            f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}/deliveries",
            {"limit": limit, "status": status, "type": type},
        )

    def get_delivery(self, endpoint_id: str, delivery_id: str) -> models.DeliveryWhole:
        """Answer one delivery with what is sent and what was answered."""
        answer: models.DeliveryWhole = self._call(
            "GET",
            f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}/deliveries/{quote(str(delivery_id), safe='')}",
        )
        return answer

    def replay_deliveries(self, endpoint_id: str, body: models.ReplayBody) -> models.ReplayOut:
        """Send again: one delivery whatever became of it, or all whose attempts failed. What waits already stays so."""
        answer: models.ReplayOut = self._call(
            "POST", f"/webhook-endpoints/{quote(str(endpoint_id), safe='')}/replay", body=body
        )
        return answer

    def list_inbound_sources(self, *, limit: int | None = None, cursor: str | None = None) -> models.InboundSourcePage:
        """List the sources, newest first."""
        answer: models.InboundSourcePage = self._call(
            "GET", "/inbound-sources", query={"limit": limit, "cursor": cursor}
        )
        return answer

    def each_inbound_source(self, *, limit: int | None = None) -> Iterator[models.InboundSourceOut]:
        """List the sources, newest first."""
        return self._each("/inbound-sources", {"limit": limit})

    def create_inbound_source(
        self, body: models.SourceBody, *, idempotency_key: str | None = None
    ) -> models.InboundSourceMade:
        """Let a system tell of trouble. The answer says where it sends to, and holds a secret that was made here."""
        answer: models.InboundSourceMade = self._call(
            "POST", "/inbound-sources", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        return answer

    def get_inbound_source(self, source_id: str) -> models.InboundSourceOut:
        """Answer one source."""
        answer: models.InboundSourceOut = self._call("GET", f"/inbound-sources/{quote(str(source_id), safe='')}")
        return answer

    def change_inbound_source(
        self, source_id: str, body: models.SourcePatch, *, if_match: str
    ) -> models.InboundSourceOut:
        """Change a source, such as its mapping. What failed before can then be replayed."""
        answer: models.InboundSourceOut = self._call(
            "PATCH", f"/inbound-sources/{quote(str(source_id), safe='')}", headers={"If-Match": if_match}, body=body
        )
        return answer

    def delete_inbound_source(self, source_id: str) -> None:
        """Remove a source with all that it told of. Incidents and offers stay."""
        self._call("DELETE", f"/inbound-sources/{quote(str(source_id), safe='')}")

    def rotate_inbound_secret(
        self, source_id: str, body: models.SecretBody, *, if_match: str
    ) -> models.InboundSourceMade:
        """Give a source another secret. The one before is good too for some hours."""
        answer: models.InboundSourceMade = self._call(
            "POST",
            f"/inbound-sources/{quote(str(source_id), safe='')}/rotate",
            headers={"If-Match": if_match},
            body=body,
        )
        return answer

    def list_inbound_events(
        self,
        source_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: models.InboundStatus | None = None,
    ) -> models.InboundEventPage:
        """List what a source told of, newest first; those that failed with their reasons."""
        answer: models.InboundEventPage = self._call(
            "GET",
            f"/inbound-sources/{quote(str(source_id), safe='')}/events",
            query={"limit": limit, "cursor": cursor, "status": status},
        )
        return answer

    def each_inbound_event(
        self, source_id: str, *, limit: int | None = None, status: models.InboundStatus | None = None
    ) -> Iterator[models.InboundEventOut]:
        """List what a source told of, newest first; those that failed with their reasons."""
        return self._each(
            f"/inbound-sources/{quote(str(source_id), safe='')}/events", {"limit": limit, "status": status}
        )

    def get_inbound_event(self, source_id: str, event_id: str) -> models.InboundEventWhole:
        """Answer one event with what was sent. That is kept for 30 days, and no longer than the customer's other data."""
        answer: models.InboundEventWhole = self._call(
            "GET", f"/inbound-sources/{quote(str(source_id), safe='')}/events/{quote(str(event_id), safe='')}"
        )
        return answer

    def replay_inbound_events(self, source_id: str, body: models.EventReplayBody) -> models.InboundReplayOut:
        """Handle again, by the mapping of today: one event that failed or was kept aside, or all that failed."""
        answer: models.InboundReplayOut = self._call(
            "POST", f"/inbound-sources/{quote(str(source_id), safe='')}/replay", body=body
        )
        return answer

    def send_signal(self, body: models.SignalBody) -> models.SignalOut:
        """Tell of trouble that was noticed; the policy says whether it is made good, before anybody complains."""
        answer: models.SignalOut = self._call("POST", "/signals", body=body)
        return answer

    def erase_customer(self, reference: str) -> models.ErasedOut:
        """Remove what identifies a customer from incidents, offers, letters and all that belongs to them, for ever."""
        answer: models.ErasedOut = self._call("POST", f"/customers/{quote(str(reference), safe='')}/erase")
        return answer

    def list_budgets(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        currency: str | None = None,
        category: str | None = None,
        at: str | None = None,
    ) -> models.BudgetPage:
        """List budgets with what is reserved, spent and left, newest first."""
        answer: models.BudgetPage = self._call(
            "GET",
            "/budgets",
            query={"limit": limit, "cursor": cursor, "currency": currency, "category": category, "at": at},
        )
        return answer

    def each_budget(
        self,
        *,
        limit: int | None = None,
        currency: str | None = None,
        category: str | None = None,
        at: str | None = None,
    ) -> Iterator[models.BudgetOut]:
        """List budgets with what is reserved, spent and left, newest first."""
        return self._each("/budgets", {"limit": limit, "currency": currency, "category": category, "at": at})

    def create_budget(self, body: models.BudgetBody, *, idempotency_key: str | None = None) -> models.BudgetOut:
        """Make a budget. Goodwill offered from now on asks it and every other budget that covers it; what is owed, none."""
        answer: models.BudgetOut = self._call(
            "POST", "/budgets", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        return answer

    def get_budget(self, budget_id: str) -> models.BudgetOut:
        """Answer one budget as it stands."""
        answer: models.BudgetOut = self._call("GET", f"/budgets/{quote(str(budget_id), safe='')}")
        return answer

    def change_budget(self, budget_id: str, body: models.BudgetsChangeBody, *, if_match: str) -> models.BudgetOut:
        """Change a budget's limit, name, end or threshold. A limit below what is reserved and spent is refused with 409."""
        answer: models.BudgetOut = self._call(
            "PATCH", f"/budgets/{quote(str(budget_id), safe='')}", headers={"If-Match": if_match}, body=body
        )
        return answer

    def list_api_keys(self, *, limit: int | None = None, cursor: str | None = None) -> models.KeyPage:
        """List keys, newest first, the expired and revoked ones too."""
        answer: models.KeyPage = self._call("GET", "/api-keys", query={"limit": limit, "cursor": cursor})
        return answer

    def each_api_key(self, *, limit: int | None = None) -> Iterator[models.KeyOut]:
        """List keys, newest first, the expired and revoked ones too."""
        return self._each("/api-keys", {"limit": limit})

    def create_api_key(self, body: models.KeyBody, *, idempotency_key: str | None = None) -> models.KeyMade:
        """Make a key. Its token is in this answer and nowhere else."""
        answer: models.KeyMade = self._call(
            "POST", "/api-keys", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        return answer

    def get_api_key(self, key_id: str) -> models.KeyOut:
        """Answer one key."""
        answer: models.KeyOut = self._call("GET", f"/api-keys/{quote(str(key_id), safe='')}")
        return answer

    def rotate_api_key(
        self, key_id: str, body: models.ApiKeysRotationBody, *, idempotency_key: str | None = None
    ) -> models.KeyMade:
        """Make a key of the same name, role and scopes; the old one stays valid until `overlap_until`, then expires."""
        answer: models.KeyMade = self._call(
            "POST",
            f"/api-keys/{quote(str(key_id), safe='')}/rotate",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        return answer

    def revoke_api_key(self, key_id: str, body: models.RevocationBody) -> models.KeyOut:
        """End a key for good: writes refuse it from now on, reads half a minute later at most. Twice is as good as once."""
        answer: models.KeyOut = self._call("POST", f"/api-keys/{quote(str(key_id), safe='')}/revoke", body=body)
        return answer
