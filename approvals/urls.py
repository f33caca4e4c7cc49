"""Addresses of the pages."""

from django.urls import path

from .views import absences, actions, answers, boundaries, exceptions, grants, inbox, people, roles, servers

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
    path("gaps/", boundaries.gaps, name="gaps"),
    path("boundaries/", boundaries.boundaries, name="boundaries"),
    path("boundaries/map.csv", boundaries.export, name="boundaries_export"),
    path("boundaries/deny/", boundaries.deny, name="boundary_deny"),
    path("exceptions/", exceptions.exceptions, name="exceptions"),
    path("exceptions/<int:finding_id>/resolve/", exceptions.resolve, name="exception_resolve"),
    path("grants/", grants.grants, name="grants"),
    path("grants/<uuid:grant_id>/", grants.grant, name="grant"),
    path("grants/<uuid:grant_id>/revoke/", grants.revoke, name="grant_revoke"),
    path("grants/<uuid:grant_id>/statement/", grants.statement, name="grant_statement"),
    path("away/", absences.absence, name="absence"),
    path("away/end/", absences.absence_end, name="absence_end"),
    path("people/", people.people, name="people"),
    path("people/<str:username>/", people.person, name="person"),
    path("people/<str:username>/admin/", people.person_admin, name="person_admin"),
    path("roles/", people.role_named, name="role_named"),
    path("roles/<path:name>/", roles.role, name="role"),
    path("servers/", servers.servers, name="servers"),
    path("servers/_new/", servers.server_new, name="server_new"),
    path("servers/<str:name>/", servers.server, name="server"),
    path("servers/<str:name>/start/", servers.server_start, name="server_start"),
    path("servers/<str:name>/stop/", servers.server_stop, name="server_stop"),
    path("servers/<str:name>/token/", servers.server_token, name="server_token"),
]
