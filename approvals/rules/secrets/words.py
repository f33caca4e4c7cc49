"""The words by which a form asks for a credential, by rule; and what makes such a word mean something else.

English in full, some thirty other languages for the obvious words. `rules/secrets/asking` says how they are read.
"""

from functools import lru_cache

from . import folding


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Phrases by rule, in any language; a comma, or a line, ends one.
_WRITTEN = {
    "form.password": """
        password, passwords, passwd, passwrd, pwd, pswd, passphrase, pass phrase, pass word, passcode, pass code
        passkey pin, passwort, kennwort, zugangscode, mot de passe, code secret, contrasena, senha
        palavra passe, parola d ordine, parola, wachtwoord, toegangscode, haslo, losenord, adgangskode, kodeord
        passord, salasana, пароль, sifre, heslo, jelszo, lozinka, geslo, slaptazodis, parool, κωδικος προσβασης
        συνθηματικο, סיסמה, كلمة المرور, كلمة السر, رمز عبور, पासवर्ड, รหัสผ่าน, mat khau, kata sandi
        security answer, secret answer, mothers maiden name, mother s maiden name, login code, user pass, db pass
    """,
    "form.token": """
        token, auth token, bearer, jeton, token de acceso, токен, session cookie, auth cookie, jwt, accesstoken
        authtoken, refreshtoken, bearertoken
    """,
    "form.api-key": """
        api key, apikey, api keys, app key, appkey, application key, integration key, integrationkey
        service key, account key, access key, license secret, api secret, api schlussel, cle api, cle d api
        clave api, clave de api, clave de acceso, chave api, chave de api, chave da api, chiave api
        chiave di api, api sleutel, klucz api, api nyckel, api nogle, api nokkel, api avain, api ключ, ключ api
        api anahtari, klic api, api kulcs, subscription key, secret access key, storage key, authkey, auth key
        authentication key
    """,
    "form.private-key": """
        private key, privatekey, private keys, secret key, secretkey, ssh key, ssh private key, signing key
        encryption key, decryption key, master key, bind key, bindkey, backbone key, psk, preshared key
        pre shared key, network key, key pem, pem key, access control key, authenticated key
        unauthenticated key, legacy key, seed phrase, recovery phrase, mnemonic, mnemonic phrase, wallet seed
        seed words, recovery words, key phrase
        privater schlussel, geheimer schlussel, cle privee, cle secrete, clave privada, clave secreta
        chave privada, chave secreta, chiave privata, chiave segreta, geheime sleutel, klucz prywatny
        закрытый ключ, секретныи ключ, keystore, private pem
    """,
    "form.secret": """
        secret, secrets, secret value, client secret, clientsecret, shared secret, webhook secret, totp secret
        geheimnis, secreto, credential, credentials, creds, zugangsdaten
    """,
    "form.pin": """
        pin, pin code, pin number, pincode, pin kode, codigo pin, code pin, codice pin, kod pin, пин код
        pin kod, pin koodi
    """,
    "form.code": """
        otp, totp, otp code, one time code, one time password, onetime code, mfa code, 2fa, 2fa code
        two factor code, two factor authentication code, twofactor code, mfa, verification code, security code
        auth code, authcode, authentication code, authenticator code, authorization code, recovery code
        recovery codes, backup code, backup codes, sms code, login code, confirmation code, access code
        install code, installation code, unlock code, lock code, lock default code, default lock code
        alarm code, device code, sicherheitscode, bestatigungscode, code de securite, code de verification
        codigo de seguridad, codigo de verificacion, codigo de seguranca, codigo de verificacao
        codice di sicurezza, codice di verifica, kod weryfikacyjny, tvafaktorskod, код подтверждения, einmalcode
        zwei faktor code, verificatiecode, digit code, code from your authenticator, code we sent, code we texted
    """,
    "form.card": """
        cvv, cvc, cvn, card number, credit card, credit card number, debit card number, card verification value
        card security code, cardnumber, ccnumber, cc number, kreditkartennummer, numero de carte
        numero de tarjeta, numero do cartao, numero di carta, iban pin
    """,
}  # fmt: skip
#: Scripts that put no spaces between words: looked for anywhere.
_UNSPACED = {
    "form.password": "パスワード 暗証番号 合言葉 비밀번호 암호 密码 密碼 口令 รหัสผ่าน",
    "form.token": "トークン 토큰 令牌 权杖 權杖",
    "form.api-key": "apiキー api키 api密钥 api密鑰 api金鑰 api金钥 访问密钥 存取金鑰 アクセスキー",
    "form.private-key": "秘密鍵 私钥 私鑰 비밀키 개인키",
    "form.secret": "シークレット 凭据 憑證",
    "form.code": "認証コード 確認コード ワンタイム 인증코드 인증번호 验证码 驗證碼",
}
RULES: dict[str, str] = {
    "form.password": "a password",
    "form.token": "a token",
    "form.api-key": "an API key",
    "form.private-key": "a private key",
    "form.secret": "a secret",
    "form.pin": "a PIN",
    "form.code": "a security code",
    "form.card": "a card number",
}

