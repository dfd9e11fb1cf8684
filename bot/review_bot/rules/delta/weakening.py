"""Settings of TLS and cryptography that became weaker than they were."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.masking import without_comments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Statement
    from review_bot.rules.match import Match

_OFF = r"(?:False|false|0|None|nil|null|no|off|\"(?:no|false|off|0)\")"
_ON = r"(?:True|true|1|yes|on)"
_TLS_WEAK = lazy(
    rf"\b(?:verify|verify_ssl|ssl_verify|verify_certs?|validate_certs|check_hostname|assert_hostname"
    rf"|rejectUnauthorized|strictSSL|strict-ssl"
    rf"|sslVerify|http\.sslVerify|validateCertificate|verify_peer(?:_name)?|SECURE_SSL_REDIRECT"
    rf"|ssl_verification|tls_verify|verifyHost|SSL_VERIFYPEER|SSL_VERIFYHOST"
    rf"|CURLOPT_SSL_VERIFYPEER|CURLOPT_SSL_VERIFYHOST|use_ssl|use_tls|useSSL|sslEnabled"
    rf"|secure_ssl_redirect|ssl|tls|trust_env_tls)\"?'?\s*(?:=>|=|:|,|\s)\s*{_OFF}(?![\w.])"
    rf"|\b(?:InsecureSkipVerify|insecure_skip_verify|insecureSkipVerify|insecure|allow_insecure"
    rf"|allowInsecure|tlsAllowInvalidCertificates|ALLOW_INVALID_CERTS|skip_tls_verify"
    rf"|danger_accept_invalid_certs|danger_accept_invalid_hostnames|trustServerCertificate"
    rf"|TrustServerCertificate|skip-tls-verify|insecure-skip-tls-verify)\"?'?\s*(?:=>|=|:"
    rf"|\()\s*{_ON}\b"
    r"|\bCERT_NONE\b|\bVERIFY_NONE\b|_create_unverified_context|NoopHostnameVerifier"
    r"|ALLOW_ALL_HOSTNAME_VERIFIER|TrustAll\w*|trustAll\w*"
    r"|NODE_TLS_REJECT_UNAUTHORIZED\W{1,5}0|ServerCertificateValidationCallback\s*(?:\+?=)\s*.*true"
    r"|DangerousAcceptAnyServerCertificateValidator|sslmode\W{1,4}(?:disable|allow|prefer)"
    r"|(?<!\w)--(?:insecure|no-check-certificate|no-verify-ssl|skip-verify"
    r"|insecure-skip-tls-verify)\b|\bcurl\b[^|;&]*\s-\w*k\w*\s|useInsecure\w*|withoutVerifying"
)
_UNSAID = lazy(r"(?:None|nil|null)$")
_DEFINES = lazy(r"(?:async )?(?:def|func|function|fn)\b|(?:public|private|protected|static) .*\{$")
"""A parameter that is nothing by default: the function says what holds then."""
_SAYS = lazy(r"^(?:warnings\.warn|raise|throw|print|log\w*\.\w+|console\.\w+)\b")
_VERSIONS = {
    "SSLv2": 0,
    "SSLv3": 1,
    "SSL30": 1,
    "TLSv1_0": 2,
    "TLS10": 2,
    "TLSv1": 2,
    "TLSv1_1": 3,
    "TLS11": 3,
    "TLSv1_2": 4,
    "TLS12": 4,
    "TLSv1_3": 5,
    "TLS13": 5,
}
_VERSION = lazy(
    r"(?:(?<![A-Za-z])|(?<=Version))(SSLv[23]|SSL30|TLS(?:v1(?:[._][0-3])?|1[._]?[0-3]|_1_[0-3]|_v1_[0-3]))(?!\d)",
    re.IGNORECASE,
)
_URL = lazy(r"https://([\w.-]+)")
_PLAIN_HOSTS = lazy(
    r"localhost|127\.|0\.0\.0\.0|\[::1|example\.|\.local\b|w3\.org|schemas?\.|xmlns|\.test\b"
    r"|internal\.test|10\.|192\.168\."
)
_TLS_WORDS = lazy(
    r"ssl|tls|https|cert|verify|requests\.|httpx|urllib|fetch|axios|client|session|transport|curl|wget", re.IGNORECASE
)
_STRONG_LINES = lazy(
    rf"\b(?:SECURE_SSL_REDIRECT|SECURE_HSTS_SECONDS|check_hostname|rejectUnauthorized|strictSSL"
    rf"|verify_mode|requireTLS|force_ssl)\b\s*[=:]\s*(?:{_ON}|\w*CERT_REQUIRED|\d{{2,}}"
    rf"|\S*VERIFY_PEER)"
    r"|\bRUSTLS_ONLY\b|\.redirectToHttps\(|requiresSecure\(\)"
)


def tls_weakened(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Connections of which the certificate, the host name, the version or the encryption is no longer asked for."""
    if file.view.file.deleted:
        return
    for old, new in _successors(file):
        reason = _less_tls(_text(file, old), _text(file, new))
        if reason:
            yield file.match("new", new, reason, A=reason)
    for statement in file.pairing.fresh:
        found = _TLS_WEAK.search(_text(file, statement))
        if found and _in_old_function(file, statement) and not file.was_removed(found[0]):
            yield file.match("new", statement, found[0], A=found[0].strip())
    for statement in file.pairing.gone:
        found = _STRONG_LINES.search(_text(file, statement))
        if found and not _set_elsewhere(file, statement, found[0]):
            yield file.match("old", statement, found[0], A=found[0].strip())


