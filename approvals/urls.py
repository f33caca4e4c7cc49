"""Addresses of the pages."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("actions/<uuid:action_id>/", views.action, name="action"),
    path("actions/<uuid:action_id>/decide/", views.decide, name="decide"),
    path("actions/<uuid:action_id>/comment/", views.comment, name="comment"),
    path("actions/<uuid:action_id>/receipt/", views.receipt, name="receipt"),
    path("actions/<uuid:action_id>/bytes/", views.body, name="bytes"),
    path("answers/", views.answers_waiting, name="answers"),
    path("answers/<uuid:action_id>/", views.answer, name="answer"),
    path("gaps/", views.gaps, name="gaps"),
]
