"""Sign-in, passwords, cookies and browser security."""

from config import env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "shared_apps.accounts.services.backend.AccountsBackend",
]
PASSWORD_HASHERS = [
    "config.security.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"
PASSWORD_RESET_TIMEOUT = 3_600
# Banyan's own staff set a second step up before they see anything; production asks for it unless told otherwise.
PLATFORM_TOTP_REQUIRED = env.flag("PLATFORM_TOTP_REQUIRED")

# Locked by the pair of name and address, so that a stranger cannot lock an owner out everywhere.
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "config.security.refuse_locked_out"
AXES_USERNAME_CALLABLE = "config.security.sign_in_name"
AXES_CLIENT_IP_CALLABLE = "config.security.network_address"
AXES_USERNAME_FORM_FIELD = "username"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 86_400
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # bytes of a JSON body; files go to disk and have their own limit
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
IMPORT_MAX_BYTES = env.number("IMPORT_MAX_BYTES", 104_857_600)
# Uploads hold customers' data: they and the lists of refused rows are deleted so many days after the last step.
IMPORT_RETENTION_DAYS = env.number("IMPORT_RETENTION_DAYS", 30)
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)  # how many of ours stand in front and write X-Forwarded-For
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 600)
IDEMPOTENCY_GUARD = "config.authentication.ensure_recognised"  # asked before an answer is replayed
SIGNUPS_PER_HOUR_PER_IP = env.number("SIGNUPS_PER_HOUR_PER_IP", 20)
