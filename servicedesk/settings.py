"""The desk's settings: frozen, validated, from TOML and the environment; a wrong value stops the start by name."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError, model_validator

from servicedesk.settings_house import Manual, Statements, Theme
from servicedesk.settings_house import Part as _Part
from servicedesk.settings_notices import Push, Webhook
from servicedesk.settings_retention import Retention

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "SERVICEDESK_"


class SettingsError(Exception):
    """The settings cannot be used; the message lists every wrong value with its place and the reason."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as 'Europe/Rome'") from error
    return name


def _plain_base(address: str) -> str:
    if not address.startswith(("http://", "https://")):
        raise ValueError("must start with https:// (http:// only in demo and test)")
    return address.rstrip("/")


Zone = Annotated[str, AfterValidator(_known_zone)]
BaseAddress = Annotated[str, AfterValidator(_plain_base)]


class Site(_Part):
    """Names shown in the header and in mails, and the address from which every link is built."""

    owner: str
    name: str
    base_url: BaseAddress
    zone: Zone = "Europe/Rome"
    locale: Literal["it", "en"] = "it"
    external_service: str
    """UUID of the service to which 'I cannot sign in' leads."""


class Database(_Part):
    """Where the data lives: an SQLAlchemy address, `sqlite:///file` or `postgresql://...`."""

    url: str
    pool_size: int = Field(default=5, ge=1, le=100)


class Storage(_Part):
    """Where attachments are kept, how large they may be, and how long what nobody has sent."""

    folder: Path
    max_file_mb: int = Field(default=25, ge=1, le=1000)
    max_files: int = Field(default=10, ge=1, le=100)
    draft_days: int = Field(default=30, ge=1, le=365)
    """How long a request that was begun and not sent is kept, with its files."""


class Mail(_Part):
    """The SMTP server that takes the desk's mails; `timeout` in seconds."""

    host: str
    port: int = Field(ge=1, le=65535)
    sender: str
    username: str = ""
    password: str = ""
    security: Literal["none", "starttls", "tls"] = "starttls"
    timeout: int = Field(default=20, ge=1, le=120)


class Sessions(_Part):
    """Sign-in sessions: how long they live at most, and without use."""

    cookie: str = "servicedesk_session"
    hours: int = Field(default=12, ge=1, le=72)
    idle_hours: int = Field(default=3, ge=1, le=72)


class FederatedRole(_Part):
    """Whoever signs in with this value of an attribute (by its logical name in the profile) has this role."""

    attribute: str
    value: str
    role: Literal["technician", "supervisor", "administrator"]
    group: str = ""
    service: str = ""
    """For administrators: the id of a service, or `*` for every service."""

    @model_validator(mode="after")
    def _in_its_place(self) -> "FederatedRole":
        wanted, other = (self.service, self.group) if self.role == "administrator" else (self.group, self.service)
        if not wanted or other:
            raise ValueError("an administrator needs a service and no group, the others a group and no service")
        return self


class Source(_Part):
    """Where a profile's identity providers come from: a metadata file, or an address read again by a job."""

    path: Path | None = None
    url: str = ""
    certificate: Path | None = None
    """The federation's certificate, which must have signed what `url` gives (or the file, when it is stated)."""
    format: Literal["xml", "json"] = "xml"
    """`json` is the form in which the SPID registry lists its providers."""
    hours: int = Field(default=6, ge=1, le=168)
    """How often the address is read again."""

    @model_validator(mode="after")
    def _one_place(self) -> "Source":
        if bool(self.path) == bool(self.url):
            raise ValueError("give either path or url")
        if self.url and not self.url.startswith("https://") and not self.url.startswith("http://127.0.0.1"):
            raise ValueError("url must start with https://")
        if self.url and self.format == "xml" and self.certificate is None:
            raise ValueError("certificate is needed: metadata from an address counts only when it is signed")
        return self


class SamlProfile(_Part):
    """One federation this desk takes part in: its profile file and where its identity providers come from."""

    file: Path
    sources: tuple[Source, ...] = Field(min_length=1)


