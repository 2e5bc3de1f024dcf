"""The blueprint of the figures with all its pages: a period, its files, and the present."""

from servicedesk.web.workbench import figures_export, figures_now, figures_views

PAGES = (figures_views, figures_export, figures_now)
"""The modules whose views it holds: they are known once they are imported."""
bp = figures_views.bp