def _successors(file: FileChange) -> list[tuple[Statement, Statement]]:
    return file.pairing.pairs


def _text(file: FileChange, statement: Statement) -> str:
    return without_comments(statement.text, file.language)


def _less_tls(old: str, new: str) -> str | None:
    """What in `new` is weaker than in `old`."""
    found = _TLS_WEAK.search(new)
    if found and not _TLS_WEAK.search(old) and not (_UNSAID.search(found[0]) and _DEFINES.match(new)):
        return found[0].strip()
    first, second = _version(old), _version(new)
    if first and second and second[0] < first[0] and second[0] < 4:
        return second[1]
    for host in _URL.findall(old):
        if f"http://{host}" in new and f"https://{host}" not in new and not _PLAIN_HOSTS.search(f"{host} {new}"):
            return None if _is_prose(new, host) else f"http://{host}"
    return None


def _is_prose(text: str, host: str) -> bool:
    """True where an address stands among the words of a message: nothing connects to it."""
    found = re.search(rf"[\"'`]([^\"'`]*)http://{re.escape(host)}[^\s\"'`]*([^\"'`]*)[\"'`]", text)
    words = re.findall(r"[A-Za-z]{2,}", f"{found[1]} {found[2]}") if found else []
    if len(words) >= 2 and not re.search(r"\b(?:curl|wget|pip|npm|git)\b|--\w|=\S*$", found[1] if found else ""):
        return True
    return bool(_SAYS.search(text))


def _version(text: str) -> tuple[int, str] | None:
    """The lowest version of the protocol that is named."""
    found = []
    for name in _VERSION.findall(text):
        key = re.sub(r"[._V]", "", name.upper()).removeprefix("TLS").removeprefix("SSL")
        rank = {"2": 0, "3": 1, "30": 1, "1": 2, "10": 2, "11": 3, "12": 4, "13": 5}.get(key)
        if rank is not None:
            found.append((rank, name))
    return min(found) if found else None


def _in_old_function(file: FileChange, statement: Statement) -> bool:
    """True where the statement was put into something that was there before and spoke of connections."""
    function = file.new.function_at(statement.start)
    if function is None:
        return bool(file.view.file.status != "added" and not file.view.file.new_file and file.old.statements)
    before = file.pairing.before(function)
    return before is not None and any(_TLS_WORDS.search(one.text) for one in file.old.body(before))


def _set_elsewhere(file: FileChange, statement: Statement, setting: str) -> bool:
    key = re.split(r"\s*[=:(]", setting)[0]
    function = file.old.function_at(statement.start)
    if function is not None and file.pairing.function(function) is None:
        return True
    if key in file.change.added_text:
        return True
    # What the setting was for may be gone with it.
    target = re.match(r"([\w.]+)\.\w+\s*=", statement.text)
    return bool(target) and target[1] not in "\n".join(file.view.lines("new").values())  # type: ignore[index]


