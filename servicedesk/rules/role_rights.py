"""Who may give and take which role: administrators, in the services that are theirs."""

from servicedesk.rules.catalogue import Catalogue
from servicedesk.rules.permissions import EVERY_SERVICE, Actor, Role


def runs_everything(actor: Actor) -> bool:
    """Whether the person administers the whole installation: accounts, codes and second factors are theirs alone."""
    return EVERY_SERVICE in actor.administers


def groups_of_service(tree: Catalogue, service_id: str) -> frozenset[str]:
    """Return the codes of the groups that a service's requests go to."""
    own = [category for category in tree.categories.values() if category.service_id == service_id]
    routed = {group for category in own if category.routing for group in category.routing.to.values()}
    service = tree.services.get(service_id)
    fallback = {service.fallback_group} if service else set()
    return frozenset({category.group for category in own} | routed | fallback)


def groups_managed(actor: Actor, tree: Catalogue) -> frozenset[str]:
    """Return the codes of the groups whose members the person may change.

    One that works for a service of somebody else too is none of them: its members read that service's requests.
    """
    if runs_everything(actor):
        return frozenset(tree.groups)
    own = (groups_of_service(tree, service_id) for service_id in actor.administers)
    others = (
        groups_of_service(tree, service_id) for service_id in tree.services if service_id not in actor.administers
    )
    return frozenset().union(*own).difference(*others) & frozenset(tree.groups)


def may_change_role(actor: Actor, role: Role, group: str, service_id: str, tree: Catalogue) -> bool:
    """Whether the person may give or take this role there: never more than they have themselves."""
    if runs_everything(actor):
        return True
    if role is Role.ADMINISTRATOR:
        return service_id != EVERY_SERVICE and actor.administers_service(service_id)
    return group in groups_managed(actor, tree)
