"""The blueprint of the figures with all its pages: a period, and its files."""

from servicedesk.web.workbench import figures_export, figures_views

PAGES = (figures_views, figures_export)
"""The modules whose views it holds: they are known once they are imported."""
bp = figures_views.bp
