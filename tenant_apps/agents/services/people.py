"""Read what is said of a person, the same way for applicants and agents."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from kernel.china.divisions import read_region
from kernel.china.wechat import normalise_wechat_id
from kernel.core.errors import Text
from tenant_apps.agents.rules import agents as rules
from tenant_apps.agents.rules import people


@dataclass(frozen=True, slots=True)
class Person:
    """A person as stored: phone in E.164, numbers and codes in capitals, the region with its name."""

    name: str
    phone: str
    id_number: str = ""
    identity_digest: str = ""
    wechat_id: str = ""
    region_code: str = ""
    region: str = ""


def read_person(
    *, name: str, phone: str, id_number: str = "", wechat_id: str = "", region_code: str = ""
) -> tuple[Person, dict[str, Text]]:
    """Return the person and what is wrong, by field; where something is wrong the person is not to be stored."""
    fields, wrong = rules.prepare_fields({"name": name, "phone": phone, "id_number": id_number})
    faults: dict[str, Text] = dict(wrong)
    region = ("", "")
    try:
        wechat_id = normalise_wechat_id(wechat_id)
    except ValueError:
        faults["wechat_id"] = _("A WeChat id has 5 to 40 letters, digits, hyphens or underscores.")
    try:
        region = read_region(region_code)
    except ValueError:
        faults["region_code"] = _("There is no such region.")
    digest = people.identity_digest(fields["id_number"]) if fields["id_number"] else ""
    person = Person(fields["name"].strip()[:100], fields["phone"], fields["id_number"], digest, wechat_id, *region)
    return person, faults
