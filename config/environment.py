"""What the console is told from outside: typed, bounded, and refused with one sentence when it makes no sense.

A value is looked up in this order: the environment (`REDIS_URL`), a file named by the environment (`REDIS_URL_FILE`),
a file in the secrets folder (`/run/secrets/redis_url`, folder changed by `SECRETS_DIR`), the stores of a running
`make run` (`var/stores.json`), the default.
"""

import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import Any, Literal, Self, override
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from config import databases, mails, processes

BASE_DIR = Path(__file__).resolve().parent.parent
STORES = "stores.json"


class Environment(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    placet_var: Path = Field(BASE_DIR / "var", description="folder of everything the console writes")
    port: int = Field(8000, ge=1, le=65535, description="loopback port of the web process")
    web_processes: int = Field(1, ge=1, le=64, description="web processes that share the port, 110 MB each")
    public_url: str = Field("", description="origin for people and servers; issuer of receipts")
    demo: bool = Field(True, description="seed the demo and run its agent")
    second_admin: bool = Field(True, description="changes of the map need a second admin's confirmation")
    database_url: str = Field("", description="sqlite:///relative, sqlite:////absolute, or postgresql://…")
    redis_url: str = Field("", description="redis://, rediss:// or unix://; empty: none but the embedded one")
    broker_url: str = Field("", description="message broker for Celery and the intake queue; empty: the Redis one")
    require_second_factor: str = Field("", description="admins, everybody or nobody; empty: admins, in the demo nobody")
    oidc_issuer: str = Field("", description="single sign-on: the provider's issuer, where its discovery document is")
    oidc_client_id: str = Field("", description="what the provider calls this console")
    oidc_client_secret: str = Field("", description="what the provider gave this console; empty: PKCE alone")
    oidc_name: str = Field("single sign-on", max_length=40, description="what the button calls the provider")
    oidc_claim: Literal["email", "preferred_username"] = Field("email", description="claim that names the person")
    oidc_second_factor: bool = Field(False, description="the provider's sign-in counts as a second factor")
    mail_url: str = Field("", description="smtp://, smtp+tls:// or smtps://user:password@host:port; empty: no mail")
    mail_from: str = Field("", description="the address mails come from")
    chat_hosts: str = Field("", description="chat hosts in private networks that are allowed, comma separated")
    secret_key: str = Field("", min_length=0, description="empty: generated once into the var folder")
    migrate_database_url: str = Field("", description="the same database as its owner, who alone may change tables")
    signer: Literal["file", "pkcs11"] = Field("file", description="where new signing keys are made")
    pkcs11_module: str = Field("", description="shared library of a hardware module")
    pkcs11_token: str = Field("", description="label of the token in it")
    pkcs11_label: str = Field("placet", description="label of the first key; later ones get a number after it")
    pkcs11_pin: str = Field("", description="the token's user PIN; better in a file")
    witnesses: str = Field("", description="who co-signs heads: URL and verifier key, separated by commas")

    seal_keys: str = Field("", description="keys that payloads are sealed with, the current first; empty: in files")
    secret_rules_off: str = Field("", description="names of secret rules that are not applied, separated by commas")
    retain_days: int = Field(0, ge=0, le=3650, description="days after which what is decided is erased; 0: never")

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        return value and _checked_origin(value)

    @field_validator("secret_rules_off")
    @classmethod
    def _known_rules(cls, value: str) -> str:
        if value:
            from approvals.rules.secrets import RULES

            unknown = {each.strip() for each in value.split(",")} - RULES
            if unknown:
                raise ValueError(f"there is no secret rule named {sorted(unknown)[0]}; docs/secrets.md lists them")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value:
            databases.parse(value, base=BASE_DIR)
        return value

    @field_validator("migrate_database_url")
    @classmethod
    def _owner(cls, value: str) -> str:
        if value and databases.parse(value, base=BASE_DIR)["ENGINE"].endswith("sqlite3"):
            raise ValueError("must start with postgresql://; SQLite knows no roles")
        return value

    @field_validator("witnesses")
    @classmethod
    def _witnesses(cls, value: str) -> str:
        if value:
            from placet.tlog import cosigning

            cosigning.listed(value)
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("require_second_factor")
    @classmethod
    def _of_whom(cls, value: str) -> str:
        if value not in {"", "admins", "everybody", "nobody"}:
            raise ValueError("must be admins, everybody or nobody")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _provider(cls, value: str) -> str:
        url = urlsplit(value)
        if value and (url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment):
            raise ValueError("must look like https://login.example.org")
        if value and url.scheme == "http" and not is_loopback(url.hostname or ""):
            raise ValueError("must be https unless its host is this machine")
        return value

    @field_validator("mail_url")
    @classmethod
    def _mail(cls, value: str) -> str:
        if value:
            mails.parse(value)
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """What makes no sense alone."""
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID beside it")
        if self.mail_url and "@" not in self.mail_from:
            raise ValueError("MAIL_URL needs MAIL_FROM beside it, an address such as placet@example.org")
        return self

    @field_validator("broker_url")
    @classmethod
    def _broker(cls, value: str) -> str:
        if value:
            from kombu.transport import TRANSPORT_ALIASES

            if urlsplit(value).scheme.partition("+")[0] not in TRANSPORT_ALIASES:
                raise ValueError("must be a URL of a known broker, such as amqp://host// or sqs://")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < 50:
            raise ValueError("must have at least 50 characters")
        return value

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        folder = os.environ.get("SECRETS_DIR") or "/run/secrets"
        secrets = [SecretsSettingsSource(settings_cls, folder)] if Path(folder).is_dir() else []
        return (init_settings, env_settings, _NamedFiles(settings_cls), *secrets, _RunningStores(settings_cls))

    @property
    def second_factor(self) -> str:
        return self.require_second_factor or ("nobody" if self.demo else "admins")

    @property
    def issuer(self) -> str:
        return self.public_url or f"http://127.0.0.1:{self.port}"


class _NamedFiles(PydanticBaseSettingsSource):
    """`DATABASE_URL_FILE=/path` stands for the content of that file, so that secrets stay out of the environment."""

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        named = os.environ.get(f"{field_name.upper()}_FILE")
        return (Path(named).read_text().strip() if named else None), field_name, False

    @override
    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class _RunningStores(PydanticBaseSettingsSource):
    """A command beside a running `make run` uses that run's stores and issuer."""

    FIELDS = ("database_url", "redis_url", "broker_url", "public_url", "port")

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    @override
    def __call__(self) -> dict[str, Any]:
        var = Path(self.current_state.get("placet_var") or BASE_DIR / "var")
        try:
            stores = json.loads((var / STORES).read_text())
        except (OSError, ValueError):
            return {}
        if processes.started(stores["pid"]) != stores["started"]:
            return {}  # left by a run that was killed
        return {name: stores[name] for name in self.FIELDS if stores.get(name)}


def _checked_origin(value: str) -> str:
    url = urlsplit(value.rstrip("/"))
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError("must look like https://console.example.org")
    if url.path or url.query or url.fragment or url.username:
        raise ValueError("must be an origin: scheme, host and port, nothing after it")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise ValueError("must be https unless its host is this machine")
    if (written := _as_browsers_write(value)) != value.rstrip("/"):  # else its passkeys are not its own
        raise ValueError(f"must be written as browsers write it: {written}")
    return value.rstrip("/")


def _as_browsers_write(value: str) -> str:
    """In small letters, in ASCII, without the port that goes without saying (WHATWG URL)."""
    import ada_url

    try:
        return ada_url.URL(value).origin
    except ValueError:
        return "https://console.example.org"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read() -> Environment:
    """The checked environment; a bad value ends the process with one sentence and exit code 2."""
    try:
        return Environment()
    except ValidationError as refused:
        complaints = "; ".join(_complaint(error) for error in refused.errors(include_input=False, include_url=False))
        sys.exit(stop(f"Placet does not start: {complaints}."))
    except OSError as error:
        sys.exit(stop(f"Placet does not start: {error.filename} cannot be read: {error.strerror}."))


def stop(sentence: str) -> int:
    """Says why the start ends here; returns the exit code for it. Values are not repeated: they may be secrets."""
    sys.stderr.write(f"{sentence}\n")
    return 2


def _complaint(error: Any) -> str:
    if not error["loc"]:
        return str(error["msg"].removeprefix("Value error, "))
    name = str(error["loc"][0]).upper()
    return f"{name} {error['msg'].removeprefix('Value error, ').removeprefix('Input ')}"
