"""Certificates for tests, made anew in each run by trustme; those that nobody should make by cryptography."""

import datetime
import ssl

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def sign(name, by, is_authority=False, days=1):
    """(file, key file) of a certificate and the chain up to its root, signed by the one in the files `by`, whether that may or
    not; with negative `days` it has expired."""
    issuers = x509.load_pem_x509_certificates(by[0].read_bytes())
    issuer_key = serialization.load_pem_private_key(by[1].read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    made = (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])).issuer_name(issuers[0].subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(until - datetime.timedelta(days=30)).not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True).sign(issuer_key, hashes.SHA256()))
    chain = [made, *(one for one in issuers if one.subject != one.issuer)]
    files = tuple(by[0].with_name(f"{name}.{suffix}") for suffix in ("crt", "key"))
    files[0].write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return files


def in_order(files, *places):
    """The same with the certificates at these places of the chain, in this order."""
    chain = x509.load_pem_x509_certificates(files[0].read_bytes())
    file = files[0].with_name(f"{files[0].stem}-{'-'.join(map(str, places))}.crt")
    file.write_bytes(b"".join(chain[place].public_bytes(serialization.Encoding.PEM) for place in places))
    return file, files[1]


class Authority:
    """A certification authority, whose certificate and what it issues stand in files under `directory`."""

    def __init__(self, directory, name="authority"):
        self.directory, self.name = directory, name
        self.authority = trustme.CA()
        self.file = directory / f"{name}.pem"
        self.authority.cert_pem.write_to_path(self.file)

    @property
    def files(self):
        """(certificate file, key file) of the authority itself."""
        key = self.directory / f"{self.name}.key"
        self.authority.private_key_pem.write_to_path(key)
        return self.file, key

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
