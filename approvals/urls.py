"""Addresses of the pages."""

from django.urls import path

from .views import actions, answers, exceptions, gaps, grants, inbox

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("actions/<uuid:action_id>/", actions.action, name="action"),
    path("actions/<uuid:action_id>/decide/", actions.decide, name="decide"),
    path("actions/<uuid:action_id>/comment/", actions.comment, name="comment"),
    path("actions/<uuid:action_id>/receipt/", actions.receipt, name="receipt"),
    path("actions/<uuid:action_id>/bytes/", actions.body, name="bytes"),
    path("actions/<uuid:action_id>/grant/", grants.new, name="grant_new"),
    path("answers/", answers.answers_waiting, name="answers"),
    path("answers/<uuid:action_id>/", answers.answer, name="answer"),
    path("gaps/", gaps.gaps, name="gaps"),
    path("exceptions/", exceptions.exceptions, name="exceptions"),
    path("exceptions/<int:finding_id>/resolve/", exceptions.resolve, name="exception_resolve"),
    path("grants/", grants.grants, name="grants"),
    path("grants/<uuid:grant_id>/", grants.grant, name="grant"),
    path("grants/<uuid:grant_id>/revoke/", grants.revoke, name="grant_revoke"),
    path("grants/<uuid:grant_id>/statement/", grants.statement, name="grant_statement"),
]
