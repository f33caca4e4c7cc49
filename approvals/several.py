"""One verdict of one person on many asks: each is recorded, or refused, by itself."""
