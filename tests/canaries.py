"""Secrets of every kind that is looked for, made up at each run: none stands in this repo."""

import base64
import json
import random
import string
from dataclasses import dataclass

_SEED = random.randrange(1 << 32)  # one run, one set
_HEX, _BASE62 = "0123456789abcdef", string.ascii_letters + string.digits


@dataclass(frozen=True)
class Canary:
    """A secret, the text that holds it, and the file where that is at home."""

    rule: str
    value: str
    text: str
    path: str = "opt/app/notes.txt"


def canaries() -> tuple[Canary, ...]:
    """One of each rule."""
    chance = random.Random(_SEED)

    def some(count: int, of: str = _BASE62) -> str:
        return "".join(chance.choice(of) for _ in range(count))

    def token(rule: str, value: str) -> Canary:
        return Canary(rule, value, f"the token is {value}\n")

    def inside(rule: str, path: str, before: str, value: str, after: str = "\n") -> Canary:
        return Canary(rule, value, f"{before}{value}{after}", path)

    upper = string.ascii_uppercase + "234567"
    body = "\n".join(some(64) for _ in range(6))
    part = base64.urlsafe_b64encode(json.dumps({"alg": some(12)}).encode()).decode().rstrip("=")
    key = "-----BEGIN {0}PRIVATE KEY-----\n{1}\n-----END {0}PRIVATE KEY-----\n"
    return (
        token("aws-access-key-id", "AKIA" + some(16, upper)),
        inside(
            "aws-secret-access-key",
            "root/.aws/credentials",
            "[default]\naws_secret_access_key = ",
            some(40),
        ),
        token("github-token", "ghp_" + some(36)),
        token("github-fine-grained-token", f"github_pat_{some(22)}_{some(59)}"),
        token("gitlab-token", "glpat-" + some(20)),
        token("slack-token", f"xoxb-{some(12, _HEX[:10])}-{some(12, _HEX[:10])}-{some(24)}"),
        token(
            "slack-webhook",
            f"https://hooks.slack.com/services/T{some(9, upper)}/B{some(9, upper)}/{some(24)}",
        ),
        token("npm-token", "npm_" + some(36)),
        inside("npmrc-auth", "root/.npmrc", "//registry.example/:_authToken=", some(30)),
        token("pypi-token", "pypi-AgEI" + some(120)),
        inside("pypirc-password", "root/.pypirc", "[pypi]\nusername = u\npassword = ", some(16)),
        token("stripe-key", "sk_live_" + some(24)),
        token("google-api-key", "AIza" + some(35)),
        token("google-oauth-secret", "GOCSPX-" + some(28)),
        inside(
            "google-refresh-token",
            "root/.config/gcloud/application_default_credentials.json",
            '{"refresh_token": "1//',
            some(60),
            '"}\n',
        ),
        Canary("private-key", body, key.format("RSA ", body), "etc/ssl/private/server.key"),
        token("jwt", f"{part}.{part}.{some(43)}"),
        token("one-password-token", "ops_eyJ" + some(250)),
        token("age-secret-key", "AGE-SECRET-KEY-1" + some(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
        inside("netrc-password", "root/.netrc", "machine h.example login u password ", some(12)),
        inside(
            "url-password", "root/.git-credentials", "https://u:", some(16), "@git.example.org\n"
        ),
        inside(
            "apt-auth", "etc/apt/auth.conf.d/x.conf", "machine a.example login u password ", some(9)
        ),
        inside(
            "docker-auth",
            "root/.docker/config.json",
            '{"auths": {"r.example": {"auth": "',
            some(32),
            '"}}}\n',
        ),
        token("docker-hub-token", "dckr_pat_" + some(27)),
        token("anthropic-key", "sk-ant-" + "api03-" + some(95)),
        token("openai-key", f"sk-proj-{some(48)}T3BlbkFJ{some(48)}"),
        token("hugging-face-token", "hf_" + some(34, string.ascii_letters)),
        token("vault-token", "hvs.CAES" + some(90)),
        token("terraform-token", f"{some(14)}.atlasv1.{some(67)}"),
        token("digitalocean-token", "dop_v1_" + some(64, _HEX)),
        token("rubygems-key", "rubygems_" + some(48, _HEX)),
        token("sendgrid-key", f"SG.{some(22)}.{some(43)}"),
        inside("azure-storage-key", "opt/app/a.txt", "AccountName=a;AccountKey=", some(86), "==\n"),
        token("atlassian-token", "ATATT3" + some(186)),
        inside(
            "kubernetes-key", "root/.kube/config", "users:\n- client-key-data: ", some(400)
        ),
        inside("kubernetes-token", "root/.kube/config", "  user:\n    token: ", some(40)),
        inside("cargo-token", "root/.cargo/credentials", '[registry]\ntoken = "', some(35), '"\n'),
        inside("pgpass-password", "root/.pgpass", "db.example:5432:shop:u:", some(14)),
        inside("maven-password", "root/.m2/settings.xml", "<password>", some(14), "</password>\n"),
        inside("password-hash", "etc/shadow", "root:$6$", some(40), ":19000:0:99999:7:::\n"),
        inside("named-secret", "etc/environment", "DATABASE_PASSWORD=", some(14)),
    )  # fmt: skip


def shapes() -> dict[str, bytes]:
    """Twelve shapes that a secret can have, each unlike all that a machine holds."""
    chance = random.Random(_SEED + 1)

    def some(count: int, of: str = _BASE62) -> str:
        return "".join(chance.choice(of) for _ in range(count))

    lines = "\n".join(some(64) for _ in range(20))
    return {
        "token": f"ghp_{some(36)}".encode(),
        "short": f"{some(3)}7{some(4)}".encode(),
        "password": f"{some(5)}@/+=&?#%\"'\\$`<>{some(5)}".encode(),
        "phrase": f"{some(7)} {some(6)} ${{{some(4)}}} $({some(5)})".encode(),
        "hex": some(64, _HEX).encode(),
        "base64": base64.b64encode(some(40).encode()),
        "key": f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n".encode(),
        "json": json.dumps({"user": some(6), "private": some(30) + "\n"}).encode(),
        "url": f"postgres://u:{some(9)}%40{some(5)}@db.example:5432/shop".encode(),
        "unicode": f"{some(5)}-größe-密码-{some(5)}".encode(),
        "binary": bytes(chance.randrange(256) for _ in range(64)),
        "long": some(20_000).encode(),
    }
