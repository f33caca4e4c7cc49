"""The queue: signed asks come in, receipts go out. The broker is not trusted; the rows are the truth."""

INTAKE = "placet.intake"
DEAD = "placet.intake.dead"
REPLIES = "placet.receipts."
