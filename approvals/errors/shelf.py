"""The no of what people keep for themselves, and of deciding several asks at once."""

from accounts.errors import Refusal
from accounts.words import said


class ViewNameMissing(Refusal):
    code = "view_name_missing"
    message = said("Give the view a name of up to 40 characters.")


class ViewNameTaken(Refusal):
    code = "view_name_taken"
    message = said("You have a view of that name already. Choose another name.")


class ViewsFull(Refusal):
    code = "views_full"
    message = said("You have 20 saved views, and there is no room for more. Remove one first.")


class NotLowRisk(Refusal):
    """Several yes at once are taken only where the rule calls the class low-risk."""

    code = "not_low_risk"
    message = said("Its rule does not call it low-risk, so a yes to it is given on its own page.")


class NeedsOwnPage(Refusal):
    """It holds something that nobody should say yes to without having opened it."""

    code = "needs_own_page"
    message = said("It holds large values or hidden text, so a yes to it is given on its own page.")
