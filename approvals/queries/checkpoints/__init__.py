"""Checkpoints as admins read them: the list, one with all its revisions, and a draft of a rule before it is proposed.

Whoever holds a duty on a checkpoint may read it; the rest is for admins. Not yours means not found.
"""
