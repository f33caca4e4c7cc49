"""Manners: how our words look in each dialect. Shapes only; no rows are read and nothing is decided here."""
