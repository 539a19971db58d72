"""Console pages of the catalogue, below `/console/`."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from tenant_apps.catalog.views import pictures, sheets, variants

app_name = "catalog"

urlpatterns = [
    re_path(
        r"^catalog/pictures/(?P<image_id>[0-9]{1,18})/(?P<size>content|thumbnail)/$",
        pictures.PictureFile.as_view(),
        name="picture_file",
    ),
    path("catalog/products/<int:product_id>/pictures/", pictures.ProductPictures.as_view(), name="pictures"),
    path("catalog/products/<int:product_id>/variants/", variants.ProductVariants.as_view(), name="variants"),
    path("catalog/imports/new/", RedirectView.as_view(url="/console/imports/new/products/"), name="import_upload"),
    path("catalog/exports/products.xlsx", sheets.ExportProducts.as_view(), name="export_products"),
    path("catalog/exports/pictures.zip", sheets.ExportPictures.as_view(), name="export_pictures"),
]