class Saml(_Part):
    """The federations this desk takes part in, the default one first, and the roles that attributes give."""

    profiles: tuple[SamlProfile, ...] = Field(min_length=1)
    roles: tuple[FederatedRole, ...] = ()


class Accounts(_Part):
    """Accounts of the desk's own, for people without any identity provider (A5), and who may use the desk at all."""

    registration: bool = True
    """Whether external people may register; accounts that exist keep working."""
    minimum_age: int = Field(default=14, ge=0, le=18)
    """Younger people are not signed in where their provider states a date of birth (GDPR article 8)."""
    privacy_url: str = Field(default="", pattern="^(https://.*)?$")
    """The privacy notice; where it is given, whoever registers says that they have read it."""
    link_hours: int = Field(default=24, ge=1, le=168)
    """How long a mailed link for a new address or a forgotten password works."""


class Records(_Part):
    """The log of sign-ins that SPID and CIE demand, and who is told when something needs an operator."""

    log_key: str = ""
    """At least 32 characters; encrypts the sign-in log. Needed as soon as a profile keeps one."""
    months: int = Field(default=24, ge=24, le=120)
    operators: tuple[str, ...] = ()
    """Addresses that are mailed when an alarm is raised."""

    @model_validator(mode="after")
    def _long_enough(self) -> "Records":
        if self.log_key and len(self.log_key) < 32:
            raise ValueError("log_key must have at least 32 characters")
        return self


class Privacy(_Part):
    """How a technician is named everywhere: page, timeline, mail, PDF and API alike; how long it is known who read."""

    technician_name: Literal["code", "display"] = "code"
    reading_log_months: int = Field(default=12, ge=1, le=120)
    """For how many months one can look up who of the staff opened which request."""


class Web(_Part):
    """How many proxies stand in front, and how often one address may try what can be guessed."""

    proxies: int = Field(default=0, ge=0, le=5)
    guesses: str = "10 per minute; 60 per hour"
    submissions: str = "20 per hour"
    messages: str = "60 per hour"
    """What one requester may write on tickets; staff have no limit."""
    ipv4_prefix: int = Field(default=32, ge=16, le=32)
    """How much of an IPv4 address makes one place for these limits; 24 counts a whole network together."""
    proof_bits: int = Field(default=15, ge=1, le=24)
    """How much a browser works before a request without an account is filed at once; each bit doubles it."""
    fastest_form: int = Field(default=4, ge=0, le=60)
    """Seconds that a person needs at least for such a request."""
    sign_ins: str = "300 per minute; 6000 per hour"
    """Sign-ins begun, answered and ended from one address; a whole campus may share it."""
    upload_mb_per_day: int = Field(default=1000, ge=1)
    """Megabytes of attachments one person, or one place without an account, may send in a day."""
    metrics_token: str = ""
    """What monitoring shows as bearer token to read /metrics; without one only this very machine may."""


class Workbench(_Part):
    """How technicians work."""

    undo_seconds: int = Field(default=10, ge=0, le=60)
    """How long what is sent to a requester can be taken back; 0 sends at once."""
    burst_requests: int = Field(default=10, ge=2, le=1000)
    """So many requests of one category within the hours below, and more than twice the usual, suggest one cause."""
    burst_hours: int = Field(default=4, ge=1, le=168)


class Demo(_Part):
    """Addresses of the demo's own mail sink and identity provider; only read where mode is 'demo'."""

    mailbox: Path = Path("instance/demo/mailbox")
    """The folder in which the sink keeps every mail."""
    host: str = "127.0.0.1"
    port: int = 8000
    provider_host: str = "localhost"
    provider_port: int = 8001
    spid_port: int = 8002
    smtp_port: int = 8025


