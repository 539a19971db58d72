"""Tables of shipping."""

from tenant_apps.shipping.models.freight import FreightTemplate
from tenant_apps.shipping.models.job import ShippingJob
from tenant_apps.shipping.models.parcel import Parcel
from tenant_apps.shipping.models.settings import ShippingSettings
from tenant_apps.shipping.models.tracking import TrackingEvent

__all__ = ["FreightTemplate", "Parcel", "ShippingJob", "ShippingSettings", "TrackingEvent"]
