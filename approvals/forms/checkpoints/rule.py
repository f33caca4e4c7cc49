"""All fields of a rule, and both ways between them and the document."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, override

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.words import counted, said, told

from ...errors import BadCondition, BadPolicy, Refusal
from ...rules import constraints, policies, timing
from ...rules.constraints import Constraint
from . import rows, watching
from .pointers import field_of
from .rows import ARGUMENTS, EXCEPTIONS, LOGGING, NEEDS, STEPS, WATCH, number, seconds, split, text, unit

#: Members of the document that this form says. What else a document holds goes through an edit as it is.
KNOWN = frozenset(policies.Rule.model_fields)
_KINDS = [
    ("tool_call", _("a tool is run")), ("elicitation_form", _("a person is asked with a form")),
    ("elicitation_url", _("a person is sent to a link")), ("sampling", _("the model is asked")),
    ("sampling_result", _("the model’s answer goes back")),
]  # fmt: skip
_EFFECTS = [
    ("review", _("people are asked")),
    ("allow", _("it is allowed at once")),
    ("deny", _("it is denied at once")),
]
_ORDERS = [("parallel", _("all at the same time")), ("sequential", _("one role after the other"))]
_RISKS = [
    ("normal", _("as usual")), ("low", _("low: several may be approved at once")), ("high", _("high: lists say so")),
]  # fmt: skip
_ABSENCES = [("delegate", _("their delegate is asked for them")), ("none", _("they are asked all the same"))]
_LONGEST = int(timing.LONGEST.total_seconds())


class RuleForm(forms.Form):
    """One rule. After `is_valid`, `rule` is what the document says; otherwise each error stands at its field."""

    checkpoint = text(_("Name"), most=120, required=True)
    kind = forms.ChoiceField(choices=_KINDS, label=_("When"))
    server = forms.ChoiceField(required=False, label=_("By"))
    pattern = text(_("Name or pattern"), most=200, required=True)
    schema = text(_("JSON Schema"), most=20_000, widget=forms.Textarea)
    when = text(_("Condition"), most=1000, widget=forms.Textarea)
    effect = forms.ChoiceField(choices=_EFFECTS, label=_("Then"), widget=forms.RadioSelect)
    order = forms.ChoiceField(choices=_ORDERS, label=_("Asked"), widget=forms.RadioSelect)
    deadline = number(_("They have"), required=True)
    deadline_unit = unit(_("Unit of the deadline"))
    warning = number(_("A reminder, before it ends"))
    warning_unit = unit(_("Unit of the reminder"))
    valid = number(_("A yes is good for"), required=True)
    valid_unit = unit(_("Unit of the life of a yes"), longest="min")
    passkey = forms.BooleanField(required=False, label=_("Each yes needs a passkey"))
    dwell_seconds = number(_("Seconds to look at it before a yes"), most=600)
    edit = text(_("What may be changed"), most=4000, widget=forms.Textarea)
    editors = text(_("Role that may change it"), most=150, widget=forms.TextInput(attrs={"list": "roles"}))
    review_result = forms.BooleanField(required=False, label=_("What comes back is looked at too"))
    caps_per_minute = number(_("Asks a minute, at most"), most=1_000_000)
    caps_pending = number(_("Asks waiting at a time, at most"), most=1_000_000)
    absence = forms.ChoiceField(choices=_ABSENCES, label=_("When people are away"))
    exclude_server_owner = forms.BooleanField(required=False, label=_("The server’s owner does not decide"))
    grants_uses = number(_("Uses of a grant, at most"), most=1000)
    grants_time = number(_("A grant lasts at most"))
    grants_time_unit = unit(_("Unit of the grant"))
    break_glass = text(_("Role that may break the glass"), most=150, widget=forms.TextInput(attrs={"list": "roles"}))
    risk = forms.ChoiceField(choices=_RISKS, label=_("Risk"))
    consequence = text(_("What a yes leads to"), most=300)
    rank = forms.IntegerField(min_value=0, max_value=99, required=True, label=_("Rank"))
    retired = forms.BooleanField(required=False, label=_("Retired: it stops nothing"))

    use_required_attribute = False  # a draft may be looked at before it is whole

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, document: dict[str, Any], servers: Iterable[str] = (),
        typed: Mapping[str, Any] | None = None, more: str = "",
    ) -> None:  # fmt: skip
        """`document` is what is edited, `typed` what was made of it so far, without a judgement.

        `more` names the sort of rows of which one more is wanted.
        """
        self._kept = {member: value for member, value in document.items() if member not in KNOWN}
        self.rule: policies.Rule | None = None
        self._shown: dict[str, list[int]] = {}
        self._names: dict[str, int] = {}
        super().__init__(data, initial=initial(document) if typed is None else _again(typed))
        known = self.initial if data is None else data
        named = [*servers, document.get("server"), str(known.get("server", ""))[:64]]
        self.fields["server"].choices = [("", _("any server")), *((n, n) for n in dict.fromkeys(named) if n)]
        for sort in rows.ALL:
            rows_known = sort.count(known)
            wanted = rows_known + (sort.name == more or (data is None and typed is None))
            for index in range(min(max(wanted, 1), sort.most)):
                for field, make in sort.fields.items():
                    self.fields[sort.key(index, field)] = make()

    def rows_of(self, sort: rows.Rows) -> list[dict[str, forms.BoundField]]:
        """The rows of this sort as they are shown."""
        shown = [i for i in range(sort.most) if sort.key(i, next(iter(sort.fields))) in self.fields]
        return [{field: self[sort.key(i, field)] for field in sort.fields} for i in shown]

    needs = property(lambda self: self.rows_of(NEEDS))
    arguments = property(lambda self: self.rows_of(ARGUMENTS))
    steps = property(lambda self: self.rows_of(STEPS))
    watch = property(lambda self: self.rows_of(WATCH))
    logging = property(lambda self: self.rows_of(LOGGING))
    exceptions = property(lambda self: self.rows_of(EXCEPTIONS))

    @override
    def clean(self) -> dict[str, Any]:
        if not self.errors:
            document = self._document()
            if not self.errors:
                try:
                    self.rule = policies.read(document)
                except BadPolicy as refusal:
                    self.refuse(refusal)
        return self.cleaned_data

    def refuse(self, refusal: Refusal) -> None:
        """Let a refusal stand at the field it is about; at the top, when it is about none."""
        message = refusal.message
        if isinstance(refusal, BadCondition):
            message = said(
                "Line {line}, column {column}: {message}", line=refusal.line, column=refusal.column, message=message
            )
        names = None if self.cleaned_data.get("schema") else dict(self._names)
        field = field_of(refusal.pointer, self._shown, arguments=names)
        self.add_error(field if field in self.fields else None, told(message))

    @property
    def document(self) -> dict[str, Any]:
        """What is proposed: the rule, and whatever of the document this form does not know."""
        return self._kept | (self.rule.document if self.rule else {})

    def _document(self) -> dict[str, Any]:
        data = self.cleaned_data
        same = ("checkpoint", "kind", "pattern", "effect", "order", "absence", "rank", "consequence", "risk", "retired")
        return {
            **{name: data[name] for name in (*same, "review_result", "exclude_server_owner")},
            "server": data["server"] or None, "when": data["when"].replace("\r\n", "\n"), "arguments": self._schema(),
            "passkey": "required" if data["passkey"] else "optional", "break_glass": data["break_glass"] or None,
            "needs": self._rows(NEEDS) if data["effect"] == "review" else [],
            "deadline_seconds": self._time("deadline", most=_LONGEST),
            "warn_seconds": self._time("warning", most=_LONGEST),
            "valid_seconds": self._time("valid", most=timing.APPROVAL_LIFE),
            "dwell_seconds": data["dwell_seconds"] or 0,
            "escalation": [
                {"after_seconds": seconds(row["after"], row["unit"]), "role": row["role"]} for row in self._rows(STEPS)
            ],
            "logging": [row["role"] for row in self._rows(LOGGING)],
            "exceptions": [row["role"] for row in self._rows(EXCEPTIONS)],
            "caps": {"per_minute": data["caps_per_minute"], "pending": data["caps_pending"]},
            "grants": self._grants(), "edit": self._edit(), "editors": data["editors"] or None,
            "watch": watching.read(self._watched()),
        }  # fmt: skip

    def _rows(self, sort: rows.Rows) -> list[dict[str, Any]]:
        """Filled rows, all of them whole."""
        found = list(sort.read(self.cleaned_data))
        self._shown[sort.name] = [index for index, _ in found]
        for index, row in found:
            for field, value in row.items():
                if value in (None, ""):
                    self.add_error(sort.key(index, field), _("This is missing."))
        return [row for _, row in found]

    def _watched(self) -> list[dict[str, Any]]:
        """Rows of watched values: a word or names alone, without a place, are not whole."""
        found = list(WATCH.read(self.cleaned_data))
        self._shown["watch"] = [index for index, _ in found]
        for index, row in found:
            if not row["at"]:
                self.add_error(WATCH.key(index, "at"), _("This is missing."))
            if wrong := watching.unreadable(row["names"]):
                self.add_error(WATCH.key(index, "names"), wrong)
        return [row for _, row in found]

    def _schema(self) -> dict[str, Any] | None:
        raw, typed = self.cleaned_data["schema"], list(ARGUMENTS.read(self.cleaned_data))
        self._names = {row["name"]: index for index, row in reversed(typed)}
        if raw.strip():
            if typed:
                self.add_error("schema", _("Bound the arguments in rows, or by a schema: not by both."))
            return self._raw(raw)
        try:
            return constraints.schema([Constraint(row["name"], row["form"], row["value"]) for _, row in typed])
        except constraints.BadConstraint as bad:
            field = "value" if typed[bad.row][1]["name"] else "name"
            self.add_error(ARGUMENTS.key(typed[bad.row][0], field), told(bad.message))
            return None

    def _raw(self, raw: str) -> dict[str, Any] | None:
        try:
            read = json.loads(raw)
        except (ValueError, RecursionError) as error:
            wrong = said("This is no JSON.")
            if isinstance(error, json.JSONDecodeError):
                wrong = said("This is no JSON in line {line}, column {column}.", line=error.lineno, column=error.colno)
            self.add_error("schema", told(wrong))
            return None
        if not isinstance(read, dict):
            self.add_error("schema", _("A schema is an object in braces."))
            return None
        return read

    def _time(self, name: str, *, most: int) -> int | None:
        found = seconds(self.cleaned_data[name], self.cleaned_data[f"{name}_unit"])
        if found is not None and found > most:
            days = counted("At most {count} day.", "At most {count} days.", count=most // 86400)
            minutes = counted("At most {count} minute.", "At most {count} minutes.", count=most // 60)
            self.add_error(name, told(days if most >= 86400 else minutes))
        return found

    def _grants(self) -> dict[str, Any] | None:
        uses, lasts = self.cleaned_data["grants_uses"], self._time("grants_time", most=_LONGEST)
        if uses is None and lasts is None:
            return None
        for field, value in (("grants_uses", uses), ("grants_time", lasts)):
            if value is None:
                self.add_error(field, _("A grant is bounded in uses and in time: give both, or neither."))
        return {"uses": uses, "seconds": lasts}

    def _edit(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["edit"].splitlines()]
        try:
            return [json.loads(line) if line.startswith('"') else line for line in lines if line]
        except ValueError:
            self.add_error("edit", _("A line in quotation marks cannot be read."))
            return []


def initial(document: dict[str, Any]) -> dict[str, Any]:
    """A document as the form shows it; what it leaves out is as usual."""
    usual = {name: f.get_default(call_default_factory=True) for name, f in policies.Rule.model_fields.items()}
    said = usual | document
    simple = constraints.simple(said["arguments"])
    grants, caps = said["grants"] or {}, document.get("caps", {})
    shown = {name: said[name] for name in said if name in RuleForm.base_fields and name in document}
    plain = ("effect", "order", "absence", "rank", "when", "consequence", "risk")
    return {
        **{name: said[name] for name in plain}, **shown, "server": said["server"] or "",
        "passkey": said["passkey"] == "required", "break_glass": said["break_glass"] or "",
        "editors": said["editors"] or "",
        "schema": "" if simple is not None else json.dumps(said["arguments"], indent=2, ensure_ascii=False),
        "edit": "\n".join(at if _is_plain(at) else json.dumps(at) for at in said["edit"]),
        "caps_per_minute": caps.get("per_minute"), "caps_pending": caps.get("pending"),
        "grants_uses": grants.get("uses"), "dwell_seconds": said["dwell_seconds"] or None,
        **_timed("deadline", said["deadline_seconds"]), **_timed("warning", said["warn_seconds"]),
        **_timed("valid", said["valid_seconds"], longest="min"),
        **_timed("grants_time", grants.get("seconds"), otherwise="h"),
        **NEEDS.initial([{"count": 1} | need for need in document.get("needs", ())]),
        **ARGUMENTS.initial([{"name": r.argument, "form": r.form, "value": r.value} for r in simple or ()]),
        **STEPS.initial([_step(step) for step in document.get("escalation", ())]),
        **WATCH.initial([watching.shown(watch) for watch in document.get("watch", ())]),
        **LOGGING.initial([{"role": role} for role in said["logging"]]),
        **EXCEPTIONS.initial([{"role": role} for role in said["exceptions"]]),
    }  # fmt: skip


def _again(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, shown again: a box that was not ticked is not sent."""
    boxes = [name for name, field in RuleForm.base_fields.items() if isinstance(field, forms.BooleanField)]
    return {name: typed[name] for name in typed} | {name: name in typed for name in boxes}


def _timed(name: str, total: int | None, *, longest: str = "d", otherwise: str = "min") -> dict[str, Any]:
    value, of = split(total, longest=longest, otherwise=otherwise)
    return {name: value, f"{name}_unit": of}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    after, of = split(step["after_seconds"])
    return {"after": after, "unit": of, "role": step["role"]}


def _is_plain(pointer: str) -> bool:
    return bool(pointer) and pointer.isprintable() and pointer == pointer.strip() and not pointer.startswith('"')
