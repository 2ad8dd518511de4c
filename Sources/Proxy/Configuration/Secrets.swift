import CLinux
import COpenSSL
import CTable
import RoutingTable

/// A credential as it goes out, or why it cannot.
struct CredentialValue: BitwiseCopyable {
    enum Kind: UInt8 { case header, query }
    var kind: Kind
    /// Of the header, in lower case, or of the query parameter.
    var name: Bytes
    /// nil: the Secret is not there, or not usable.
    var value: Bytes?
}

/// The folder of mounted Secrets: `DIR/<namespace>/<secret>/<key>` or `DIR/<secret>/<key>`.
struct Secrets {
    let folder: String?

    /// The value of `key`; nil if there is none. One trailing newline is not part of it.
    func value(namespace: String, secret: String, key: String) -> [UInt8]? {
        for path in paths(namespace: namespace, secret: secret, key: key) {
            guard var value = readSmallFile(path) else { continue }
            if value.last == UInt8(ascii: "\n") { value.removeLast() }
            return value
        }
        return nil
    }

    /// Where a value is looked for, the more precise place first. Names that could lead elsewhere have none.
    func paths(namespace: String, secret: String, key: String) -> [String] {
        guard let folder, ![namespace, secret, key].contains(where: { $0.isEmpty || $0.contains("/") || $0 == "." || $0 == ".." }) else { return [] }
        return ["\(folder)/\(namespace)/\(secret)/\(key)", "\(folder)/\(secret)/\(key)"]
    }
}

/// A file of at most `Limits.secretBytes`; nil: it cannot be read, or is larger.
func readSmallFile(_ path: String) -> [UInt8]? {
    let file = unsafe cl_open_read(path)
    guard file >= 0 else { return nil }
    defer { _ = cl_close(file) }
    let size = cl_file_size(file)
    guard size >= 0, size <= Limits.secretBytes else { return nil }
    var bytes = [UInt8](repeating: 0, count: Limits.secretBytes)
    let count = unsafe cl_read(file, &bytes, bytes.count)
    return count >= 0 ? Array(bytes.prefix(count)) : nil
}

extension Secrets {
    /// The credentials of a table, in its order, with their values as they are now.
    func credentials(of table: RoutingTable, in arena: inout Arena) -> [CredentialValue] {
        table.credentials.indices.map { number in
            let credential = table.credentials[number]
            let (namespace, secret) = (table.string(credential.secret_namespace).text, table.string(credential.secret_name).text)
            let first = value(namespace: namespace, secret: secret, key: table.string(credential.key).text)
            let isQuery = Int(credential.kind) == RTBL_CREDENTIAL_QUERY
            var bytes = first
            if Int(credential.kind) == RTBL_CREDENTIAL_BASIC {
                let password = value(namespace: namespace, secret: secret, key: table.string(credential.password_key).text)
                bytes = zip(first, password).map { Array("Basic ".utf8) + base64($0 + [UInt8(ascii: ":")] + $1) }
            }
            if isQuery { bytes = bytes.map(percentEncoded) }
            let usable = bytes.flatMap { $0.isEmpty || $0.contains(where: { $0 < 0x20 || $0 == 0x7f }) ? nil : $0 }
            return CredentialValue(
                kind: isQuery ? .query : .header,
                name: isQuery ? table.string(credential.name) : arena.store(table.string(credential.name).text.lowercased()),
                value: usable.map { arena.store($0) })
        }
    }

    /// Changes whenever one of the values, or one of the long texts, may have changed.
    func stamp(of table: RoutingTable) -> UInt64 {
        var stamp: UInt64 = 0
        for path in paths(of: table) + textPaths(of: table) { stamp = (stamp &* 0x100_0000_01b3) ^ (unsafe cl_file_stamp(path)) }
        return stamp
    }

    /// Every place where a value that the table needs may be.
    func paths(of table: RoutingTable) -> [String] {
        table.credentials.indices.flatMap { number in
            let credential = table.credentials[number]
            let (namespace, secret) = (table.string(credential.secret_namespace).text, table.string(credential.secret_name).text)
            return [credential.key, credential.password_key].filter { $0 != 0 }.flatMap {
                paths(namespace: namespace, secret: secret, key: table.string($0).text)
            }
        }
    }
}

private func zip(_ a: [UInt8]?, _ b: [UInt8]?) -> ([UInt8], [UInt8])? {
    guard let a, let b else { return nil }
    return (a, b)
}

/// RFC 4648, section 4.
private func base64(_ bytes: [UInt8]) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1) // and the terminator that OpenSSL adds
    let count = unsafe EVP_EncodeBlock(&out, bytes, Int32(bytes.count))
    return Array(out.prefix(Int(count)))
}

/// A query parameter's value: everything but unreserved characters escaped (RFC 3986, 2.3).
private func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return bytes.flatMap { byte -> [UInt8] in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): [byte]
        default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}
