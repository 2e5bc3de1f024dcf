"""The entry point of every server and of `flask --app wsgi`."""

import sys

from servicedesk.app import create_app
from servicedesk.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(str(error))
