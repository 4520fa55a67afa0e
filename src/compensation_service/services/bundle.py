"""All use cases of one process, as the doors receive them."""

from dataclasses import dataclass

from compensation_service.domain.ids import Clock
from compensation_service.services.budgets import BudgetService
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.customer_page import CustomerPageService
from compensation_service.services.deliveries import DeliveryService
from compensation_service.services.erasure import ErasureService
from compensation_service.services.follow_ups import FollowUpService
from compensation_service.services.inbound_receipt import InboundReceiptService
from compensation_service.services.inbound_sources import InboundSourceService
from compensation_service.services.incident_export import IncidentExport
from compensation_service.services.incident_file import IncidentFileService
from compensation_service.services.incidents import IncidentService
from compensation_service.services.keys import KeyService
from compensation_service.services.letterheads import LetterheadService
from compensation_service.services.letters import LetterService
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.offers import OfferService
from compensation_service.services.policies import PolicyService
from compensation_service.services.replacements import ReplacementService
from compensation_service.services.signals import SignalService
from compensation_service.services.webhook_endpoints import WebhookEndpointService
from compensation_service.store.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, the store under them (for health checks) and the clock they read."""

    offers: OfferService
    moves: OfferMoveService
    replacements: ReplacementService
    incidents: IncidentService
    file: IncidentFileService
    incident_export: IncidentExport
    follow_ups: FollowUpService
    letters: LetterService
    letterheads: LetterheadService
    pages: CustomerPageService
    links: CustomerLinks
    keys: KeyService
    policies: PolicyService
    budgets: BudgetService
    erasure: ErasureService
    webhook_endpoints: WebhookEndpointService
    deliveries: DeliveryService
    signals: SignalService
    inbound_sources: InboundSourceService
    inbound_receipts: InboundReceiptService
    store: Store
    clock: Clock
