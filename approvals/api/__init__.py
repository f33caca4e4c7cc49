"""The REST door for servers, `/api/v1`: a lean ASGI handler in front of django-ninja, with group commit behind it."""
