"""State at rest: encrypted and authenticated with a key from a passphrase, or refused.

scrypt makes a master key of the passphrase, HKDF one key for each agent, ChaCha20-Poly1305 encrypts, and the whole
header is authenticated with it: another key, another header or one flipped bit anywhere raises.

Sources: RFC 7914, RFC 5869, RFC 8439.
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"CISHXE01"
LEAST_COST, COST, MOST_COST = 1 << 14, 1 << 15, 1 << 20  # scrypt's N: 32 MB and about 0.1 s at the default
LONGEST_HEADER = 4_096
_LENGTH = struct.Struct("<I")
_NONCE, _SALT = 12, 16


class SealError(ValueError):
    """The bytes cannot be opened: not ours, changed, or the passphrase is another one."""


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the encrypted state, in clear and authenticated."""

    agent: str
    version: int  # of the state inside
    cost: int
    salt: str
    nonce: str


def seal(state: bytes, agent: str, version: int, passphrase: str, cost: int = COST) -> bytes:
    """Return a state encrypted for one agent; two calls never return the same bytes.

    Args:
        state: What to protect.
        agent: Whose it is; part of the key.
        version: The version of the state's format.
        passphrase: At least one character; it is never stored.
        cost: scrypt's N, a power of two.

    Raises:
        ValueError: The passphrase is empty or the cost out of range.
    """
    if not passphrase:
        raise ValueError("an empty passphrase protects nothing; set one")
    _check_cost(cost)
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    fields = {"agent": agent, "version": version, "cost": cost, "salt": salt.hex(), "nonce": nonce.hex()}
    header = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    clear = MAGIC + _LENGTH.pack(len(header)) + header
    return clear + ChaCha20Poly1305(_key(passphrase, salt, cost, agent)).encrypt(nonce, state, clear)


def header_of(data: bytes) -> Header:
    """Return what stands in clear before a sealed state; nothing of it is proven until it is opened.

    Raises:
        SealError: It is no sealed state, or was cut short.
    """
    return _parsed(data)[0]


def unseal(data: bytes, passphrase: str) -> tuple[Header, bytes]:
    """Return the header and the state that `seal` encrypted.

    Raises:
        SealError: It is no sealed state, was changed or cut short, or the passphrase is another one.
    """
    header, clear = _parsed(data)
    key = _key(passphrase, bytes.fromhex(header.salt), header.cost, header.agent)
    try:
        return header, ChaCha20Poly1305(key).decrypt(bytes.fromhex(header.nonce), data[len(clear) :], clear)
    except InvalidTag as error:
        raise SealError("it does not open: the passphrase is another one, or the bytes were changed") from error


def _parsed(data: bytes) -> tuple[Header, bytes]:
    start = len(MAGIC) + _LENGTH.size
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise SealError(f"no sealed state: the bytes begin with {data[: len(MAGIC)]!r}, not {MAGIC!r}")
    (length,) = _LENGTH.unpack_from(data, len(MAGIC))
    if length > LONGEST_HEADER or len(data) < start + length:
        raise SealError("the header is cut short or changed")
    try:
        fields = json.loads(data[start : start + length])
        header = Header(**fields)
        sizes = len(bytes.fromhex(header.salt)), len(bytes.fromhex(header.nonce))
        _check_cost(header.cost)
    except (ValueError, TypeError) as error:
        raise SealError("the header is changed") from error
    if sizes != (_SALT, _NONCE) or type(fields["agent"]) is not str:
        raise SealError("the header is changed")
    return header, data[: start + length]


def _check_cost(cost: int) -> None:
    if type(cost) is not int or not LEAST_COST <= cost <= MOST_COST or cost & (cost - 1):
        raise ValueError(f"scrypt's cost must be a power of two from {LEAST_COST} to {MOST_COST}, not {cost!r}")


def _key(passphrase: str, salt: bytes, cost: int, agent: str) -> bytes:
    info = b"cistron state\0" + agent.encode("utf-8", "surrogatepass")
    return HKDFExpand(algorithm=SHA256(), length=32, info=info).derive(_master(passphrase, salt, cost))


@lru_cache(maxsize=4)
def _master(passphrase: str, salt: bytes, cost: int) -> bytes:
    """Return the key of a passphrase; kept for the process, because it is made to be slow."""
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode("utf-8", "surrogatepass"))
