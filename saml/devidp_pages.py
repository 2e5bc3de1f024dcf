"""The pages of the demo identity provider, in Italian and English, usable without script and at 320 pixels."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from jinja2 import DictLoader, Environment, StrictUndefined

from saml.bindings import Outgoing
from saml.devidp_config import IdpConfig
from saml.devidp_federations import ANOMALIES
from saml.devidp_people import KINDS, Person
from saml.devidp_requests import Asked

SCRIPT: Final = 'document.querySelector("form[data-forward]").submit();\n'

STYLE: Final = """\
* { box-sizing: border-box; }
body { margin: 0; background: #f5f5f5; color: #17324d; font: 1rem/1.5 "Titillium Web", system-ui, sans-serif; }
header { background: #06c; color: #fff; padding: 1rem; }
header p { margin: 0 auto; max-width: 44rem; font-weight: 600; }
main { margin: 0 auto; max-width: 44rem; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
ul { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr));
  list-style: none; margin: 0; padding: 0; }
button { border: 1px solid #5a768a; border-radius: 4px; background: #fff; color: #17324d; cursor: pointer;
  font: inherit; padding: .625rem .75rem; text-align: left; }
li button { height: 100%; width: 100%; }
button b, button span { display: block; }
button span { color: #435a70; }
button:hover { border-color: #06c; }
button:focus-visible { outline: 3px solid #f90; outline-offset: 2px; }
label { display: block; font-weight: 600; }
select { border: 1px solid #5a768a; border-radius: 4px; background: #fff; color: inherit; font: inherit;
  max-width: 100%; padding: .5rem; }
select:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid #f90; outline-offset: 2px; }
summary { cursor: pointer; padding: .5rem 0; }
a { color: #0050a0; }
.notice { border-left: 4px solid #06c; background: #fff; padding: .5rem .75rem; }
"""

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "it": {
        "demo": "Identity provider dimostrativo: nessuna password, nessuna persona reale.",
        "choose": "Chi vuoi essere?",
        "to": "Accedi a",
        "student": "Studenti",
        "staff": "Personale",
        "other": "Altre persone",
        "asked": "Dati richiesti",
        "level": "Livello con cui accedi",
        "level_0": "Non indicato",
        "level_1": "Livello 1: password",
        "level_2": "Livello 2: password e codice monouso",
        "level_3": "Livello 3: carta o altro dispositivo",
        "errors": "Prova un errore",
        "error": "Errore con cui rispondere",
        "fail": "Rispondi con l'errore",
        "providers": "Identity provider su questo indirizzo",
        "cancel": "Annulla",
        "forward": "Ritorno al servizio",
        "continue": "Continua",
        "forwarding": "Se la pagina non prosegue da sola, premi Continua.",
        "signed_in": "Accesso effettuato come",
        "nobody": "Nessuno ha effettuato l'accesso",
        "start": "Inizia dalla pagina di accesso del servizio.",
        "sign_out": "Esci da tutti i servizi",
        "signed_out": "Sei uscito da tutti i servizi",
        "failed": "La richiesta non è stata accettata",
        "explain": "Torna al servizio e ricomincia. Motivo per chi lo gestisce:",
    },
    "en": {
        "demo": "Demo identity provider: no passwords, no real people.",
        "choose": "Who do you want to be?",
        "to": "Sign in to",
        "student": "Students",
        "staff": "Staff",
        "other": "Other people",
        "asked": "Data asked for",
        "level": "Level at which you sign in",
        "level_0": "Not stated",
        "level_1": "Level 1: password",
        "level_2": "Level 2: password and one-time code",
        "level_3": "Level 3: card or other device",
        "errors": "Try an error",
        "error": "Error to answer with",
        "fail": "Answer with the error",
        "providers": "Identity providers at this address",
        "cancel": "Cancel",
        "forward": "Back to the service",
        "continue": "Continue",
        "forwarding": "If the page does not go on by itself, press Continue.",
        "signed_in": "Signed in as",
        "nobody": "Nobody is signed in",
        "start": "Start from the sign-in page of the service.",
        "sign_out": "Sign out of all services",
        "signed_out": "You are signed out of all services",
        "failed": "The request was not accepted",
        "explain": "Go back to the service and start again. Reason, for its operator:",
    },
}

LAYOUT: Final = """\
<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} - {{ name }}</title>
<link rel="stylesheet" href="{{ at }}/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<header><p>{{ name }}</p></header>
<main>
<h1>{{ title }}</h1>
{% block content %}{% endblock %}
</main>
</body>
</html>
"""

CHOOSE: Final = """\
{% extends "layout" %}{% block content %}
<p class="notice">{{ text.demo }}</p>
<p>{{ text.to }}: {{ service }}{% if wanted %}<br>{{ text.asked }}: {{ wanted | join(", ") }}{% endif %}</p>
<form method="post" action="{{ at }}/login">
<input type="hidden" name="asked" value="{{ asked }}">
{% if levels | length > 1 %}
<p><label for="level">{{ text.level }}</label>
<select id="level" name="level">
{% for level in levels %}
<option value="{{ level }}">{{ text["level_" ~ level] }}</option>
{% endfor %}
</select></p>
{% endif %}
{% for kind, people in groups %}
<h2>{{ text[kind] }}</h2>
<ul>
{% for person in people %}
<li><button name="person" value="{{ person.uid }}">
<b>{{ person.name }}</b> <span>{{ person.role[language] }}</span>
</button></li>
{% endfor %}
</ul>
{% endfor %}
<p><button name="cancel" value="yes">{{ text.cancel }}</button></p>
{% if anomalies %}
<details>
<summary>{{ text.errors }}</summary>
<p><label for="anomaly">{{ text.error }}</label>
<select id="anomaly" name="anomaly">
{% for anomaly in anomalies %}
<option value="{{ anomaly.number }}">{{ anomaly.number }}: {{ anomaly.told(language) }}</option>
{% endfor %}
</select></p>
<p><button name="fail" value="yes">{{ text.fail }}</button></p>
</details>
{% endif %}
</form>
{% endblock %}
"""

FORWARD: Final = """\
{% extends "layout" %}{% block content %}
<form method="post" action="{{ outgoing.url }}" data-forward>
{% for field, value in outgoing.fields.items() %}
<input type="hidden" name="{{ field }}" value="{{ value }}">
{% endfor %}
<p>{{ text.forwarding }}</p>
<p><button>{{ text.continue }}</button></p>
</form>
<script src="{{ at }}/forward.js"></script>
{% endblock %}
"""

HOME: Final = """\
{% extends "layout" %}{% block content %}
<p class="notice">{{ text.demo }}</p>
{% if person %}
<form method="post" action="{{ at }}/logout"><p><button>{{ text.sign_out }}</button></p></form>
{% else %}
<p>{{ text.start }}</p>
{% endif %}
{% endblock %}
"""

SITE: Final = """\
{% extends "layout" %}{% block content %}
<p class="notice">{{ text.demo }}</p>
<ul>
{% for config in configs %}
<li><a href="{{ config.path }}/">{{ config.names[language] }}</a></li>
{% endfor %}
</ul>
{% endblock %}
"""

FAILED: Final = """\
{% extends "layout" %}{% block content %}
<p>{{ text.explain }}</p>
<p class="notice">{{ reason }}</p>
{% endblock %}
"""

TEMPLATES: Final = {
    "layout": LAYOUT,
    "choose": CHOOSE,
    "forward": FORWARD,
    "home": HOME,
    "site": SITE,
    "failed": FAILED,
}
PAGES: Final = Environment(loader=DictLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def page(template: str, title: str, config: IdpConfig, language: str, **values: object) -> str:
    """Return a page in `language`."""
    known = {"title": title, "name": config.names[language], "at": config.path}
    return PAGES.get_template(template).render(known, language=language, text=TEXTS[language], **values)


def choose_page(config: IdpConfig, language: str, asked: Asked, token: str) -> str:
    """Return the sign-in page: everybody who can be chosen, at which level, a way out and the errors to try."""
    groups = [(kind, of_kind(config.people, kind)) for kind in KINDS]
    return page(
        "choose",
        TEXTS[language]["choose"],
        config,
        language,
        service=asked.service.names.get(language, asked.service.entity_id),
        wanted=sorted(asked.wanted or ()) if config.manner.strict else (),
        levels=asked.levels,
        asked=token,
        groups=[(kind, people) for kind, people in groups if people],
        anomalies=tuple(ANOMALIES.values()) if config.manner.strict else (),
    )


def of_kind(people: Iterable[Person], kind: str) -> list[Person]:
    """Return the people of one kind."""
    return [person for person in people if person.kind == kind]


def forward_page(config: IdpConfig, language: str, outgoing: Outgoing) -> str:
    """Return the page whose form carries a message on; a script sends it, or the person does."""
    return page("forward", TEXTS[language]["forward"], config, language, outgoing=outgoing)


def home_page(config: IdpConfig, language: str, person: Person | None) -> str:
    """Return the page that says who is signed in."""
    text = TEXTS[language]
    title = f"{text['signed_in']} {person.name}" if person else text["nobody"]
    return page("home", title, config, language, person=person)


def signed_out_page(config: IdpConfig, language: str) -> str:
    """Return the page at the end of a logout that started here."""
    return page("home", TEXTS[language]["signed_out"], config, language, person=None)


def site_page(configs: Sequence[IdpConfig], language: str) -> str:
    """Return the page that leads to each of several providers of one host."""
    return page("site", TEXTS[language]["providers"], configs[0], language, configs=configs)


def failed_page(config: IdpConfig, language: str, reason: str) -> str:
    """Return the page that says why a message was refused."""
    return page("failed", TEXTS[language]["failed"], config, language, reason=reason)


def content_policy(form_target: str) -> str:
    """Return the content security policy of a page whose form goes to `form_target` (an address, or empty for here)."""
    parts = urlsplit(form_target)
    target = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    allowed = f"script-src 'self'; style-src 'self'; img-src data:; form-action 'self'{target}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'"
