"""A binary column whose values are sealed in the database and plain in the program.

An instance opens a value when somebody reads the attribute, not when it is loaded: a list that shows no payload opens
none. What SQL brings past instances (`values_list`, annotations, `rows.fetch`) is as stored: open it with `opened`.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, override
from uuid import UUID

from django.db import models
from django.db.models.query_utils import DeferredAttribute
from placet import canonical

from ..errors.sealed import Erased, Unreadable
from . import boxes
from .boxes import ERASED, Box, Context

#: On an instance: the box its values went into; and that plain values on it were opened or sealed here.
_BOX, _OWN = "_sealing_box", "_sealing_known"


class _Opening(DeferredAttribute):
    """The attribute: plain for who reads it, as stored for who saves it. Opened once."""

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        known, name = instance.__dict__, self.field.attname
        if name not in known:
            rows = type(instance)._base_manager.using(instance._state.db)
            known[name] = rows.values_list(name, flat=True).get(pk=instance.pk)
        value = known[name]
        if value is None or (type(value) is bytes and value[:1] == b"{" and _OWN in known):
            return value
        known[name] = self.field.opened(value, instance)
        known[_OWN] = True
        return known[name]

    def __set__(self, instance: models.Model, value: Any) -> None:
        known = instance.__dict__
        known[self.field.attname] = value
        if not instance._state.adding:
            known[_OWN] = True  # read again by Django, which opened it on another instance


class SealedField(models.BinaryField):
    """`column` is bound into the seal, and so are the action and the digest that stand beside the value."""

    descriptor_class = _Opening

    def __init__(self, *, dig: str = "dig", action: str = "action_id", **options: Any) -> None:
        self.dig, self.action = dig, action
        super().__init__(**options)

    @override
    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """To the database it is a binary column, and always was."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.BinaryField", args, options

    @cached_property
    def place(self) -> str:
        return f"{self.model._meta.model_name}.{self.attname}"

    def context(self, row: Any) -> Context:
        return self.at(getattr(row, self.action), getattr(row, self.dig) if self.dig else "")

    def at(self, action_id: UUID | str, dig: str) -> Context:
        return Context(self.place, action_id if isinstance(action_id, UUID) else UUID(action_id), dig)

    @staticmethod
    def is_erased(row: models.Model, name: str) -> bool:
        """Whether this value of a row was erased. Opens nothing."""
        if name not in row.__dict__:
            try:
                return getattr(row, name) is None
            except Erased:
                return True
        value = row.__dict__[name]
        return value is not None and boxes.is_erased(bytes(value[:2]))

    def opened(self, stored: bytes, row: Any) -> bytes:
        """Open what this row holds. What was stored before there were seals has to fit its digest."""
        stored = bytes(stored)
        found = boxes.opened(stored, self.context(row))
        if found is stored and not row._state.adding and canonical.digest_bytes(found) != getattr(row, self.dig):
            raise Unreadable()
        return found

    def sealed(self, row: Any, boxes_: Mapping[str, Box] | None = None) -> bytes | None:
        """Seal what this row holds, whether a model's instance or a light row; what is sealed already stays."""
        known = getattr(row, "__dict__", None)
        value = known[self.attname] if known is not None else getattr(row, self.attname)
        if value is None or boxes.is_sealed(value) or boxes.is_erased(value):
            return value
        box = (known or {}).get(_BOX) or Box(getattr(row, self.action))
        if known is not None:
            known[_BOX], known[_OWN] = box, True
        return box.seal(bytes(value), self.context(row))

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return self.sealed(model_instance)

    @override
    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is not None and not isinstance(value, models.expressions.BaseExpression) and bytes(value)[:1] == b"{":
            raise TypeError(f"{self.place} is stored sealed: save an instance, or seal the value first.")
        return super().get_db_prep_save(value, connection)


class SealedText(SealedField):
    """Words, sealed in the same way. They have no digest beside them: whose they are is bound instead. They were never
    stored open.
    """

    def __init__(self, *, by: str = "author_id", **options: Any) -> None:
        self.by = by
        super().__init__(**{"dig": "", **options})

    @override
    def context(self, row: Any) -> Context:
        return self.at(getattr(row, self.action), str(getattr(row, self.by)))

    @override
    def opened(self, stored: bytes | str, row: Any) -> str:
        if isinstance(stored, str):
            return stored
        if not (boxes.is_sealed(bytes(stored[:1])) or boxes.is_erased(bytes(stored))):
            raise Unreadable()
        return boxes.opened(bytes(stored), self.context(row)).decode()

    @override
    def sealed(self, row: Any) -> bytes | None:
        value = row.__dict__[self.attname]
        if not isinstance(value, str):
            return value
        return Box(getattr(row, self.action)).seal(value.encode(), self.context(row))


__all__ = ["ERASED", "SealedField", "SealedText"]
