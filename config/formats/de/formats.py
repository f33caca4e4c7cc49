# A figure of ours is grouped by a narrow space, never by a point: a point beside what a server sent could be either.
THOUSAND_SEPARATOR = "\u202f"