#: A word that ends so is one of these too, whatever it is written together with: wifipassword, topicauthtoken.
ENDINGS = {
    "password": "form.password", "passwort": "form.password", "passwd": "form.password", "kennwort": "form.password",
    "passphrase": "form.password", "passcode": "form.password", "wachtwoord": "form.password", "token": "form.token",
    "secret": "form.secret", "apikey": "form.api-key", "privatekey": "form.private-key",
    "secretkey": "form.private-key",
}  # fmt: skip
#: Only these are looked for in disguise: short words turn up in figures by chance.
DISGUISED = ENDINGS | {"credentials": "form.secret", "credential": "form.secret", "cardnumber": "form.card"}

#: After a credential's word, what makes it speak about one: a token's name is no token.
ABOUT = _set(
    """
    name names id ids identifier identifiers type types kind expiry expires expiration expire length limit limits
    count policy policies url uri endpoint path paths file files filename label labels status state format age
    lifetime ttl scope scopes issuer audience usage budget symbol address addresses standard contract prefix
    manager provider providers method methods rotation hint help strength enabled disabled store storage
    location reference ref arn version versions digest fingerprint rules settings management protected protection
    scanning alert alerts reset tokens per days hours minutes seconds number holder owner description title
    comment based exchange grant bucket vault registry backend template permissions permission mode support
    supported generation generator style count_limit price supply decimals pair username header headers santa
    sauce ballot agent service services review
    """
)  # fmt: skip
#: A field whose name ends so holds no credential, whatever else its name and description say.
ENDS = _set("id ids name names type url uri path file files username user header headers endpoint ref provider prefix")
#: Before it, the same.
BEFORE = {
    "token": "indent block delimiter separator replacement from max min maximum minimum num next page continuation"
    " cursor pagination design nextpage cancel",
    "pin": "gpio board led map drop push pinned data clock chip output input io",
    "access key": "id", "card number": "loyalty library membership gift business player",
    "security code": "isin cusip", "credit card": "loyalty",
    "secret": "from top open public", "secrets": "use send dependabot", "credentials": "", "tan": "",
    "password": "no without",
}  # fmt: skip
#: A name that begins so is a switch.
FLAGS = _set(
    """
    use uses enable enabled disable disabled is has allow allows show hide hides keep remember
    """
)
#: Said of places where a PIN is a postal code, or a thing to stick somewhere.
NO_PIN = _set(
    """
    postal postcode zip address city state country street gpio board message post comment map
    """
)
VERBS = _set(
    """
    enter type provide paste supply input give share send tell copy insert fill submit reenter need needs require
    requires put write specify requesting request confirm verify what whats gib geben eingeben eintragen angeben
    trage entrez saisissez saisir indiquez fournissez introduce introduzca ingresa ingrese escribe escriba
    proporcione inserisci inserire digita fornisci insira digite introduza informe voer vul wprowadz podaj wpisz
    ange skriv angi indtast indtaste anna syota введите укажите введіть вкажіть girin giriniz zadejte adja
    introduceti masukkan nhap
    """
)
VERBS_UNSPACED = ("入力", "教えて", "입력", "输入", "輸入", "填写", "填寫", "提供", "ใส่", "กรอก")
NOT = _set(
    """
    not never dont don without no nie nicht kein keine pas jamais nunca no sin non senza nao
    """
)
#: What may stand between the beginning of a description and the word that it is about.
HEAD = _set(
    """
    o auth a an the your their access git hub lab sixteen digit digits last user users account accounts for of
    this valid current new old existing personal secure service device admin administrator login oauth api app
    application github gitlab slack stripe aws azure google bot user's my its server database db email smtp wifi
    wi fi local long lived default optional full raw actual s value contents content string master
    """
)
OF = _set(
    """
    of for
    """
)


@lru_cache(maxsize=1)
def phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """First word -> the phrases that begin with it, longest first, and whose rule they are."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for rule, written in _WRITTEN.items():
        for phrase in written.replace("\n", ",").split(","):
            if parts := tuple(folding.words(phrase)):
                found.setdefault(parts[0], []).append((parts, rule))
    for each in found.values():
        each.sort(key=lambda pair: -len(pair[0]))
    return found


@lru_cache(maxsize=1)
def together() -> dict[str, str]:
    """Each phrase as one word, and whose rule it is."""
    found = {"".join(parts): rule for pairs in phrases().values() for parts, rule in pairs}
    return {word: rule for word, rule in found.items() if len(word) > 2}


@lru_cache(maxsize=1)
def unspaced() -> dict[str, str]:
    """Words of scripts without spaces, folded, and whose rule they are."""
    return {
        folding.folded(word): rule for rule, written in _UNSPACED.items() for word in written.split()
    }  # fmt: skip


@lru_cache(maxsize=1)
def verbs() -> frozenset[str]:
    return frozenset(word for verb in VERBS for word in folding.words(verb))


@lru_cache(maxsize=1)
def verbs_unspaced() -> tuple[str, ...]:
    return tuple(folding.folded(verb) for verb in VERBS_UNSPACED)
