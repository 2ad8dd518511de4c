"""A self-signed P-256 certificate for 127.0.0.1 and bench.local, made by the openssl command."""

import subprocess


def make(directory):
    """(certificate file, key file, both in one file), made once in `directory`."""
    certificate, key, both = (directory / name for name in ("tls.crt", "tls.key", "tls.pem"))
    if not both.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench",
             "-addext", "subjectAltName=IP:127.0.0.1,DNS:bench.local", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return certificate, key, both
