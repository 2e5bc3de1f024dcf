"""`flask saml`: keys, readiness, identity providers and the sign-in log of the federations."""

from flask.cli import AppGroup

group = AppGroup("saml", help="Federation: keys, readiness for registration, identity providers, sign-in log.")
