"""Django's settings. What may differ between two installations comes from `config.environment`; the rest is fixed."""

import atexit
import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP

from config import databases, environment, logs, mails

BASE_DIR = environment.BASE_DIR
ENV = environment.read()


def _prepared(folder: Path) -> Path:
    """Exists before any check runs: the checks of JSON columns already open the database."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(environment.stop(f"Placet does not start: {folder} cannot be made: {error.strerror}."))
    return folder


def _generated_key(file: Path) -> str:
    """The key in `file`, made at the first start. Linked into place, so that two first starts agree on one key."""
    if not file.exists():
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(secrets.token_urlsafe(64))
            try:
                os.link(fresh, file)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        except OSError as error:
            sys.exit(environment.stop(f"Placet does not start: {file.parent} is not writable: {error.strerror}."))
    if (mode := file.stat().st_mode) & 0o077:
        told = f"others of this machine may read {file} ({mode & 0o777:04o}): chmod 600"
        sys.exit(environment.stop(f"Placet does not start: {told}."))
    return file.read_text().strip()


# ── Where things are ──────────────────────────────────────────────────────────────────────────────────────────────
VAR_DIR = _prepared(ENV.placet_var.resolve())
KEYS_DIR = VAR_DIR / "keys"
STORES_FILE = VAR_DIR / environment.STORES
SEAL_KEYS = ENV.seal_keys
RETAIN_DAYS = ENV.retain_days
SECRET_RULES_OFF = frozenset(filter(None, (name.strip() for name in ENV.secret_rules_off.split(","))))
PUBLIC_URL = ENV.issuer
REDIS_URL = ENV.redis_url or None
BROKER_URL = ENV.broker_url or None
DEMO = ENV.demo
SECOND_ADMIN = ENV.second_admin
SIGNER, PKCS11_PIN = ENV.signer, ENV.pkcs11_pin
PKCS11_MODULE, PKCS11_TOKEN, PKCS11_LABEL = ENV.pkcs11_module, ENV.pkcs11_token, ENV.pkcs11_label
WITNESSES = ENV.witnesses
REQUIRE_SECOND_FACTOR = ENV.second_factor

SECRET_KEY = ENV.secret_key or _generated_key(VAR_DIR / "secret_key")
DEBUG = False

# ── Who may talk to us ────────────────────────────────────────────────────────────────────────────────────────────
_public = urlsplit(PUBLIC_URL)
_encrypted = _public.scheme == "https"
ALLOWED_HOSTS = sorted({_public.hostname or "", "127.0.0.1", "localhost", "[::1]"} - {""})
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_SSL_REDIRECT = _encrypted
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked from this machine, not through the proxy
SECURE_HSTS_SECONDS = 31_536_000 if _encrypted else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _encrypted
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _encrypted
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "placet_session"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "placet_csrf"
CSRF_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# ── What it is made of ────────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "config.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "guardian",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"] if ENV.oidc_issuer else []),
    "accounts",
    "approvals",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "config.text.only_utf8",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.tongues.Tongue",
    "accounts.entrance.Entrance",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "approvals.views.erasing.Unread",
    "accounts.doorway.Doorway",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ── Stores ────────────────────────────────────────────────────────────────────────────────────────────────────────
# The console lives with fewer rights than the owner of its tables, who only migrates (docs/operators.md).
_owner = ENV.migrate_database_url and sys.argv[1:2] and sys.argv[1] in databases.OWNERS_COMMANDS
_database_url = ENV.migrate_database_url if _owner else ENV.database_url
DATABASES = {
    "default": databases.parse(_database_url, base=BASE_DIR)
    if _database_url
    else databases.sqlite(VAR_DIR / "placet.sqlite3")
}
atexit.register(databases.close_pools)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Sign-in limits count here. In the database, because a lost Redis must neither lock people out nor lift the limits.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "placet_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
# Without MAIL_URL whoever tries to send fails loudly, instead of finding some mail host by accident.
MAILERS = {"default": mails.parse(ENV.mail_url)} if ENV.mail_url else {}
MAIL_FROM = ENV.mail_from
CHAT_HOSTS = ENV.chat_hosts
SILENCED_SYSTEM_CHECKS = ["mail.W001"]

# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.reading.Backend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Memory-hard, and in the standard library.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "account": "30/m/user",
    "invitation": "20/m/ip",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "accounts.adapter.SecondFactors"
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "login_webauthn": "accounts.signing_in.SignIn",
    "authenticate_webauthn": "accounts.signing_in.SecondFactor",
    "reauthenticate_webauthn": "accounts.signing_in.Confirmation",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address is an admin's note of where somebody is reached; nobody proves one here
ANONYMOUS_USER_NAME = None

# ── Single sign-on: nothing of it is loaded unless somebody asked for it ─────────────────────────────────────────────
OIDC_ISSUER, OIDC_NAME = ENV.oidc_issuer, ENV.oidc_name
OIDC_CLAIM, OIDC_SECOND_FACTOR = ENV.oidc_claim, bool(ENV.oidc_issuer) and ENV.oidc_second_factor
if OIDC_ISSUER:
    SOCIALACCOUNT_ADAPTER = "accounts.single_sign_on.Adapter"
    SOCIALACCOUNT_LOGIN_ON_GET = True
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "provider",
                    "name": OIDC_NAME,
                    "client_id": ENV.oidc_client_id,
                    "secret": ENV.oidc_client_secret,
                    "settings": {"server_url": OIDC_ISSUER.rstrip("/")},
                }
            ],
        }
    }

# ── Words, times, files ───────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"  # what servers, logs, the ledger and exports read, whatever pages say
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
LOGGING = logs.configuration()
