"""What people send from the pages. Shapes only; the verbs decide. A room a page."""
