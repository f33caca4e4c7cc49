"""What the frame of every page tells its reader: what waits for them elsewhere, and whether they count as away.

One statement, because it is asked with every page; one more for somebody who holds no duty and is named to stand in.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User

from .. import access, rows
from . import answers

_MINE = """
  FROM approvals_checkpointgroupobjectpermission AS held
  JOIN auth_permission AS duty ON duty.id = held.permission_id
  JOIN accounts_membership AS member ON member.role_id = held.group_id
   AND member.starts_at <= %s AND (member.ends_at IS NULL OR member.ends_at > %s)
 WHERE member.person_id = person.id
"""
_FRAME = f"""
SELECT (SELECT count(*) FROM approvals_question AS question
          JOIN approvals_action AS action ON action.id = question.action_id
          LEFT JOIN approvals_answer AS answer ON answer.action_id = action.id
          LEFT JOIN approvals_outcome AS outcome ON outcome.action_id = action.id
         WHERE question.answerer {{any}} AND question.until > %s AND action.state = 'approved'
           AND answer.action_id IS NULL AND outcome.action_id IS NULL),
       (SELECT 4 + 2 * max(CASE duty.codename WHEN 'exceptions' THEN 1 ELSE 0 END)
                 + max(CASE duty.codename WHEN 'logging' THEN 1 ELSE 0 END) {_MINE}),
       EXISTS (SELECT 1 FROM accounts_membership AS member WHERE member.person_id = person.id
                  AND member.starts_at <= %s AND (member.ends_at IS NULL OR member.ends_at > %s)),
       (SELECT count(*) FROM approvals_finding AS finding WHERE finding.resolved_at IS NULL
           AND ((finding.checkpoint_id IS NULL AND %s)
                OR finding.checkpoint_id IN (SELECT held.content_object_id {_MINE} AND duty.codename = 'exceptions'))),
       (SELECT count(*) FROM approvals_change AS change
         WHERE change.state = 'proposed' AND change.author_id <> person.id AND %s),
       (SELECT count(*) FROM accounts_notice AS notice WHERE notice.person_id = person.id AND notice.read_at IS NULL),
       EXISTS (SELECT 1 FROM accounts_delegation AS named
                 JOIN accounts_absence AS theirs ON theirs.id = named.absence_id
                  AND theirs.starts_at <= %s AND (theirs.ends_at IS NULL OR theirs.ends_at > %s)
                WHERE named.delegate_id = person.id),
       absence.id, absence.ends_at
  FROM accounts_user AS person
  LEFT JOIN accounts_absence AS absence ON absence.id = (
       SELECT a.id FROM accounts_absence AS a
        WHERE a.person_id = person.id AND a.starts_at <= %s AND (a.ends_at IS NULL OR a.ends_at > %s)
        ORDER BY a.ends_at IS NULL DESC, a.ends_at DESC, a.id LIMIT 1)
 WHERE person.id = %s
"""  # noqa: S608 (texts of our own)


@dataclass(frozen=True, slots=True)
class Frame:
    """Counts are of what waits for this reader. `absence` is the id of the absence they are in, `until` its end."""

    answers: int = 0
    findings: int = 0
    changes: int = 0
    notices: int = 0
    holds_role: bool = False
    has_duty: bool = False
    sees_exceptions: bool = False
    sees_log: bool = False
    absence: int | None = None
    until: datetime | None = None


def read(*, user: User, at: datetime) -> Frame:
    admin = user.is_active and user.is_staff
    names = sorted(answers.names(user))
    told = [names, at, at, at, at, at, admin, at, at, admin, at, at, at, at, user.pk]
    ((found,),) = rows.fetch((_FRAME, told))
    waiting, duties, holds, findings, changes, notices, named, absence, until = found
    bits = duties or 0
    return Frame(
        answers=waiting, findings=findings, changes=changes, notices=notices, holds_role=bool(holds),
        has_duty=bool(bits) or bool(named and access.duties(user, at=at)), sees_exceptions=bool(bits & 2) or admin,
        sees_log=bool(bits & 1), absence=absence, until=until,
    )  # fmt: skip
