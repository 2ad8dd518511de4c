import Policies

/// PEM (RFC 7468): what a table may hold of it.
enum PEM {
    /// A fault, as the end of a sentence about the text.
    struct Fault: Error { let reason: String }

    /// The certificates and public keys of a text, in PEM's plainest form: what stands around them is left out.
    static func normalise(_ text: String) throws(Fault) -> String {
        var out = ""
        var label: Substring?
        var base64: [UInt8] = []
        for line in text.split(whereSeparator: \.isNewline).map({ $0.trimmed }) {
            if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.utf8.count > 16 {
                guard label == nil else { throw Fault(reason: "has a BEGIN line inside another block") }
                label = line.dropFirst(11).dropLast(5)
                base64 = []
            } else if line.hasPrefix("-----END ") {
                guard let begun = label, line == "-----END \(begun)-----" else { throw Fault(reason: "has an END line that does not fit its BEGIN line") }
                out += try block(begun, base64)
                label = nil
            } else if label != nil {
                base64 += line.utf8
            }
        }
        guard label == nil else { throw Fault(reason: "ends inside a block") }
        guard !out.isEmpty else { throw Fault(reason: "holds no PEM block") }
        return out
    }

    private static func block(_ label: Substring, _ base64: [UInt8]) throws(Fault) -> String {
        guard !label.hasSuffix("PRIVATE KEY") else { throw Fault(reason: "holds a private key, which a table never holds") }
        guard ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains(label) else {
            throw Fault(reason: "holds a block of type \(Text.quoted(String(label)))")
        }
        // The shortest certificate and key are much longer; each is one DER sequence.
        guard let bytes = Base64.decode(base64), bytes.count > 32, bytes[0] == 0x30 else { throw Fault(reason: "holds a block that is not base64 of a certificate or key") }
        var out = "-----BEGIN \(label)-----\n"
        for start in stride(from: 0, to: base64.count, by: 64) {
            out += String(decoding: base64[start..<min(start + 64, base64.count)], as: UTF8.self) + "\n"
        }
        return out + "-----END \(label)-----\n"
    }
}

private extension Substring {
    /// Without blanks and tabs at the ends.
    var trimmed: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

/// A certificate (or JWK Set), or where the dataplane finds it.
enum CertificateSource {
    case text(String)
    case secret(IntermediateRepresentation.SecretText)

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var secret: IntermediateRepresentation.SecretText? { if case .secret(let secret) = self { secret } else { nil } }
}

extension Resolver {
    /// The one certificate that is asked for; nil: there is a fault, which is reported.
    mutating func certificate(_ text: CertificateText, _ header: ObjectHeader) -> CertificateSource? {
        guard text.count == 1 else {
            report(.certificateCount, "\(header.id): \(text.count == 0 ? "no source of the certificate is given" : "\(text.count) sources of the certificate are given")",
                   at: text.place, help: "give one of certificateInline, secretRef and configMapRef")
            return nil
        }
        if let inline = text.inline { return normalised(inline.value, header.id, "the certificate", at: inline.place).map { .text($0) } }
        if let secret = text.secret { return certificate(inSecret: secret, header) }
        return text.configMap.flatMap { certificate(inConfigMap: $0, header) }.map { .text($0) }
    }

    /// One that is not in the input is the dataplane's to find.
    mutating func certificate(inSecret reference: DataKey, _ header: ObjectHeader) -> CertificateSource? {
        guard Pattern.objectName.matches(Array(reference.name.value.utf8)[...]) else {
            report(.objectName, "\(header.id): \(Text.quoted(reference.name.value)) is no name for a Secret", at: reference.name.place)
            return nil
        }
        guard let index = tables.secrets[header.namespace, reference.name.value] else {
            reportMissing(.certificateSecretNotFound, "\(header.id)", .secret, tables.secrets, header.namespace, reference.name,
                          help: "the dataplane needs it in --secrets; or add the Secret here, and the table holds the certificate, which is public")
            return .secret(IR.SecretText(secret: IR.Reference(namespace: header.namespace, name: reference.name.value), key: reference.key.value))
        }
        let secret = resources.secrets[index]
        guard let value = secret.values.first(where: { $0.key == reference.key.value }) else {
            reportKey(.secretKeyNotFound, secret.header, reference.key, secret.values.map(\.key), header.id)
            return nil
        }
        guard let bytes = value.bytes else { return nil }
        return normalised(String(decoding: bytes, as: UTF8.self), header.id, "\(Text.quoted(value.key)) of \(secret.header.id)", at: reference.key.place).map { .text($0) }
    }

    mutating func certificate(inConfigMap reference: DataKey, _ header: ObjectHeader) -> String? {
        guard let index = tables.configMaps[header.namespace, reference.name.value] else {
            reportMissing(.configMapNotFound, "\(header.id)", .configMap, tables.configMaps, header.namespace, reference.name)
            return nil
        }
        let map = resources.configMaps[index]
        guard let value = map.values.first(where: { $0.key == reference.key.value }) else {
            reportKey(.dataKeyNotFound, map.header, reference.key, map.values.map(\.key), header.id)
            return nil
        }
        return normalised(value.pem ?? "", header.id, "\(Text.quoted(value.key)) of \(map.header.id)", at: reference.key.place)
    }

    /// A JWK Set passes as it is.
    mutating func normalised(_ text: String, _ id: ObjectID, _ what: String, at place: Place) -> String? {
        if Self.isKeySet(text) { return text }
        do throws(PEM.Fault) { return try PEM.normalise(text) } catch {
            report(.certificate, "\(id): \(what) \(error.reason)", at: place, help: "give the whole text, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----")
            return nil
        }
    }

    /// A JWK Set (RFC 7517 section 5) where a certificate could stand.
    static func isKeySet(_ text: String) -> Bool { text.first { !$0.isWhitespace } == "{" }

    mutating func reportKey(_ code: DiagnosticCode, _ owner: ObjectHeader, _ key: Located<String>, _ keys: [String], _ id: ObjectID) {
        let near = NearName.of(key.value, in: keys)
        let place = resources.describe(owner.place)
        report(code, "\(id): \(owner.id) has no key \(Text.quoted(key.value))", at: key.place,
               help: near.map { "did you mean \(Text.quoted($0)) (\(place))?" } ?? "the \(owner.id.kind.rawValue) is at \(place)")
    }
}
