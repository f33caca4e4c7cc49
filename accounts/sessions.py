"""The session engine: Django's, in the database, on a table that says whose session it is (`SESSION_ENGINE`)."""

from typing import override

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

#: Where a session names the sign-in that opened it.
SIGN_IN = "sign_in"


class SessionStore(db.SessionStore):
    @classmethod
    @override
    def get_model_class(cls):
        from accounts.models import Session

        return Session

    @override
    def create_model_instance(self, data):
        made = super().create_model_instance(data)
        made.person_id = data.get(SESSION_KEY)
        made.sign_in_id = data.get(SIGN_IN)
        return made