_HASH = {
    **dict.fromkeys(("md2", "md4", "md5", "sha1", "sha_1", "sha-1", "crc32", "adler32", "ripemd"), 1),
    **dict.fromkeys(
        (
            "sha224",
            "sha256",
            "sha384",
            "sha512",
            "sha-256",
            "sha-384",
            "sha-512",
            "sha_256",
            "sha_512",
            "sha3",
            "blake2b",
            "blake2s",
            "blake3",
        ),
        3,
    ),
    **dict.fromkeys(("bcrypt", "scrypt", "argon2", "pbkdf2"), 4),
}
_MODE = {"ecb": 0, "cbc": 2, "ctr": 2, "ofb": 2, "cfb": 2, "gcm": 3, "ccm": 3, "poly1305": 3, "siv": 3}
_CIPHER = {
    **dict.fromkeys(("des", "des3", "3des", "tripledes", "desede", "rc4", "arc4", "rc2", "blowfish", "idea"), 0),
    **dict.fromkeys(("aes", "chacha20", "aes256", "aes128", "fernet", "xchacha20"), 3),
}
_RANDOM = lazy(
    r"\bsecrets\.\w+|\burandom\b|SystemRandom|randomBytes|getRandomValues|crypto/rand|SecureRandom"
    r"|random_bytes|crypto\.random\w+|randomUUID|RandomNumberGenerator|token_(?:hex|urlsafe|bytes)"
)
_GUESSABLE = lazy(
    r"(?<![\w.])random\.(?!SystemRandom)\w+|Math\.random|math/rand|new Random\b|\brand\(\)|mt_rand"
    r"|\brand\.(?:Int|Read|Intn)|uuid1|\bRandom\(|time\.time\(\)|Date\.now\(\)"
)
_CONSTANT_TIME = lazy(
    r"compare_digest|timingSafeEqual|ConstantTimeCompare|MessageDigest\.isEqual|secure_compare"
    r"|hash_equals|constant_time_compare|FixedTimeEquals|hmac\.Equal|safe_str_cmp"
)
_JWT_WEAK = lazy(
    r"verify_signature\"?'?\s*[:=]\s*(?:False|false)|\bverify_exp\"?'?\s*[:=]\s*(?:False|false)"
    r"|ignoreExpiration\s*:\s*true|algorithms?\"?'?\s*[:=]\s*\[?\s*[\"']none[\"']"
    r"|ParseUnverified|UnsafeAllowNoneSignatureType"
)
_SIZE = lazy(
    r"\b(key_?size|bits|modulus_?length|iterations|iteration_?count|rounds|salt_?rounds|cost"
    r"|time_?cost|memory_?cost|work_?factor|nbytes|key_?length|keylen|strength|n"
    r"|\w*(?:iterations|rounds|key_?size|key_?bits|key_?len(?:gth)?|salt_?len(?:gth)?"
    r"|token_?len(?:gth)?|hash_?cost|bcrypt_?cost))\"?'?\s*(?:=|:|=>|:=)\s*([\d_]+)",
    re.IGNORECASE,
)
_SIZED_CALL = lazy(
    r"\b(gensalt|token_hex|token_bytes|token_urlsafe|randomBytes|urandom|random_bytes"
    r"|generate_private_key|GenerateKey|genrsa|initialize|generateKeyPair|RSA\.generate|RSA\.new"
    r"|DSA\.generate|pbkdf2_hmac|pbkdf2|pbkdf2Sync|PBKDF2|PBEKeySpec|hashSync|genSalt|genSaltSync"
    r"|GenerateFromPassword|SecureRandom\.hex|SecureRandom\.random_bytes|BCryptPasswordEncoder|hashpw"
    r"|bcrypt\.hash|scrypt|HexString|generate_password_hash|SetKeySize|rsa:|ssh-keygen)\b(.*)"
)
_NUMBER = lazy(r"(?<![\w.])\d[\d_]*(?![\w.])")
_HARMLESS = lazy(
    r"usedforsecurity\s*=\s*False|etag|checksum|cache|dedup|fingerprint|content_hash|digest_for|gravatar|shard|bucket",
    re.IGNORECASE,
)


