"""What a secret looks like when it is written out: one rule each, its anchors, its pattern.

The patterns are the keyed ones of detect-secrets 1.5 (Yelp, Apache-2.0): those with a prefix, a host or an assigned
name to hold on to; none of its entropy plug-ins. They are copied, not imported, because that package brings an HTTP
client along; a test holds the two against each other. Each is bounded, so that none can take quadratic time, and is
tried only on a text that has one of its anchors.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

_PEM = (
    r"-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|PGP|SSH2 ENCRYPTED) )?PRIVATE KEY(?: BLOCK)?-----"
    r"|PuTTY-User-Key-File-[23]"
)
_QUOTED = r"""["'`]([^\s"'`]{8,200})["'`]"""
_ASSIGNED = r"""["']?\]?\s{0,3}(?::=|=>|==|=|:)\s{0,3}"""
_KEYED = (
    r"(?:pass(?:word|wd|phrase)|pwd|(?:api|app|auth|access|secret|private|priv|service|account|db|client|encryption)"
    r"[_-]?key|(?:client|app|api|db|shared|webhook)[_-]?(?:secret|pass(?:word)?)|secret|(?:auth|access|refresh|bearer"
    r"|api)[_-]?token|contrase(?:ñ|n)a)"
)


def _anything(match: re.Match[str]) -> bool:
    """Not one that stands in handbooks: all its last signs alike, or `EXAMPLE` at its end."""
    return len(set(match[0][-8:])) > 1 and not match[0].endswith("EXAMPLE")


def _is_jwt(match: re.Match[str]) -> bool:
    """Both of its first parts are JSON, and the header names an algorithm. A receipt of ours is no credential."""
    parts = match[0].split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, binascii.Error, RecursionError):
        return False
    ours = isinstance(header, dict) and str(header.get("typ", "")).startswith("placet-")
    return isinstance(header, dict) and isinstance(claims, dict) and "alg" in header and not ours


def _is_card(match: re.Match[str]) -> bool:
    """A number of a card scheme, of its length, with its check digit (ISO/IEC 7812-1, Luhn)."""
    digits = re.sub(r"\D", "", match[0])
    if len(set(digits)) < 2:
        return False
    odd = [int(digit) for digit in digits[-1::-2]]
    even = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(odd) + sum(even)) % 10 == 0


_PATH = re.compile(r"(?:\.{0,2}/|~/|[A-Za-z]:\\).*|.*\.(?:pem|key|crt|json|txt|env|ya?ml|toml)", re.IGNORECASE)


def is_path(said: str) -> bool:
    """Whether it says where something lies: the file of a key is no key."""
    return len(said) < 400 and _PATH.fullmatch(said) is not None


def _is_real(match: re.Match[str]) -> bool:
    """What is assigned could be a password: letters and others, and neither a place-holder for one nor a file."""
    said = match[1] or ""
    if said.lower().startswith(("your", "my-", "my_", "replace", "insert", "changeme", "os.environ")):
        return False
    if is_path(said):
        return False
    stands_for = ("${", "{{", "<", "%(", "$(", "***", "xxx", "...", "…", "env.", "vault:", "secret:", "arn:", "example")
    mixed = any(c.isalpha() for c in said) and any(not c.isalpha() for c in said)
    return mixed and len(set(said)) > 4 and not any(each in said.lower() for each in stands_for)


def _is_password(match: re.Match[str]) -> bool:
    said = match[1]
    return not re.fullmatch(
        r"[*x•.]+|\$\{?\w+\}?|\{\w+\}|<[^>]*>|%\w|guest|password|pass|pwd|secret|token|PASSWORD", said
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """`anchors`: one of these is in every text that the pattern can match; with `small`, in its small letters. Where
    there are none, the pattern itself is quick enough to look with.
    """

    name: str
    title: str
    anchors: tuple[str, ...]
    pattern: re.Pattern[str]
    holds: Callable[[re.Match[str]], bool] = field(default=_anything)
    small: bool = False


def _rule(
    name: str, title: str, anchors: str, pattern: str, *, small: bool = False,
    holds: Callable[[re.Match[str]], bool] = _anything,
) -> Rule:  # fmt: skip
    return Rule(name, title, tuple(anchors.split()), re.compile(pattern, re.IGNORECASE if small else 0), holds, small)


_END = r"(?![A-Za-z0-9_-])"
_START = r"(?<![A-Za-z0-9_-])"
ALL = (
    _rule("private-key", "a private key", "PRIVATE PuTTY-User-Key-File", _PEM),
    _rule("jwt", "a JSON Web Token", "eyJ", _START + r"eyJ[\w-]{8,4000}\.[\w-]{8,8000}\.?[\w-]{0,4000}", holds=_is_jwt),
    _rule("url-password", "a password in an address", "://", r"://[^\s:/?#\[\]@\"'<>]{0,200}:([^\s:/?#\[\]@\"'<>]{1,200})@",
          holds=_is_password),
    _rule("card-number", "a card number", "", r"(?<![\w.+-])(?:4\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}|(?:5[1-5]\d\d|222[1-9]"
          r"|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)([ -]?)\d{4}\2\d{4}\2\d{4}|3[47]\d\d([ -]?)\d{6}\3\d{5}"
          r"|(?:6011|65\d\d|64[4-9]\d)([ -]?)\d{4}\4\d{4}\4\d{4})(?![\w-]|\.\d)", holds=_is_card),
    _rule("aws-key", "an AWS key", "AKIA ASIA ABIA ACCA A3T",
          _START + r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    _rule("aws-secret", "an AWS secret key", "aws", r"aws.{0,20}?(?:key|pwd|pw|password|pass|token)"
          + _ASSIGNED + r"[\"']?([0-9a-zA-Z/+]{40})(?![0-9a-zA-Z/+])", small=True, holds=_is_real),
    _rule("azure-storage-key", "an Azure storage key", "AccountKey=", r"AccountKey=[a-zA-Z0-9+/=]{80,88}"),
    _rule("artifactory", "an Artifactory token", "AKC AP", r"(?:(?<=[\s=:\"])|^)(?:AKC[a-zA-Z0-9]{10,200}"
          r"|AP(?=[\dABCDEF][a-zA-Z]{0,60}\d)[\dABCDEF][a-zA-Z0-9]{24,200})(?=[\s\"]|$)"),
    _rule("cloudant", "a Cloudant key", "cloudant", r"cloudant.{0,30}?(?:key|pass(?:word|wd)?|pwd|api)" + _ASSIGNED
          + r"[\"']?([0-9a-f]{64}|[a-z]{24})(?![0-9a-z])", small=True),
    _rule("discord-token", "a Discord token", "", _START + r"[MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}"
          r"\.[A-Za-z\d_-]{27,38}" + _END),
    _rule("github-token", "a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
          r"gh[pousr]_[A-Za-z0-9_]{36}|github_pat_[A-Za-z0-9_]{60,100}"),
    _rule("gitlab-token", "a GitLab token",
          "glpat- gldt- glft- glsoat- glrt- GR1348941 glcbt- glimt- glptt- glagent- gloas-",
          r"(?:glpat|gldt|glft|glsoat|glrt)-[\w-]{20,50}|GR1348941[\w-]{20,50}|glcbt-(?:[0-9a-fA-F]{2}_)?[\w-]{20,50}"
          r"|glimt-[\w-]{25}|glptt-[\w-]{40}|glagent-[\w-]{50,1024}|gloas-[\w-]{64}"),
    _rule("ibm-key", "an IBM Cloud key", "ibm iam bluemix",
          r"(?:ibm|bluemix|iam).{0,30}?(?:key|pass(?:word|wd)?|pwd|secret)"
          + _ASSIGNED + r"[\"']?([a-z0-9_-]{44}|[a-f0-9]{48})(?![a-z0-9_-])", small=True, holds=_is_real),
    _rule("mailchimp-key", "a Mailchimp key", "-us", _START + r"[0-9a-f]{32}-us[0-9]{1,2}" + _END),
    _rule("npm-token", "an npm token", "npm_ _authToken", r":_authToken=\s{0,5}(?:npm_\S{10,100}|[A-Fa-f0-9-]{36})"
          r"|(?<![\w-])npm_[A-Za-z0-9]{36}(?![\w-])"),
    _rule("openai-key", "an OpenAI key", "sk-", _START + r"sk-[A-Za-z0-9_-]{0,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}"
          r"|(?<![\w-])sk-(?:proj|svcacct|admin|ant-api03|or-v1)-[A-Za-z0-9_-]{40,200}"),
    _rule("pypi-token", "a PyPI token", "pypi-AgE",
          r"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{70,1000}"),
    _rule("sendgrid-key", "a SendGrid key", "SG.", _START + r"SG\.[a-zA-Z0-9_-]{22}\.[a-zA-Z0-9_-]{43}" + _END),
    _rule("slack-token", "a Slack token", "xoxa- xoxb- xoxp- xoxo- xoxs- xoxr- xoxe xapp- hooks.slack.com",
          r"xox[abposr]-(?:\d{1,20}-){1,6}[a-z0-9]{6,100}|xapp-\d-[A-Z0-9]{5,20}-\d{5,20}-[a-f0-9]{32,128}"
          r"|xoxe(?:\.xox[bp])?-\d-[\w-]{40,400}|https://hooks\.slack\.com/services/T\w{1,30}/B\w{1,30}/\w{8,60}",
          small=True),
    _rule("softlayer-key", "a SoftLayer key", "softlayer sl_",
          r"(?:softlayer|\bsl)[_-]?.{0,20}?(?:key|pass(?:word|wd)?|pwd|api)"
          + _ASSIGNED + r"[\"']?([a-z0-9]{64})(?![a-z0-9])|api\.softlayer\.com/soap/v3(?:\.1)?/([a-z0-9]{64})",
          small=True),
    _rule("square-secret", "a Square secret", "sq0csp- sq0atp-", r"sq0(?:csp|atp)-[0-9A-Za-z_-]{22,60}"),
    _rule("stripe-key", "a Stripe key", "k_live_ whsec_",
          r"[rs]k_live_[0-9a-zA-Z]{24,200}|whsec_[A-Za-z0-9+/=]{32,100}"),
    _rule("telegram-token", "a Telegram token", ":AA", r"(?<![\d\w])\d{8,10}:AA[0-9A-Za-z_-]{33}" + _END),
    _rule("twilio-key", "a Twilio key", "SK AC", _START + r"(?:SK|AC)(?=[a-f0-9]{0,31}\d)[a-f0-9]{32}" + _END),
    _rule("google-key", "a Google key", "AIza ya29. GOCSPX-",
          _START + r"(?:AIza[\w-]{35}|ya29\.[\w-]{40,2000}|GOCSPX-[\w-]{28})" + _END),
    _rule("placet-token", "a token of a Placet server", "plc_", r"plc_[a-z0-9]{16}_[A-Za-z0-9_-]{43}"),
    _rule("bearer", "a bearer token", "bearer basic",
          r"authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|basic)\s{1,3}"
          r"([A-Za-z0-9._~+/-]{16,4000}={0,2})", small=True, holds=_is_real),
    _rule("url-credential", "a link that hands over a credential", "token= key= secret= password= passwd=",
          r"[?&](?:(?:access|auth|refresh|id|api|session|bearer)[_-]?token|api[_-]?key|client[_-]?secret|password|passwd)="
          r"([^\s&#\"'<>]{8,400})", small=True, holds=_is_real),
    _rule("assigned", "a secret that is assigned", "pass pwd key secret token contrase",
          r"(?<![a-z])" + _KEYED + _ASSIGNED + _QUOTED, small=True, holds=_is_real),
)  # fmt: skip
#: The members of an object that hold a secret, whatever it looks like: `words` of their names, put together.
_MEMBERS = """
    password passwd passphrase userpassword dbpassword adminpassword newpassword oldpassword currentpassword
    apikey xapikey clientsecret secretkey secretaccesskey privatekey accesstoken refreshtoken authtoken
    bearertoken apitoken sessiontoken cvv cvc cardcvc cardnumber mnemonic seedphrase
"""
MEMBERS = frozenset(_MEMBERS.split())
RULES: dict[str, str] = {rule.name: rule.title for rule in ALL} | {
    "member": "a member named like a secret",
}
