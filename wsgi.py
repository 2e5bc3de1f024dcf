"""The entry point of every server and of `flask --app wsgi`."""

import sys

from saml.errors import ConfigurationError
from servicedesk.app import create_app
from servicedesk.settings import SettingsError

try:
    app = create_app()
except (SettingsError, ConfigurationError) as error:
    print(error, file=sys.stderr)
    # To gunicorn 3 means that no worker will ever start: with any other status it would try for ever.
    sys.exit(3 if "gunicorn" in sys.modules else 1)
