"""An Ed25519 key that stays in a hardware module (PKCS#11 3.0, CKM_EDDSA), through python-pkcs11.

`pip install "placet-console[pkcs11]"` brings it. The module does the signing; the private half never leaves it.
"""

from __future__ import annotations

import threading
from typing import Any, Self

from placet import jws

_OID = bytes.fromhex("06032b6570")  # 1.3.101.112, id-Ed25519 (RFC 8410)
_NAMES = (_OID, bytes.fromhex("130c656477617264733235353139"))  # and as a name: "edwards25519"


class NoKey(Exception):
    """The module, its token or the key is not there, or does not do what is asked: one sentence says which."""


class Pkcs11Signer:
    """A key of a token, found by its label. One session is kept, opened anew when the module has lost it."""

    def __init__(self, *, module: str, token: str, label: str, pin: str) -> None:
        self._where = {"module": module, "token": token, "pin": pin}
        self.label = label
        self._turn = threading.Lock()
        self._session: Any = None
        self._key: Any = None
        with self._turn:
            self._open()
        self.kid = jws.thumbprint(self.public_key)

    @classmethod
    def generate(cls, *, module: str, token: str, label: str, pin: str) -> Self:
        """Make a key in the token that can never be read out of it. Raises `NoKey` when the label is taken."""
        pkcs11 = _library()
        from pkcs11.exceptions import PKCS11Error

        try:
            with _entered(_token(module, token), pin, rw=True) as session:
                if _found(session, label, pkcs11.ObjectClass.PRIVATE_KEY):
                    raise NoKey(f"The token {token} has a key labelled {label} already.")
                curve = session.create_domain_parameters(
                    pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: _OID}, local=True
                )
                hidden = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
                curve.generate_keypair(
                    mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, label=label, store=True,
                    private_template=hidden,
                )  # fmt: skip
        except PKCS11Error as error:
            raise NoKey(f"The token {token} makes no Ed25519 key: {type(error).__name__}.") from error
        return cls(module=module, token=token, label=label, pin=pin)

    @classmethod
    def obtain(cls, *, module: str, token: str, label: str, pin: str) -> Self:
        """The key of that label, made when there is none."""
        try:
            return cls(module=module, token=token, label=label, pin=pin)
        except NoKey as error:
            if "no key labelled" not in str(error):
                raise
        return cls.generate(module=module, token=token, label=label, pin=pin)

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032) over `data`. Raises `NoKey` when the module is gone."""
        from pkcs11.exceptions import PKCS11Error

        with self._turn:
            try:
                return self._signed(data)
            except PKCS11Error:
                self._open()  # the session ended: the module was restarted, or the token was away
                try:
                    return self._signed(data)
                except PKCS11Error as error:
                    raise NoKey(f"The module does not sign: {type(error).__name__}.") from error

    def public_jwk(self) -> dict[str, str]:
        """The public half, as it stands in a JWKS (RFC 8037)."""
        return jws.jwk(self.public_key)

    def _signed(self, data: bytes) -> bytes:
        return bytes(self._key.sign(data, mechanism=_library().Mechanism.EDDSA))

    def _open(self) -> None:
        pkcs11 = _library()
        from pkcs11.exceptions import PKCS11Error

        try:
            session = _entered(_token(self._where["module"], self._where["token"]), self._where["pin"])
            private = _found(session, self.label, pkcs11.ObjectClass.PRIVATE_KEY)
            public = _found(session, self.label, pkcs11.ObjectClass.PUBLIC_KEY)
        except PKCS11Error as error:
            raise NoKey(f"The token {self._where['token']} cannot be opened: {type(error).__name__}.") from error
        if len(private) != 1 or len(public) != 1:
            session.close()
            many = "no key" if not private else "more or less than one whole key"
            raise NoKey(f"The token {self._where['token']} has {many} labelled {self.label}.")
        self._session, self._key = session, private[0]
        self.public_key = _raw(public[0])


def _library() -> Any:
    try:
        import pkcs11
    except ImportError as error:
        raise NoKey('python-pkcs11 is not installed: pip install "placet-console[pkcs11]".') from error
    return pkcs11


def _token(module: str, name: str) -> Any:
    pkcs11 = _library()
    try:
        return pkcs11.lib(module).get_token(token_label=name)
    except pkcs11.exceptions.NoSuchToken as error:
        raise NoKey(f"The module {module} has no token labelled {name}.") from error
    except (pkcs11.exceptions.PKCS11Error, RuntimeError) as error:
        raise NoKey(f"The module {module} cannot be loaded.") from error


def _entered(token: Any, pin: str, *, rw: bool = False) -> Any:
    """A session of somebody signed in; that another session of this process has signed in counts for all."""
    from pkcs11.exceptions import UserAlreadyLoggedIn

    try:
        return token.open(rw=rw, user_pin=pin)
    except UserAlreadyLoggedIn:
        return token.open(rw=rw)


def _found(session: Any, label: str, kind: Any) -> list[Any]:
    pkcs11 = _library()
    return list(session.get_objects({pkcs11.Attribute.LABEL: label, pkcs11.Attribute.CLASS: kind}))


def _raw(public: Any) -> bytes:
    """The 32 bytes of the public key: a DER octet string as the standard says, or bare as some modules say."""
    from pkcs11 import Attribute

    if bytes(public[Attribute.EC_PARAMS]) not in _NAMES:
        raise NoKey("The key of this label is no Ed25519 key.")
    point = bytes(public[Attribute.EC_POINT])
    if len(point) == 34 and point[:2] == b"\x04\x20":
        point = point[2:]
    if len(point) != 32:
        raise NoKey("The key of this label is no Ed25519 key.")
    return point
