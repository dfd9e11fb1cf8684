"""The secrets pack against the vendors' published formats and against what only looks like a secret.

Nothing that looks like a credential stands in this file: values are made at run time from a seeded alphabet.
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
import re
import string
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from review_bot import resources
from review_bot.domain.diff import FileDiff, Hunk
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change
from review_bot.rules.engine import Engine
from review_bot.rules.loader import parse_rule_file

if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.rules.model import Rule

ALPHABETS = {
    "h": string.hexdigits[:16],
    "H": string.digits + "ABCDEF",
    "A": string.ascii_letters + string.digits,
    "L": string.ascii_letters,
    "U": string.ascii_uppercase + string.digits,
    "T": string.ascii_uppercase + "234567",
    "l": string.ascii_lowercase + string.digits,
    "d": string.digits,
    "b": string.ascii_letters + string.digits + "-_",
    "B": string.ascii_letters + string.digits + "+/",
    "q": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}

# {A36} = 36 letters and digits, {h40} = 40 hexadecimal digits, {b..} = base64url, {B..} = base64, {u} = a UUID.
FORMATS = {
    "aws access key id": "AKIA{T16}",
    "aws temporary key id": "ASIA{T16}",
    "aws secret access key": "aws_secret_access_key = {B40}",
    "aws mws": "amzn.mws.{u}",
    "github personal": "ghp_{A36}",
    "github oauth": "gho_{A36}",
    "github user to server": "ghu_{A36}",
    "github server to server": "ghs_{A36}",
    "github refresh": "ghr_{A76}",
    "github fine grained": "github_pat_{A22}_{A59}",
    "gitlab personal": "glpat-{b20}",
    "gitlab routable": "glpat-{b27}.01.{l9}",
    "gitlab runner": "glrt-{b20}",
    "gitlab deploy": "gldt-{b20}",
    "gitlab trigger": "glptt-{h40}",
    "slack bot": "xoxb-{d12}-{d13}-{A24}",
    "slack user": "xoxp-{d12}-{d12}-{d12}-{h32}",
    "slack app": "xapp-1-A{U10}-{d13}-{h64}",
    "slack webhook": "https://hooks.slack.com/services/T{U8}/B{U10}/{A24}",
    "stripe live": "sk_live_{A24}",
    "stripe live long": "sk_live_{A99}",
    "stripe restricted": "rk_live_{A24}",
    "google api key": "AIza{b35}",
    "google oauth secret": "GOCSPX-{b28}",
    "google oauth token": "ya29.{b150}",
    "azure storage": "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={B86}==",
    "azure service bus": "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=all;SharedAccessKey={B43}=",
    "azure sas": "https://acme.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=rl&se=2031-01-01T00:00:00Z&sig={A43}%3D",
    "azure client secret": "{A3}8Q~{A34}",
    "npm": "npm_{A36}",
    "npmrc": "//registry.acme.io/:_authToken={u}",
    "pypi": "pypi-AgEIcHlwaS5vcmc{b150}",
    "twilio api key": "SK{h32}",
    "twilio account": "AC{h32}",
    "sendgrid": "SG.{b22}.{b43}",
    "brevo": "xkeysib-{h64}-{A16}",
    "mailgun": "key-{h32}",
    "mailchimp": "{h32}-us14",
    "openai": "sk-{A20}T3BlbkFJ{A20}",
    "openai project": "sk-proj-{b74}T3BlbkFJ{b74}",
    "anthropic": "sk-ant-api03-{b93}AA",
    "hugging face": "hf_{L34}",
    "groq": "gsk_{A52}",
    "openrouter": "sk-or-v1-{h64}",
    "replicate": "r8_{A37}",
    "databricks": "dapi{h32}",
    "digitalocean": "dop_v1_{h64}",
    "heroku": "HEROKU_API_KEY={u}",
    "heroku prefixed": "HRKU-AA{b58}",
    "cloudflare": "CLOUDFLARE_API_TOKEN={b39}7",
    "cloudflare origin ca": "v1.0-{h24}-{h146}",
    "fastly": "FASTLY_API_TOKEN={b31}4",
    "datadog api": "DD_API_KEY={h32}",
    "datadog app": "DATADOG_APP_KEY={h40}",
    "new relic": "NRAK-{U27}",
    "sentry": "sntryu_{h64}",
    "shopify access": "shpat_{h32}",
    "shopify secret": "shpss_{h32}",
    "square": "sq0atp-{b22}",
    "square secret": "sq0csp-{b43}",
    "paypal braintree": "access_token$production${l16}${h32}",
    "discord bot": "M{A25}.{A6}.{b38}",
    "discord webhook": "https://discord.com/api/webhooks/{d18}/{b68}",
    "telegram": "{d10}:AA{b33}",
    "dropbox": "sl.{b136}",
    "atlassian": "ATATT3xFfGF0{b172}={H8}",
    "bitbucket": "ATBB{A24}{H8}",
    "linear": "lin_api_{A40}",
    "notion": "secret_{A43}",
    "notion new": "ntn_{d11}{A35}",
    "figma": "figd_{b40}",
    "postman": "PMAK-{h24}-{h34}",
    "doppler": "dp.pt.{A43}",
    "vault": "hvs.{b24}",
    "terraform cloud": "{A14}.atlasv1.{b67}",
    "pulumi": "pul-{h40}",
    "grafana service account": "glsa_{A32}_{h8}",
    "grafana cloud": "glc_{B80}",
    "docker hub": "dckr_pat_{b27}",
    "rubygems": "rubygems_{h48}",
    "nuget": "oy2{l43}",
    "crates.io": "cio{A32}",
    "artifactory": "AKCp{A69}",
    "sonarqube": "sqp_{h40}",
    "snyk": "SNYK_TOKEN={u}",
    "circleci": "CCIPAT_{A22}_{h40}",
    "travis": "TRAVIS_TOKEN={A21}9",
    "okta": "OKTA_API_TOKEN=00{b40}",
    "auth0": "AUTH0_CLIENT_SECRET={b64}",
    "supabase": "sbp_{h40}",
    "planetscale": "pscale_tkn_{b43}",
    "netlify": "nfp_{A36}",
    "vercel": "VERCEL_TOKEN={A23}9",
    "age": "AGE-SECRET-KEY-1{q58}",
    "jwt": "eyJ{A33}.eyJ{A70}.{b43}",
    "dynatrace": "dt0c01.{T24}.{T64}",
    "tailscale": "tskey-auth-k{A16}-{A32}",
    "buildkite": "bkua_{h40}",
    "airtable": "pat{A14}.{h64}",
    "hubspot": "pat-na1-{u}",
    "postgres": "postgres://app:{A14}@db.acme.io:5432/shop",
    "mongodb": "mongodb+srv://app:{A14}@cluster0.acme.mongodb.net/shop",
    "redis": "redis://:{A16}@cache.acme.io:6379/0",
    "amqp": "amqps://worker:{A16}@mq.acme.io/jobs",
    "url": "https://deploy:{A16}@git.acme.io/app.git",
    "netrc": "machine git.acme.io login ada password {A14}7",
    "bearer": "Authorization: Bearer {A39}5",
    "gitlab ci job": "glcbt-64_{b20}",
    "gitlab feed": "glft-{b20}",
    "gitlab incoming mail": "glimt-{b25}",
    "gitlab oauth application": "gloas-{h64}",
    "gitlab agent": "glagent-{b50}",
    "slack configuration": "xoxe.xoxp-1-{A160}",
    "slack refresh": "xoxe-1-{A146}",
    "slack workflow": "https://hooks.slack.com/workflows/T{U8}/A{U8}/{d18}/{A24}",
    "stripe webhook": "whsec_{A32}",
    "anthropic admin": "sk-ant-admin01-{b93}AA",
    "openai service account": "sk-svcacct-{b74}T3BlbkFJ{b74}",
    "perplexity": "pplx-{A48}",
    "xai": "xai-{A80}",
    "tavily": "tvly-{A32}",
    "nvidia": "nvapi-{b64}",
    "langsmith": "lsv2_pt_{h32}_{h10}",
    "langfuse": "sk-lf-{u}",
    "jina": "jina_{A60}",
    "firecrawl": "fc-{h32}",
    "e2b": "e2b_{h40}",
    "pinecone": "pcsk_{A5}_{A63}",
    "azure devops": "{A76}AZDO{A4}",
    "digitalocean oauth": "doo_v1_{h64}",
    "atlassian service": "ATCTT3xFfGN0{b172}={H8}",
    "linear oauth": "lin_oauth_{h64}",
    "asana": "2/{d16}/{d16}:{h32}",
    "contentful": "CFPAT-{b43}",
    "mapbox": "sk.eyJ{A80}.{A22}",
    "sentry organisation": "sntrys_eyJ{A80}_{A43}",
    "docker organisation": "dckr_oat_{b32}",
    "new relic licence": "{h36}NRAL",
    "fly": "fm2_{A100}",
    "supabase secret": "sb_secret_{b22}_{b8}",
    "render": "rnd_{A32}",
    "stytch": "secret-live-{b35}k=",
    "flutterwave": "FLWSECK-{h32}-X",
    "zapier": "https://hooks.zapier.com/hooks/catch/{d7}/{l7}/",
    "algolia": "ALGOLIA_ADMIN_KEY={h32}",
    "splunk": "SPLUNK_HEC_TOKEN={u}",
    "codecov": "CODECOV_TOKEN={u}",
    "scaleway": "SCW_SECRET_KEY={u}",
    "maxmind": "{A6}_{A29}_mmk",
    "brevo smtp": "xsmtpsib-{h64}-{A16}",
    "mailersend": "mlsn.{h64}",
    "telnyx": "KEY0{H31}_{A22}",
    "clickup": "pk_{d8}_{U32}",
    "openshift": "sha256~{b43}",
    "trello": "ATTA{h64}",
    "polar": "polar_pat_{A43}",
    "dotenv vault": "dotenv://:key_{h64}@dotenv.org/vault/.env.vault?environment=production",
    "smtp": "smtp://mailer:{A14}@mail.acme.io:587",
    "sql server": "Server=db.acme.io;Database=shop;User Id=sa;Password={A14}",
}

PLACES = (
    ("settings.py", 'VALUE = "%s"'),
    ("deploy/.env", "%s"),
    ("deploy/values.yaml", "  value: %s"),
    ("config.json", '  "value": "%s",'),
)
KEY_HEADERS = ("RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY")


def made(template: str, seed: int) -> str:
    """The template with its `{A36}` and `{u}` filled with random characters."""
    dice = random.Random(f"{template} {seed}")

    def fill(found: re.Match[str]) -> str:
        if found[1] == "u":
            return str(uuid.UUID(int=dice.getrandbits(128)))
        text = "".join(dice.choices(ALPHABETS[found[1]], k=int(found[2])))
        return text[:-1] + "k" if found[1] in "bB" else text

    return re.sub(r"\{([hHALUTldbBqu])(\d*)\}", fill, template)


class Whole:
    """Contents of a file that is new in the change."""

    def __init__(self, text: str) -> None:
        self.text = text

    def new(self, _file: FileDiff) -> bytes:
        return self.text.encode()

    def old(self, _file: FileDiff) -> None:
        return None


@lru_cache(maxsize=1)
def engine() -> Engine:
    rules: list[Rule] = []
    folder = os.path.join(resources.folder("rules"), "secrets")
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            rules += parse_rule_file(path, file.read(), shipped=True).rules
    return Engine(rules)


def findings(text: str, path: str) -> list[Finding]:
    lines = text.removesuffix("\n").split("\n")
    data = "".join(f"+{line}\n" for line in lines).encode()
    hunk = Hunk(0, 0, 1, len(lines), len(lines), 0, data, 0, len(data))
    file = FileDiff(path, None, "added", (hunk,), len(lines), 0, new_file=True)
    outcomes = engine().run(Change(SourceInfo("all"), (file,), Whole(text)))
    return [one for outcome in outcomes for one in outcome.findings if one.confidence >= 0.5]


def found_share(template: str) -> float:
    """Share of the places and of five values each in which the format is found."""
    hits = tries = 0
    for seed in range(5):
        value = made(template, seed)
        for path, line in PLACES:
            tries += 1
            hits += bool(findings(line % value + "\n", path))
    return hits / tries


def test_there_are_at_least_sixty_formats() -> None:
    assert len(FORMATS) >= 60


def test_nearly_every_format_is_found() -> None:
    missed = {name: share for name, template in FORMATS.items() if (share := found_share(template)) < 0.95}
    assert len(missed) <= len(FORMATS) // 20, missed


@pytest.mark.parametrize("header", KEY_HEADERS)
def test_private_keys_are_found(header: str) -> None:
    text = f"-----BEGIN {header}-----\n{made('{B64}', 1)}\n{made('{B64}', 2)}\n-----END {header}-----\n"
    assert [one.rule for one in findings(text, "deploy/server.key")] == ["secrets.private-key"]


def test_known_formats_are_errors() -> None:
    text = f"TOKEN = '{made('ghp_{A36}', 3)}'\n"
    assert {one.severity for one in findings(text, "a.py") if one.rule == "secrets.github-token"} == {"error"}


def test_messages_do_not_repeat_the_value() -> None:
    for template in FORMATS.values():
        value = made(template, 9)
        assert all(value[8:24] not in one.message for one in findings(f'V = "{value}"\n', "a.py"))


ASSIGNED = (
    ("src/app.js", "const apiKey = '%s';"),
    ("src/app.py", "CLIENT_SECRET = '%s'"),
    ("config.yaml", "  auth_token: %s"),
    (".env", "ACME_SECRET_KEY=%s"),
    ("app.properties", "acme.api-key=%s"),
    ("main.tf", '  access_key = "%s"'),
    ("main.go", '\tsecretKey := "%s"'),
    ("App.java", '    private static final String API_KEY = "%s";'),
    ("settings.ini", "token = %s"),
    ("conf.json", '  "clientSecret": "%s"'),
)


@pytest.mark.parametrize(("path", "line"), ASSIGNED, ids=[path for path, _ in ASSIGNED])
def test_random_values_of_telling_names_are_found(path: str, line: str) -> None:
    values = [made("{A31}7", seed) for seed in range(20)] + [made("{h32}", seed) for seed in range(20)]
    hits = sum(bool(findings(line % value + "\n", path)) for value in values)
    assert hits >= 38


WEAK = (
    ("a.py", "password = 'hunter2'"),
    ("a.py", "def connect(host, password='letmein'): ..."),
    ("a.py", "if form.password == 'opensesame': ..."),
    ("a.py", "db.connect(user='app', passwd='s3same')"),
    ("a.py", "config = {'password': 's3same'}"),
    ("a.js", "const dbPassword = 'letmein';"),
    ("A.java", 'String password = "letmein";'),
    ("a.go", 'password := "letmein"'),
    ("a.php", "$password = 'letmein';"),
    ("a.rb", "config[:x]['password'] = 'letmein'"),
    (".env", "DB_PASSWORD=hunter2"),
    ("a.yaml", "password: s3same!x"),
)


@pytest.mark.parametrize(("path", "line"), WEAK, ids=[f"{path}: {line}" for path, line in WEAK])
def test_weak_passwords_are_found(path: str, line: str) -> None:
    assert [one.category for one in findings(line + "\n", path)] == ["secrets"]


def digests(seed: int) -> dict[str, str]:
    """Hexadecimal and base64 digests of harmless text."""
    data = f"harmless {seed}".encode()
    sha512 = base64.b64encode(hashlib.sha512(data).digest()).decode()
    return {
        "sha1": hashlib.new("sha1", data, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "sri": f"sha512-{sha512}",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, str(seed))),
        "image": base64.b64encode(random.Random(seed).randbytes(90)).decode(),
    }


DIGEST_LINES = (
    (".github/workflows/ci.yml", "      - uses: acme/tool@{sha1} # v4"),
    ("Dockerfile", "FROM python@sha256:{sha256}"),
    ("deploy.yaml", "  image: registry.acme.io/app@sha256:{sha256}"),
    ("package-lock.json", '      "integrity": "{sri}",'),
    ("yarn.lock", "  integrity {sri}"),
    ("pnpm-lock.yaml", "    resolution: {{integrity: {sri}}}"),
    ("go.sum", "github.com/acme/tool v1.2.0 h1:{image}="),
    ("poetry.lock", '    {{file = "a-1.0.tar.gz", hash = "sha256:{sha256}"}},'),
    ("Cargo.lock", 'checksum = "{sha256}"'),
    ("requirements.txt", "    --hash=sha256:{sha256} \\"),
    (".pre-commit-config.yaml", "    rev: {sha1}"),
    ("page.html", '<script src="a.js" integrity="{sri}"></script>'),
    ("style.css", ".logo {{ background: url(data:image/png;base64,{image}); }}"),
    ("icon.ts", "export const icon = 'data:image/svg+xml;base64,{image}';"),
    ("model.py", "ID = '{uuid}'"),
    ("model.py", "secret_id = '{uuid}'"),
    ("k8s.yaml", "  token: {uuid}"),
    ("app.js", "const sessionToken = '{uuid}';"),
    ("setup.py", "COMMIT = '{sha1}'"),
    ("main.tf", '  source_code_hash = "{image}"'),
    ("cert.pem", "-----BEGIN CERTIFICATE-----\n{image}\n-----END CERTIFICATE-----"),
    ("key.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{image} ada@laptop"),
    ("known.py", "public_key = 'MCowBQYDK2VwAyEA{image}'"),
    ("app.js", "const etag = '\"{sha1}\"';"),
    ("notebook.ipynb", '    "image/png": "{image}"'),
)

PLACEHOLDERS = (
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "<your-api-key>",
    "your-api-key-goes-here-1",
    "${API_KEY}",
    "{{ api_key }}",
    "$API_KEY",
    "changeme",
    "example-key-1234",
    "dummy_token_4711",
    "fake-secret-0815",
    "placeholder-value-1",
    "REPLACE_ME_2024",
    "...",
    "********",
    "INSERT_KEY_HERE_1",
)
PLACEHOLDER_LINES = (
    ("settings.py", 'API_KEY = "%s"'),
    (".env", "API_KEY=%s"),
    ("values.yaml", '  apiKey: "%s"'),
    ("conf.json", '  "client_secret": "%s"'),
    ("main.tf", '  password = "%s"'),
)
LISTED = (
    ("a.py", "password = os.environ['DB_PASSWORD']"),
    ("a.py", "token = os.getenv('ACME_TOKEN_V2')"),
    ("a.py", "secret = settings.SECRET_KEY_2"),
    ("a.py", "api_key = get_secret('projects/x/secrets/api-key-1')"),
    ("a.py", "password = f'{prefix}-{suffix}'"),
    ("a.py", "password = '%s' % value"),
    ("a.py", "password = getpass.getpass('Password: ')"),
    ("a.py", "parser.add_argument('--password', help='the password')"),
    ("a.py", "CONF_PASSWORD = 'password'"),
    ("a.py", "assert 'secret' in response.json()"),
    ("a.py", "token_url = 'https://auth.acme.io/oauth2/token'"),
    ("a.py", "TOKEN_TYPES = {'access_token': 'urn:ietf:params:oauth:token-type:access_token'}"),
    ("a.py", "key = 'AKIAIOSFODNN7" + "EXAMPLE'"),
    ("a.py", "secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY'"),
    ("a.py", "password: str = Field(min_length=8)"),
    ("a.py", '"""Set password="hunter2" to see it fail."""'),
    ("a.py", "labels = {'password': 'Passwort', 'token': 'Schlüssel'}"),
    ("a.py", "if token == 'ENDIF': pass"),
    ("a.js", "const key = process.env.API_KEY_2;"),
    ("a.js", "const password = req.body.password;"),
    ("a.js", "const { password } = config;"),
    ("a.js", "input.type = 'password';"),
    ("a.js", "password: Joi.string().min(8).required(),"),
    ("a.js", "t('login.password.placeholder1')"),
    ("a.js", "const secretName = 'db-credentials-v2';"),
    ("a.ts", "password: string;"),
    ("a.ts", "private readonly token: InjectionToken<Config2>"),
    ("a.tsx", '<Input type="password" name="password1" autoComplete="new-password" />'),
    ("a.html", '<input type="password" id="password2" placeholder="Password">'),
    ("a.css", ".password-field1 { color: #ff00ff; }"),
    ("a.go", 'password := os.Getenv("DB_PASSWORD")'),
    ("a.go", 'const passwordFlag = "password-file"'),
    ("a.go", 'Password string `json:"password1"`'),
    ("A.java", '@Value("${app.password1}") String password;'),
    ("A.java", 'String password = config.getProperty("db.password1");'),
    ("a.php", "'password' => 'required|min:8|confirmed',"),
    ("a.php", "'password' => env('DB_PASSWORD', ''),"),
    ("a.rb", "validates :password, length: { minimum: 8 }"),
    ("a.rb", "password = ENV.fetch('DB_PASSWORD1')"),
    ("a.yml", "password: ${{ secrets.DB_PASSWORD1 }}"),
    ("a.yml", "password: !Ref DatabasePassword1"),
    ("a.yml", "password: '{{ vault_db_password1 }}'"),
    ("a.yml", "secretKeyRef: {name: db, key: password1}"),
    ("a.yml", "tokenSecretName: acme-token-2024"),
    ("a.tf", "password = random_password.db1.result"),
    ("a.tf", "password = var.db_password1"),
    ("a.sh", 'PASSWORD="$1"'),
    ("a.sh", "TOKEN=$(cat /run/secrets/token1)"),
    ("a.sh", 'curl -u "$USER:$PASSWORD" https://api.acme.io'),
    ("a.sh", "export API_KEY=${API_KEY:?is not set}"),
    ("locales/de.json", '  "password": "Passwort1"'),
    ("i18n/fr.yml", "  password: 'mot_de_passe1'"),
    ("a.properties", "password.label=Password1"),
    (".env.example", "DB_PASSWORD=your_password1"),
    ("a.md", "Set `password = hunter2` in the file."),
    ("a.ini", "password = "),
    ("a.py", "url = 'https://api.acme.io:8443/v1/users/ada@acme.io'"),
    ("a.py", "url = 'postgres://user:password@localhost:5432/test'"),
    ("a.py", "url = f'postgres://{user}:{password}@{host}/{name}'"),
    ("a.sh", "git clone https://x-access-token:${TOKEN}@github.com/acme/app"),
    (".npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}"),
    ("a.py", "if pem.startswith('-----BEGIN RSA PRIVATE KEY-----'): pass"),
    ("a.js", "import { sk_circle_fade_dot } from './spinner-animations-v2';"),
    ("a.css", ".sk-cube-grid .sk-cube1 { animation-delay: 0.2s }"),
    ("a.py", "next_page_token = 'CAUQAA2x8Zt41pQr0LmN'"),
    ("a.py", "csrf_token = 'f0e4c2f76c58916ec258f246851bea09'"),
    ("a.py", "hash = '$2b$12$abcdefghijklmnopqrstuuKQ7'"),
    ("a.py", "password = make_password('x')"),
    ("a.py", "REGION = 'ap-southeast-2-akia-zone'"),
    ("a.js", "const siteKey = '6Lc' + 'aBcDUAAAAAKx3vT9wQm7Zr1Yp5sNf2Lh8Xo4Jd';"),
    ("a.html", '<script src="/static/js/main.3f2a9c1be7d04f8812ab.chunk.js"></script>'),
    ("a.yaml", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("a.py", "OWNER = '0x52908400098527886E0F7030069857D2E4169EE7'"),
    ("a.py", "TX = '0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b'"),
    ("a.md", "Pinned as bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"),
    (
        "nginx.conf",
        "add_header Content-Security-Policy \"script-src 'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='\";",
    ),
    ("jwks.json", '  "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT", "e": "AQAB"'),
    ("a.json", '  "client_id": "407408718192-qq8ve3r7k0qg9nk1m2d0aa6f2g3b4c5d.apps.googleusercontent.com"'),
    ("main.tf", '  ami = "ami-0c55b159cbfafe1f0"'),
    ("main.tf", '  kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"'),
    ("go.mod", "require golang.org/x/exp v0.0.0-20240719175910-8a7402abbf56"),
    ("Cargo.toml", 'tool = { git = "https://github.com/acme/tool", rev = "9f2c1d7b8e3a4f5061728394a5b6c7d8e9f00112" }'),
    ("a.py", "ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'"),
    ("a.py", "price = 'price_1NxQk2LkdIwHu7ixR3bTz8Vw'"),
    ("a.js", "const stripe = Stripe('pk_' + 'live_51NxQk2LkdIwHu7ixR3bTz8Vw');"),
    ("a.yaml", "  uid: 8c5f2b7e-6a1d-4c3e-9b0f-2d4e6a8c0b1d"),
    ("a.txt", "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDvqsFxvhYyqxNvNKk root@acme"),
    ("a.html", '<div class="fc-daygrid-day-events-0123456789abcdef-container">'),
    ("a.js", "const cacheKey = `user:${id}:v2:${locale}`;"),
    ("a.py", "token_pattern = r'(?u)\\b\\w\\w+\\b'"),
    ("a.py", "secret_arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf'"),
    ("a.yaml", "  secretName: shop-database-credentials-2024"),
    ("a.yaml", "  password: ENC[AES256_GCM,data:Tr7o1Q8j,iv:1vPq9aZ0=,tag:aB3dE5fG7=,type:str]"),
    ("a.yaml", "  password: vault:secret/data/shop#password1"),
    ("a.yml", "  api_key: !vault |"),
    ("a.ts", "export const TOKEN_EXPIRED_ERROR_CODE = 'AUTH_TOKEN_EXPIRED_4011';"),
    ("a.kt", 'val keyAlias = "androidx_master_key_v2"'),
    ("a.swift", 'let passwordCellIdentifier = "PasswordCell01"'),
    ("a.sql", "password_hash varchar(255) NOT NULL DEFAULT '',"),
    ("a.graphql", "mutation Login($password1: String!) { login(password: $password1) { token } }"),
    ("a.py", "PASSWORD_RESET_TOKEN_SALT_LENGTH = 'length-of-32-chars'"),
    ("a.js", "headers: { Authorization: `Bearer ${token}` }"),
    ("a.http", "Authorization: Bearer {{access_token}}"),
    ("a.py", "requests.get(url, auth=(user, password1))"),
    ("a.rb", "t.string :encrypted_password1, null: false, default: ''"),
    ("CODECOV.md", "CODECOV_TOKEN=00000000-0000-0000-0000-000000000000"),
    ("a.svg", '<path d="M12.5c0-1.1.9-2 2-2h3.2l1.8-2.4A2 2 0 0121.1 5h5.8a2 2 0 011.6.8z"/>'),
)


def look_alikes() -> list[tuple[str, str]]:
    """Path and text of everything that must not be taken for a secret."""
    made_up = [(path, line.format(**digests(seed))) for path, line in DIGEST_LINES for seed in range(4)]
    blanks = [(path, line % value) for path, line in PLACEHOLDER_LINES for value in PLACEHOLDERS]
    return [*made_up, *blanks, *LISTED]


def test_there_are_at_least_two_hundred_look_alikes() -> None:
    assert len(set(look_alikes())) >= 200


def test_no_look_alike_is_taken_for_a_secret() -> None:
    wrong = [(path, text, [one.rule for one in hits]) for path, text in look_alikes() if (hits := findings(text, path))]
    assert wrong == []
