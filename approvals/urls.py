"""Addresses of the pages."""

from django.urls import path

from .views import actions, answers, gaps, inbox

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("actions/<uuid:action_id>/", actions.action, name="action"),
    path("actions/<uuid:action_id>/decide/", actions.decide, name="decide"),
    path("actions/<uuid:action_id>/comment/", actions.comment, name="comment"),
    path("actions/<uuid:action_id>/receipt/", actions.receipt, name="receipt"),
    path("actions/<uuid:action_id>/bytes/", actions.body, name="bytes"),
    path("answers/", answers.answers_waiting, name="answers"),
    path("answers/<uuid:action_id>/", answers.answer, name="answer"),
    path("gaps/", gaps.gaps, name="gaps"),
]
