from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import signins

        from . import nudge

        signins.ended.connect(lambda person, **_: nudge.signed_out(person=person.pk), weak=False, dispatch_uid="nudge")
