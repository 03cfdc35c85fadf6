#!/usr/bin/python3
"""Stand-in of the identity provider (the national electronic identity): says who somebody is without asking.

  POST /token                            form or JSON; every field becomes a claim of the token, except
                                         `grant_type`, `client_secret`, `expires_in` (seconds, 3600), `not_before`
  GET  /jwks.json                        the public keys; also the file jwks.json in the state directory
  GET  /.well-known/openid-configuration where the two are
  POST /rotate                           signs with a new key from now on; the old one stays in the list

Tokens are JWTs signed with RS256. `aud` is `hoso` unless given. Numbers, lists and objects keep their JSON type.
"""

import base64
import json
import re
import subprocess
import threading
import time
import uuid

from standin import Answer, StandIn, arguments

NOT_CLAIMS = {"grant_type", "client_secret", "expires_in", "not_before", "scope_list"}


def base64url(data):
    """Without padding, as JWTs want it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Keys:
    """The signing keys, as PEM files of the state directory; the newest signs."""

    def __init__(self, directory):
        self._directory = directory
        self._lock = threading.Lock()
        if not self._files():
            self.rotate()
        self.publish()

    def _files(self):
        return sorted(self._directory.glob("key-*.pem"))

    def rotate(self):
        """Adds a key that signs from now on."""
        with self._lock:
            path = self._directory / f"key-{len(self._files()) + 1:03}.pem"
            command = ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path]
            subprocess.run(command, check=True)
        self.publish()

    def jwks(self):
        """The public halves, as RFC 7517 writes them."""
        keys = []
        for path in self._files():
            text = subprocess.run(
                ["openssl", "rsa", "-in", path, "-noout", "-modulus"], check=True, capture_output=True, text=True
            ).stdout
            modulus = bytes.fromhex(re.search("Modulus=([0-9A-F]+)", text).group(1))
            keys.append(
                {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": path.stem, "n": base64url(modulus), "e": "AQAB"}
            )
        return {"keys": keys}

    def publish(self):
        """Writes jwks.json beside the keys, in one piece."""
        part = self._directory / "jwks.json.part"
        part.write_text(json.dumps(self.jwks()), encoding="ascii")
        part.replace(self._directory / "jwks.json")

    def sign(self, claims):
        """A compact JWT."""
        path = self._files()[-1]
        header = {"alg": "RS256", "typ": "JWT", "kid": path.stem}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", path], input=signed.encode(), check=True, capture_output=True
        ).stdout
        return f"{signed}.{base64url(signature)}"


def main():
    options = arguments()
    issuer = f"http://127.0.0.1:{options.port}"
    keys = Keys(options.state_dir)
    stand_in = StandIn()

    def token(request):
        is_json = "json" in request.headers.get("Content-Type", "")
        asked = request.json() if is_json else request.form()
        now = int(time.time())
        lifetime = int(asked.get("expires_in", 3600))
        claims = {"aud": "hoso", "sub": asked.get("client_id", "nobody")}
        claims |= {name: value for name, value in asked.items() if name not in NOT_CLAIMS}
        claims |= {"iss": asked.get("iss", issuer), "jti": str(uuid.uuid4()), "iat": now, "exp": now + lifetime}
        claims["nbf"] = int(asked.get("not_before", now))
        return Answer(200, {"access_token": keys.sign(claims), "token_type": "Bearer", "expires_in": lifetime})

    def rotate(_):
        keys.rotate()
        return Answer(204)

    def configuration(_):
        return Answer(
            200,
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/jwks.json",
                "token_endpoint": f"{issuer}/token",
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        )

    stand_in.routes |= {
        "POST /token": token,
        "POST /rotate": rotate,
        "GET /jwks.json": lambda _: Answer(200, keys.jwks()),
        "GET /.well-known/openid-configuration": configuration,
    }
    stand_in.serve(options)


if __name__ == "__main__":
    main()
