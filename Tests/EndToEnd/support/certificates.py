"""Certificates for tests, made anew in each run by trustme."""

import datetime
import ssl

import trustme


class Authority:
    """A certification authority, whose certificate and what it issues stand in files under `directory`."""

    def __init__(self, directory, name="authority"):
        self.directory, self.name = directory, name
        self.authority = trustme.CA()
        self.file = directory / f"{name}.pem"
        self.authority.cert_pem.write_to_path(self.file)

    @property
    def text(self):
        return self.authority.cert_pem.bytes().decode()

    def issue(self, *names, days=1):
        """(certificate file, key file) of a certificate for these names or addresses; with negative `days` it has expired."""
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        leaf = self.authority.issue_cert(*names, not_before=until - datetime.timedelta(days=30), not_after=until)
        stem = self.directory / f"{self.name}-{names[0].replace('*', 'any')}-{days}"
        certificate, key = stem.with_suffix(".crt"), stem.with_suffix(".key")
        certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(key)
        return certificate, key

    def server(self, *names, days=1):
        """An ssl.SSLContext for a server with such a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(*names, days=days))
        return context

    def client(self, **options):
        """An ssl.SSLContext for a client that trusts this authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        for name, value in options.items():
            setattr(context, name, value)
        return context
