"""JSON log lines with brand, request id and user; plain ones on one's own machine when LOG_FORMAT=plain."""

from config import env

LOG_FORMAT = env.text("LOG_FORMAT", "json")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "context": {"()": "kernel.privacy.logs.ContextFilter"},
        "redact": {"()": "kernel.privacy.logs.RedactingFilter"},
    },
    "formatters": {
        "json": {"()": "kernel.privacy.logs.JsonFormatter"},
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s [%(brand)s %(request_id)s] %(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["context", "redact"]}
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "celery": {"handlers": [], "level": "WARNING", "propagate": True},
        "stripe": {"handlers": [], "level": "WARNING", "propagate": True},  # it tells of each request and answer
        "axes": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
