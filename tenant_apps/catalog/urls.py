"""Console pages of the catalogue, below `/console/`."""

from django.urls import path, re_path

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
    path("catalog/imports/new/", sheets.ImportUploadPage.as_view(), name="import_upload"),
    path("catalog/imports/<int:job_id>/", sheets.ImportJobPage.as_view(), name="import_job"),
    path("catalog/imports/<int:job_id>/status/", sheets.ImportStatus.as_view(), name="import_status"),
    path("catalog/imports/<int:job_id>/errors.csv", sheets.ImportErrors.as_view(), name="import_errors"),
    path("catalog/exports/products.xlsx", sheets.ExportProducts.as_view(), name="export_products"),
    path("catalog/exports/pictures.zip", sheets.ExportPictures.as_view(), name="export_pictures"),
]
