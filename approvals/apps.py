from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = _("Approvals")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import signins

        from . import nudge

        signins.ended.connect(lambda person, **__: nudge.signed_out(person=person.pk), weak=False, dispatch_uid="nudge")
