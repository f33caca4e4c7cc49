"""Which forms ask for a credential: names, titles, descriptions, messages, any language, any disguise."""

import time

import pytest

from approvals.rules.secrets import asking

TEXT = {"type": "string"}


def form(message: str = "Please fill this in.", properties: dict | None = None, **schema) -> dict:
    schema = {"type": "object", "properties": properties or {}} | schema
    return {"mode": "form", "message": message, "requestedSchema": schema}


def rules(params: dict) -> list[str]:
    return [hit.rule for hit in asking.asked(params)]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "userPassword",
        "DBPassword1",
        "pass_word",
        "AWS_SECRET_ACCESS_KEY",
        "githubToken",
        "openaiApiKey",
        "pin",
        "cvv",
        "one-time-code",
        "sshPrivateKey",
        "wifi_pswd",
        "topicauthtoken",
        "Seed phrase",
        "Mot de passe",
        "Contraseña",
        "Passwort",
        "Пароль",
        "パスワード",
        "비밀번호",
        "密码",
        "API 金鑰",
        "Klucz API",
    ],
)
def test_a_field_of_such_a_name_or_title_asks(name):
    assert rules(form(properties={name: TEXT}))
    assert rules(form(properties={"x": TEXT | {"title": name}}))


@pytest.mark.parametrize(
    "name",
    [
        "p\u200bass\u2060word",
        "\u202epassword\u202c",
        "p\u0430ssw\u043erd",
        "tok\u00aden",
        "𝐏𝐚𝐬𝐬𝐰𝐨𝐫𝐝",
        "Ｐａｓｓｗｏｒｄ",
        "P4ssw0rd",
        "s3cr3t",
        "p@ssw0rd",
        "p a s s w o r d",
        "p.a.s.s.w.o.r.d",
        "PassWord",
        "pa\U000e0041ssword",
        "pässwörd",
        "pass\u3164word",
        "p\uffa0assword",
        "ᴘᴀssᴡᴏʀᴅ",
        "🅿assword",
        "🇵assword",
        "pa-ss wo_rd",
        "4pi k3y",
        "P.I.N.",
        "2FA",
        "securitycode",
        "Password (required)",
    ],
)
def test_disguise_does_not_help(name):
    assert rules(form(properties={name: TEXT}))


@pytest.mark.parametrize(
    "message",
    [
        "Please enter your password below",
        "To go on we need your API key.",
        "What is your PIN?",
        "Paste the access token here",
        "Bitte geben Sie Ihr Passwort ein",
        "Saisissez votre mot de passe",
        "Введите пароль",
        "パスワードを入力してください",
        "请输入您的密码",
        "비밀번호를 입력하세요",
        "Enter the 16 digits of your credit card",
        "Enter your p4ssw0rd",
        "Enter your pass.word",
        "Enter the six-digit code we sent you",
        "Type in the code from your authenticator app",
    ],
)
def test_a_message_asks_when_it_tells_somebody_to_enter_one(message):
    hits = asking.asked(form(message, {"x": TEXT}))
    assert [hit.pointer for hit in hits] == ["/mcp/params/message"]
    assert not rules(form(message, {"go_on": {"type": "boolean"}})), "there is nowhere to type it"


@pytest.mark.parametrize(
    "properties",
    [
        {"x": TEXT | {"description": "The OAuth access token used to call you"}},
        {"x": TEXT | {"description": "Enter your password"}},
        {"x": TEXT | {"format": "password"}},
        {"x": TEXT | {"writeOnly": True}},
        {"x": {"ui:widget": "password"}},
        {"pin": {"type": "integer"}},
        {"x": {"type": ["string", "null"], "title": "Passphrase"}},
        {"x": {"type": "array", "items": {"type": "object", "properties": {"secret": TEXT}}}},
        {"x": {"anyOf": [{"properties": {"y": {"properties": {"token": TEXT}}}}]}},
        {"a": {"type": "string", "enum": ["Type your password into the note", "no"]}, "note": TEXT},
        {"x": TEXT, "sure": {"type": "boolean", "description": "Put your password into x"}},
        {"a": {"type": "string", "oneOf": [{"const": "a", "title": "Enter the API key as note"}]}, "note": TEXT},
    ],
)
def test_unusual_schemas_are_read_through(properties):
    assert rules(form(properties=properties))


