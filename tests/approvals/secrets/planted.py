"""Secrets that are none: made up as they are needed, so that no file of ours holds what looks like one."""

import base64
import json
import random
import string

WORDS, SMALL, HEX = string.ascii_letters + string.digits, string.ascii_lowercase + string.digits, "0123456789abcdef"


def _some(count: int, signs: str = WORDS) -> str:
    return "".join(random.Random(count).choices(signs, k=count))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(**header: str) -> str:
    return ".".join((_part({"alg": "HS256"} | header), _part({"sub": "dana"}), _some(43)))


SECRETS = {
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE",
    "jwt": jwt(),
    "url-password": "postgres://app:" + "s3cr3tpw@db.example/shop",
    "card-number": "4111" + " 1111 1111 1111",
    "aws-key": "AKIA" + _some(16, string.ascii_uppercase),
    "azure-storage-key": "AccountKey=" + _some(86) + "==",
    "artifactory": "AKC" + _some(20),
    "discord-token": "M" + _some(23) + "." + _some(6) + "." + _some(27),
    "github-token": "ghp_" + _some(36),
    "gitlab-token": "glpat-" + _some(20),
    "mailchimp-key": _some(32, HEX) + "-us12",
    "npm-token": "//registry/:_authToken=npm_" + _some(36),
    "openai-key": "sk-" + _some(20) + "T3BlbkFJ" + _some(20),
    "pypi-token": "pypi-AgEIcHlwaS5vcmc" + _some(80),
    "sendgrid-key": "SG." + _some(22) + "." + _some(43),
    "slack-token": "xoxb-123456789012-123456789012-" + _some(24, SMALL),
    "square-secret": "sq0csp-" + _some(43),
    "stripe-key": "sk_live_" + _some(24),
    "telegram-token": "123456789:AA" + _some(33),
    "twilio-key": "SK" + _some(32, HEX),
    "google-key": "AIza" + _some(35),
    "placet-token": "plc_" + _some(16, SMALL) + "_" + _some(43),
    "bearer": "Authorization: Bearer " + _some(32),
    "assigned": 'set password = "' + _some(6) + '!7xyz"',
    "ibm-key": 'ibm_cloud_iam_api_key = "' + _some(44) + '"',
    "softlayer-key": 'softlayer_api_key = "' + _some(64, SMALL) + '"',
    "cloudant": 'cloudant_password = "' + _some(64, HEX) + '"',
    "url-credential": "https://a.example/x?page=2&access_token=" + _some(20),
    "aws-secret": 'aws_secret_access_key = "' + _some(40) + '"',
}
