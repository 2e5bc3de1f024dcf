"""Assembles the application: settings, database, languages, access, pages, errors. Starts no thread."""

from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from servicedesk import cli
from servicedesk import settings as desk_settings
from servicedesk.gateways.storage import Storage
from servicedesk.settings import ROOT, Settings
from servicedesk.web import (
    access,
    approval_moves,
    change_moves,
    context,
    db,
    drafting,
    errors,
    inputs,
    language,
    limits,
    moves,
    on_behalf,
    problem_moves,
    reading_log,
    recurring,
    standard_moves,
    uploads,
)
from servicedesk.web.admin import announcements as announcement_desk
from servicedesk.web.admin import (
    audit,
    automation,
    calendars,
    change_rules,
    counters,
    level_edits,
    level_versions,
    retention,
)
from servicedesk.web.admin import catalogue_groups as catalogue_desk
from servicedesk.web.admin import federation as federation_pages
from servicedesk.web.admin import levels as service_levels
from servicedesk.web.admin import own_data as person_data
from servicedesk.web.admin import people as people_desk
from servicedesk.web.admin import privacy as removal
from servicedesk.web.admin import reading_log as reading_log_desk
from servicedesk.web.admin import sign_ins as admin
from servicedesk.web.admin import text_pages as house_pages
from servicedesk.web.admin import texts as house_texts
from servicedesk.web.admin import theme as theme_desk
from servicedesk.web.answers import editing as answer_desk
from servicedesk.web.answers import views as answers
from servicedesk.web.appointments import agenda, feeds
from servicedesk.web.appointments import waiting as appointments
from servicedesk.web.auth import accounts, pages, sessions
from servicedesk.web.auth import views as auth
from servicedesk.web.demo import views as demo
from servicedesk.web.external import views as external
from servicedesk.web.health import metrics as health
from servicedesk.web.house import theme
from servicedesk.web.house import views as house
from servicedesk.web.portal import (
    announcements,
    bell,
    devices,
    drafts,
    editing,
    feedback,
    following,
    own_data,
    preferences,
    printing,
    public,
)
from servicedesk.web.portal import views as portal
from servicedesk.web.search import suggesting
from servicedesk.web.search import views as search
from servicedesk.web.workbench import (
    absences,
    arranging,
    arrivals,
    bulk,
    figures,
    matters,
    merging,
    presence,
    readings,
    splitting,
    standard_contacts,
    taking,
    together,
)
from servicedesk.web.workbench import standard_answers as standard_desk
from servicedesk.web.workbench import views as workbench

csrf = CSRFProtect()
BLUEPRINTS = (
    pages.bp,
    accounts.bp,
    portal.bp,
    announcements.bp,
    preferences.bp,
    own_data.bp,
    bell.bp,
    devices.bp,
    following.bp,
    public.bp,
    editing.bp,
    feedback.bp,
    printing.bp,
    drafts.bp,
    suggesting.bp,
    answers.bp,
    answer_desk.bp,
    search.bp,
    appointments.bp,
    agenda.bp,
    feeds.bp,
    external.bp,
    moves.bp,
    uploads.bp,
    workbench.bp,
    standard_moves.bp,
    standard_desk.bp,
    standard_contacts.bp,
    figures.bp,
    drafting.bp,
    presence.bp,
    readings.bp,
    on_behalf.bp,
    taking.bp,
    matters.bp,
    approval_moves.bp,
    absences.bp,
    arranging.bp,
    arrivals.bp,
    bulk.bp,
    together.bp,
    merging.bp,
    splitting.bp,
    problem_moves.bp,
    change_moves.bp,
    recurring.bp,
    admin.bp,
    catalogue_desk.bp,
    audit.bp,
    people_desk.bp,
    person_data.bp,
    reading_log_desk.bp,
    removal.bp,
    retention.bp,
    automation.bp,
    change_rules.bp,
    federation_pages.bp,
    counters.bp,
    service_levels.bp,
    level_edits.bp,
    level_versions.bp,
    calendars.bp,
    announcement_desk.bp,
    house_texts.bp,
    house_pages.bp,
    theme_desk.bp,
    house.bp,
    health.bp,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application for these settings, by default those the environment names.

    Raises SettingsError when they cannot be used, ConfigurationError for a file of the federation.
    """
    settings = settings or desk_settings.load()
    app = Flask("servicedesk", root_path=str(ROOT / "servicedesk"), template_folder=str(ROOT / "templates"))
    configure(app, settings)
    db.init_app(app, settings)
    inputs.init_app(app)
    access.init_app(app)
    reading_log.init_app(app)
    sessions.init_app(app, settings)
    csrf.init_app(app)
    language.init_app(app, settings)
    limits.init_app(app, settings)
    context.init_app(app, settings)
    theme.init_app(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.mode != "production":
        app.register_blueprint(demo.bp)
    auth.exempt(csrf)
    preferences.exempt(csrf)
    errors.init_app(app)
    cli.init_app(app)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Set what Flask itself reads."""
    app.extensions["desk_settings"] = settings
    app.extensions["desk_storage"] = Storage(settings.storage.folder)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=f"{settings.sessions.cookie}_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.sessions.hours),
        MAX_CONTENT_LENGTH=settings.storage.max_file_mb * settings.storage.max_files * 1_000_000 + inputs.BIGGEST_FORM,
        MAX_FORM_MEMORY_SIZE=inputs.BIGGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        TRANSLATIONS=ROOT / "translations",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.web.proxies:
        count = settings.web.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