@pytest.mark.parametrize(
    "more",
    [
        {"anyOf": [TEXT]}, {"oneOf": [{"title": "a"}]}, {"enum": []}, {"const": "x"}, {"items": {"enum": ["a"]}},
        {"type": "integer"},
    ],
)  # fmt: skip
def test_what_the_page_draws_as_a_field_to_type_in_is_judged_as_one(more):
    """A list of choices that is none once made a field a choice to the gate; to a person it was a field."""
    assert rules(form(properties={"x": TEXT | {"title": "Password"} | more})) == ["form.password"]


def test_what_is_only_required_or_a_pattern_of_names_counts_too():
    assert rules(form(required=["password"])) and rules(form(patternProperties={"^password$": TEXT}))


@pytest.mark.parametrize(
    "properties",
    [
        {"name": TEXT, "email": TEXT},
        {"maxTokens": {"type": "integer"}},
        {"token_type": TEXT},
        {"password_policy": TEXT},
        {"secretName": TEXT},
        {"reset_password": {"type": "boolean"}},
        {"auth": {"type": "string", "enum": ["password"]}},
        {"pinCode": TEXT | {"title": "PIN code", "description": "Postal code of your city"}},
        {"gpio_pin": {"type": "integer"}},
        {"api_key_name": TEXT},
        {"publicKey": TEXT},
        {"access_key_id": TEXT},
        {"next_page_token": TEXT},
        {"tokenizer": TEXT},
        {"secretariat": TEXT},
        {"passport_number": TEXT},
        {"keyboard": TEXT},
        {"password_expiry_days": {"type": "integer"}},
        {"x": TEXT | {"title": "Name of the secret"}},
        {"credentialsId": TEXT | {"description": "Credentials to use"}},
        {"title": TEXT | {"description": "E.g. password reset does not work"}},
        {"key": TEXT},
        {"session id": TEXT},
    ],
)
def test_what_is_about_a_credential_asks_for_none(properties):
    assert not rules(form(properties=properties))


@pytest.mark.parametrize(
    "message",
    [
        "Never enter your password here.",
        "Do not share your API key. What is your name?",
        "Which secret should be rotated?",
        "The token of the run expired. Shall I retry?",
        "Which token do you want to revoke? Give its name.",
    ],
)
def test_talking_about_one_is_not_asking(message):
    assert not rules(form(message, {"x": TEXT}))


def test_bare_words_only_warn():
    assert asking.is_asked_for("key") and asking.is_asked_for("session id") and not asking.is_asked_for("monkey")


def test_a_hit_names_the_rule_and_the_field():
    (hit,) = asking.asked(form(properties={"a/b": {"type": "object", "properties": {"apiKey": TEXT}}}))
    assert hit.rule == "form.api-key"
    assert hit.pointer == "/mcp/params/requestedSchema/properties/a~1b/properties/apiKey"


@pytest.mark.parametrize(
    "text", ["enter password name ", "a b c d ", "p4 ", "введите пароль ", "enter x. ", "\u0430\u200b", "\ufdfa"]
)
def test_no_text_takes_long(text):
    long = (text * 60_000)[:250_000]
    start = time.process_time()
    asking.asked(form(long, {"x": TEXT | {"title": long, "description": long}}))
    assert time.process_time() - start < 1.0


def test_one_figure_in_a_long_word_does_not_make_it_slow():
    """It once took six seconds: every place in the word was tried as a beginning."""
    word = "enter 1 " + "a" * 19_990
    start = time.process_time()
    asking.asked(form(word, {f"x{n}": TEXT | {"title": word, "description": word} for n in range(4)}))
    assert time.process_time() - start < 0.5
