"""The blueprint of the figures with all its pages: a period, its files, the present, reports by mail."""

from flask import Blueprint

from servicedesk.web.workbench import figures_export, figures_now, figures_reports, figures_views

PAGES = (figures_views, figures_export, figures_now, figures_reports)
"""The modules whose views it holds: they are known once they are imported."""
bp: Blueprint = figures_views.bp
