"""Find the acting member of Banyan's staff, and check permissions."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.core.errors import Forbidden, NotFound
from kernel.tenancy.actors import Actor, current_actor
from shared_apps.accounts import selectors as accounts


class NotAllowed(Forbidden):
    code = "permission_missing"
    title = _("Not allowed")


class StaffNotFound(NotFound):
    code = "staff_not_found"
    title = _("There is no such member of the staff")


def ensure_may(permission: str) -> Actor:
    """Whoever acts, when they may. Raises NotAllowed.

    The words of the platform's permissions and those of brands differ, so nobody of a brand passes for staff.
    """
    actor = current_actor()
    if not actor.may(permission):
        raise NotAllowed(
            gettext("This needs the permission “%(permission)s”.") % {"permission": permission}, permission=permission
        )
    return actor


def ensure_person(permission: str) -> tuple[int, str]:
    """Id and name of the person of the staff who acts. Programs and tasks are none. Raises NotAllowed."""
    actor = ensure_may(permission)
    if actor.kind != "user" or actor.id is None:
        raise NotAllowed(gettext("Only a person may do this."))
    return actor.id, actor.label


def name_of(staff_id: int, *, permission: str) -> str:
    """The name of somebody active who may do this. To be asked in public. Raises StaffNotFound."""
    person = accounts.list_staff_who_may(permission).filter(pk=staff_id).first()
    if person is None:
        raise StaffNotFound(field="staff_id")
    return person.name
