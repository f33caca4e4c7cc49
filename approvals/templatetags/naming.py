"""What kinds of asks and events are called on pages, a word or two each."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Kind -> (its picture, its name).
KINDS = {
    "tool_call": ("tool", _("Tool call")),
    "sampling": ("talk", _("Sampling")),
    "sampling_result": ("back", _("Sampling result")),
    "elicitation_form": ("form", _("Form")),
    "elicitation_url": ("link", _("Link")),
}
#: What happened, as it stands behind who did it.
EVENTS = {
    "action.submitted": pgettext_lazy("somebody …", "asks"),
    "action.commented": pgettext_lazy("somebody …", "comments"),
    "action.reviewed.approve": pgettext_lazy("somebody …", "approves"),
    "action.reviewed.deny": pgettext_lazy("somebody …", "denies"),
    "action.glass_broken": pgettext_lazy("somebody …", "breaks the glass"),
    "action.edited": pgettext_lazy("somebody …", "changes it: what was said before counts no more"),
    "action.approved": _("settled as approved, receipt signed"),
    "action.denied": _("settled as denied, receipt signed"),
    "action.expired": _("settled as expired, receipt signed"),
    "action.withdrawn": pgettext_lazy("somebody …", "withdraws; receipt signed"),
    "action.consumed": pgettext_lazy("somebody …", "uses the approval"),
    "action.succeeded": pgettext_lazy("somebody …", "reports: succeeded"),
    "action.failed": pgettext_lazy("somebody …", "reports: failed"),
    "action.answered": pgettext_lazy("somebody …", "answers"),
    "action.opened": pgettext_lazy("somebody …", "goes where the link leads"),
    "action.warned": pgettext_lazy("somebody …", "warns: little time is left"),
    "action.escalated": pgettext_lazy("somebody …", "names more owners"),
    "action.wrong_person": pgettext_lazy("somebody …", "is not the right person, and passes it on"),
    "action.reassigned": pgettext_lazy("somebody …", "hands it over"),
    "action.took_over": pgettext_lazy("somebody …", "takes it over"),
    "action.erased": pgettext_lazy("somebody …", "erases what was asked"),
}
