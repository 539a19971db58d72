"""Settings of every environment. One file per integration stands in `parts/`."""

from pathlib import Path

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from config import env
from config.settings.parts.bank_transfer import *  # noqa: F403
from config.settings.parts.celery import *  # noqa: F403
from config.settings.parts.couriers import KDNIAO_API_BASE as KDNIAO_API_BASE
from config.settings.parts.csp import *  # noqa: F403
from config.settings.parts.database import *  # noqa: F403
from config.settings.parts.logging import *  # noqa: F403
from config.settings.parts.redis import *  # noqa: F403
from config.settings.parts.security import *  # noqa: F403
from config.settings.parts.sentry import *  # noqa: F403
from config.settings.parts.stripe import *  # noqa: F403
from config.settings.parts.unfold import *  # noqa: F403

django_stubs_ext.monkeypatch()

DEBUG = False
WSGI_APPLICATION = "config.wsgi.application"
# Brands have domains of their own: which hosts are known stands in the database, and BrandMiddleware refuses others.
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "*")

_EVERYWHERE = [
    "kernel",
    "shared_apps.entitlements",
    "shared_apps.accounts",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.admin",
]
SHARED_APPS = [
    "django_tenants",
    "config",
    "console",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    *_EVERYWHERE,
    "shared_apps.tenants",
    "shared_apps.billing",
    "shared_apps.support",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "ninja",
]
TENANT_APPS = [
    *_EVERYWHERE,
    "tenant_apps.imports",
    "tenant_apps.catalog",
    "tenant_apps.agents",
    "tenant_apps.customers",
    "tenant_apps.finance",
    "tenant_apps.shipping",
    "tenant_apps.ranks",
    "tenant_apps.attribution",
    "tenant_apps.recruiting",
    "tenant_apps.pricing",
    "tenant_apps.inventory",
    "tenant_apps.orders",
    "tenant_apps.commissions",
    "tenant_apps.invoicing",
    "tenant_apps.insights",
]
INSTALLED_APPS = [*SHARED_APPS, *[app for app in TENANT_APPS if app not in SHARED_APPS]]

MIDDLEWARE = [
    "kernel.http.middleware.RequestContextMiddleware",
    "kernel.http.middleware.PageCompressionMiddleware",
    "kernel.http.middleware.SecurityHeadersMiddleware",
    "kernel.http.middleware.NulByteMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.support_middleware.RefusedSessionMiddleware",
    "config.brand_middleware.BrandMiddleware",
    "config.page_middleware.PageContentSecurity",
    "config.page_middleware.PageSession",
    "django.middleware.locale.LocaleMiddleware",
    "kernel.http.middleware.ApiProblemsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.page_middleware.PageAuthentication",
    "config.support_middleware.SupportSessionMiddleware",
    "config.authentication.ActorMiddleware",
    "config.brand_middleware.OwnersOnlyMiddleware",
    "config.authentication.AgentsOutsideMiddleware",
    "config.authentication.StaffSecondStepMiddleware",
    "config.page_middleware.PageMessages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kernel.http.middleware.RateLimitMiddleware",
    "kernel.http.middleware.IdempotencyMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.referral_middleware.ReferralMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [env.ROOT / "platform" / "config" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(env.LOCAL / "static"))
MEDIA_ROOT = env.text("MEDIA_ROOT", str(env.LOCAL / "media"))
# Archives of brands: beside the uploads, never below them. An archived brand's schema is kept for so many days more.
ARCHIVE_ROOT = env.text("ARCHIVE_ROOT", str(Path(MEDIA_ROOT).parent / "archives"))
ARCHIVE_RETENTION_DAYS = env.number("ARCHIVE_RETENTION_DAYS", 30)
EXPORT_RETENTION_DAYS = env.number("EXPORT_RETENTION_DAYS", 7)
# Who is asked about brands' own domains: `address` or `address:port`, with commas. Empty: the machine's resolvers.
DNS_RESOLVERS = env.words("DNS_RESOLVERS")
STORAGES = {
    "default": {"BACKEND": "kernel.files.storage.BrandStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Where the platform is reached: letters and tasks, which no request brings its address, make links from it.
PUBLIC_URL = env.text("PUBLIC_URL", f"http://{env.text('BASE_DOMAIN', 'localhost')}:{env.text('PORT', '8000')}")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Banyan 榕易 <no-reply@localhost>")
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