class Settings(_Part):
    """Everything the desk is told from outside."""

    mode: Literal["production", "demo", "test"]
    secret_key: str = Field(min_length=32)
    identity_key: str = Field(min_length=32)
    catalogue: Path
    site: Site
    database: Database
    storage: Storage
    mail: Mail
    sessions: Sessions = Sessions()
    saml: Saml
    accounts: Accounts = Accounts()
    records: Records = Records()
    privacy: Privacy = Privacy()
    retention: Retention
    web: Web = Web()
    workbench: Workbench = Workbench()
    push: Push = Push()
    webhook: Webhook = Webhook()
    theme: Theme = Theme()
    statements: Statements = Statements()
    manuals: tuple[Manual, ...] = ()
    demo: Demo = Demo()

    @model_validator(mode="after")
    def _real_world(self) -> "Settings":
        if self.mode == "production" and self.webhook.url.startswith("http://"):
            raise ValueError("webhook.url must start with https:// in production")
        if self.mode == "production" and not self.site.base_url.startswith("https://"):
            raise ValueError("site.base_url must start with https:// in production: the sign-in cookies demand it")
        if self.mode == "production" and self.secret_key == self.identity_key:
            raise ValueError("secret_key and identity_key must differ: one signs, the other hides fiscal codes")
        if self.mode == "production" and "demo" in (self.secret_key + self.identity_key + self.records.log_key):
            raise ValueError("secret_key, identity_key or records.log_key are those of the demo: make new ones")
        if self.mode == "production" and (missing := ", ".join(self.statements.unfinished())):
            raise ValueError(f"people read these on /accessibility and /privacy; complete them first: {missing}")
        return self

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry `Secure`; only demo and test may run over plain http."""
        return self.site.base_url.startswith("https://")


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings from `config/default.toml`, the file at `path` and the environment, later ones winning.

    `path` defaults to the file named by SERVICEDESK_CONFIG. `SERVICEDESK_DATABASE__URL` sets `database.url`, and so on.
    Relative paths count from the project folder. Raises SettingsError, naming every wrong or missing value.
    """
    environ = os.environ if environ is None else environ
    named = path or (Path(environ["SERVICEDESK_CONFIG"]) if environ.get("SERVICEDESK_CONFIG") else None)
    data = _read(ROOT / "config" / "default.toml")
    if named is not None:
        data = _merged(data, _read(named if named.is_absolute() else ROOT / named))
    data = _merged(data, _from_environment(environ))
    try:
        return _anchored(Settings.model_validate(data))
    except ValidationError as error:
        raise SettingsError(_explained(error, named)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: there is no such settings file; name another in SERVICEDESK_CONFIG") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error


def _merged(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return result


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name in {"SERVICEDESK_CONFIG"} or name.startswith("SERVICEDESK_TEST_"):
            continue
        keys = name.removeprefix(PREFIX).lower().split("__")
        place = data
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return data


def _anchored(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "catalogue": _full(settings.catalogue),
            "storage": settings.storage.model_copy(update={"folder": _full(settings.storage.folder)}),
            "theme": settings.theme.model_copy(update={"logo": settings.theme.logo and _full(settings.theme.logo)}),
            "demo": settings.demo.model_copy(update={"mailbox": _full(settings.demo.mailbox)}),
            "database": settings.database.model_copy(update={"url": _anchored_url(settings.database.url)}),
            "saml": settings.saml.model_copy(
                update={"profiles": tuple(map(_anchored_profile, settings.saml.profiles))}
            ),
        }
    )


def _full(path: Path) -> Path:
    return path if path.is_absolute() else ROOT / path


def _anchored_profile(profile: SamlProfile) -> SamlProfile:
    sources = tuple(
        source.model_copy(
            update={
                name: _full(path) for name in ("path", "certificate") if (path := getattr(source, name)) is not None
            }
        )
        for source in profile.sources
    )
    return profile.model_copy(update={"file": _full(profile.file), "sources": sources})


def _anchored_url(url: str) -> str:
    start = "sqlite:///"
    if url.startswith(start) and not url.startswith((start + "/", start + ":")):
        return start + str(ROOT / url.removeprefix(start))
    return url


def _explained(error: ValidationError, path: Path | None) -> str:
    lines = [f"The settings cannot be used ({path or 'config/default.toml'} and the environment):"]
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"]) or "settings"
        lines.append(f"  {place}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