def crypto_weakened(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Hashes, ciphers, random numbers, comparisons and sizes that are weaker than before."""
    if file.view.file.deleted:
        return
    for old, new in file.pairing.pairs:
        first, second = _text(file, old), _text(file, new)
        reason = _less_crypto(first, second)
        if reason and not _HARMLESS.search(second):
            yield file.match("new", new, reason, A=reason)
    for old, new in _exchanged(file):
        reason = _less_crypto(_text(file, old), _text(file, new))
        if reason and not _HARMLESS.search(new.text):
            yield file.match("new", new, reason, A=reason)


def _exchanged(file: FileChange) -> Iterator[tuple[Statement, Statement]]:
    """Statements that took the place of another one without being similar to it, one for one."""
    gone = {one.start: one for one in file.pairing.gone}
    fresh = {one.start: one for one in file.pairing.fresh}
    for edit in file.edits:
        olds = [gone[number] for number, _ in edit.removed if number in gone]
        news = [fresh[number] for number, _ in edit.added if number in fresh]
        if len(olds) == len(news) <= 3:
            yield from zip(olds, news, strict=True)


def _less_crypto(old: str, new: str) -> str | None:
    """What in `new` is weaker than in `old`."""
    for table in (_HASH, _MODE, _CIPHER):
        reason = _lower_rank(table, old, new)
        if reason:
            return reason
    found = _GUESSABLE.search(new)
    if found and _RANDOM.search(old) and not _RANDOM.search(new):
        return found[0]
    if (
        _CONSTANT_TIME.search(old)
        and not _CONSTANT_TIME.search(new)
        and re.search(r"==|!=|\.equals\(|strcmp|bytes\.Equal", new)
    ):
        return "=="
    weak = _JWT_WEAK.search(new)
    if weak and not _JWT_WEAK.search(old):
        return weak[0]
    return _smaller(old, new)


def _lower_rank(table: dict[str, int], old: str, new: str) -> str | None:
    before, now = _ranked(table, old), _ranked(table, new)
    if not before or not now or max(now)[0] >= max(before)[0]:
        return None
    weakest = min(now)
    return weakest[1] if (weakest[0], weakest[1]) not in before else None


def _ranked(table: dict[str, int], text: str) -> list[tuple[int, str]]:
    text = re.sub(r"\"[^\"]*\s[^\"]*\"|'[^']*\s[^']*'", "", text)
    words = re.findall(
        r"[a-z]+[-_]?\d+[a-z]*|[a-z]+|\d?des\d?|des3", re.sub(r"(?<=[a-z])(?=[A-Z])|_(?=[A-Z])", " ", text).lower()
    )
    found = []
    for word in words:
        rank = table.get(word, table.get(word.replace("-", "").replace("_", "")))
        if rank is None and table is _HASH:
            rank = next((value for name, value in table.items() if word.startswith(name)), None)
        if rank is not None:
            found.append((rank, word))
    return found


def _smaller(old: str, new: str) -> str | None:
    """A size, a number of rounds or of bytes that went down."""
    before = {name.lower(): int(value.replace("_", "")) for name, value in _SIZE.findall(old)}
    for name, value in _SIZE.findall(new):
        number = int(value.replace("_", "") or 0)
        if name.lower() in before and number < before[name.lower()] and _crypto_context(name, new):
            return f"{name} {number}"
    first, second = _SIZED_CALL.search(old), _SIZED_CALL.search(new)
    if first and second and first[1] == second[1]:
        numbers = [[int(n.replace("_", "")) for n in _NUMBER.findall(one[2])] for one in (first, second)]
        if len(numbers[0]) == len(numbers[1]) and any(b < a for a, b in zip(*numbers, strict=True)):
            lower = next(b for a, b in zip(*numbers, strict=True) if b < a)
            return str(lower)
    return None


def _crypto_context(name: str, text: str) -> bool:
    """True where a setting's name alone, or the words around it, speak of cryptography."""
    if re.search(r"key|salt|iteration|bcrypt|hash|modulus|token|nbytes", name, re.IGNORECASE):
        return not re.search(r"cache|dict|sort|batch|loop", name, re.IGNORECASE)
    return bool(re.search(r"rsa|dsa|crypt|pbkdf|argon|scrypt|hash|key|kdf|password", text, re.IGNORECASE))
