"""How figures of ours are written, a language each. Only where Django's own way could mislead (docs/decisions)."""
