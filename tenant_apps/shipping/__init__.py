"""Shipping: addresses, freight, carriers, parcels, waybills. It knows parcels and a `source`, never orders."""
