"""How somebody who comes in is read: together with what they chose, so that no page asks the database for it again."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from .models import User


class Backend(AuthenticationBackend):
    def get_user(self, user_id: Any) -> User | None:
        found = User.objects.select_related("preference").filter(pk=user_id).first()
        return found if found and self.user_can_authenticate(found) else None

    async def aget_user(self, user_id: Any) -> User | None:
        found = await User.objects.select_related("preference").filter(pk=user_id).afirst()
        return found if found and self.user_can_authenticate(found) else None
