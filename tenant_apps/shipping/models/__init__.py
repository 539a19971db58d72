"""Tables of shipping."""

from tenant_apps.shipping.models.job import ShippingJob
from tenant_apps.shipping.models.parcel import Parcel
from tenant_apps.shipping.models.settings import ShippingSettings
from tenant_apps.shipping.models.tracking import TrackingEvent

__all__ = ["Parcel", "ShippingJob", "ShippingSettings", "TrackingEvent"]
