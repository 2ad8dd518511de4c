import CTable
import RoutingTable

/// A section in which records refer to runs of elements: no run is there twice, an empty one stands at 0.
struct ListPool<Element: BitwiseCopyable> {
    private(set) var elements: [Element] = []
    private var lengths: [UInt32: Int] = [:]
    private var table = ProbeTable()

    /// Where `list` begins, added if it is new. The C layouts have no padding (rtbl.h asserts their sizes), so equal
    /// elements have equal bytes.
    mutating func first(of list: [Element]) throws(EmitError) -> UInt32 {
        if list.isEmpty { return 0 }
        let hash = unsafe TableHash.hash(seed: UInt64(list.count), bytes: list.span.bytes)
        if let known = table.find(hash: hash, where: { holds(list, at: $0) }) { return known }
        let first = try newIndex(after: elements.count, of: "\(Element.self)")
        _ = try newIndex(after: elements.count + list.count, of: "\(Element.self)")
        elements += list
        lengths[first] = list.count
        table.insert(hash: hash, value: first)
        return first
    }

    private func holds(_ list: [Element], at first: UInt32) -> Bool {
        guard lengths[first] == list.count else { return false }
        let known = elements[Int(first)..<Int(first) + list.count]
        return unsafe known.withUnsafeBytes { known in unsafe list.withUnsafeBytes { unsafe known.elementsEqual($0) } }
    }
}

/// A count as a record holds it.
func listCount(
    _ count: Int, _ what: String, of subject: @autoclosure () -> String, at position: IntermediateRepresentation.Position? = nil
) throws(EmitError) -> UInt16 {
    try field(count, "the number of \(what)", of: subject(), at: position)
}

extension StringPool {
    mutating func strings(_ list: [String], _ what: String, of subject: @autoclosure () -> String) throws(EmitError) -> rtbl_strings {
        rtbl_strings(first: try self.list(of: list), count: try listCount(list.count, what, of: subject()), reserved: 0)
    }

    /// A header's name, which tables have in lower case.
    mutating func headerName(_ name: String, of subject: @autoclosure () -> String) throws(EmitError) -> UInt32 {
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        let isName = !name.isEmpty && name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || marks.contains(byte)
        }
        guard isName else { throw EmitError(subject(), "\"\(name)\" is not a header's name in lower case") }
        return try offset(of: name)
    }
}

/// BLOBS, BLOB_DATA and SECRET_TEXTS: long texts, none twice.
struct BlobPool {
    private(set) var blobs: [rtbl_blob] = []
    private(set) var data: [UInt8] = []
    private(set) var secretTexts: [rtbl_secret_text] = []
    private var known: [String: UInt32] = [:]
    private var knownSecrets: [SecretKey: UInt32] = [:]

    private struct SecretKey: Hashable {
        let text: IntermediateRepresentation.SecretText
        let rest: UInt32
    }

    /// `text`, if there is one, behind the texts of Secrets.
    mutating func index(
        of text: String?, _ secrets: [IntermediateRepresentation.SecretText], _ what: String, of subject: @autoclosure () -> String, _ strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        var next = try index(of: text, what, of: subject())
        for secret in secrets.reversed() {
            let key = SecretKey(text: secret, rest: next)
            if let index = knownSecrets[key] {
                next = index
                continue
            }
            guard !secret.secret.name.isEmpty, !secret.key.isEmpty else { throw EmitError(subject(), "\(what) are in a Secret without a name or key") }
            let index = try newIndex(after: blobs.count, of: "blob")
            blobs.append(rtbl_blob(first: try newIndex(after: secretTexts.count, of: "secret text"), bytes: 0))
            secretTexts.append(rtbl_secret_text(
                secret_namespace: try strings.offset(of: secret.secret.namespace), secret_name: try strings.offset(of: secret.secret.name),
                key: try strings.offset(of: secret.key), rest: next))
            knownSecrets[key] = index
            next = index
        }
        return next
    }

    /// `RTBL_NONE` for nil.
    mutating func index(of text: String?, _ what: String, of subject: @autoclosure () -> String) throws(EmitError) -> UInt32 {
        guard let text else { return RTBL_NONE }
        if let index = known[text] { return index }
        guard !text.isEmpty else { throw EmitError(subject(), "\(what) are empty") }
        guard data.count + text.utf8.count < RTBL_NONE else {
            throw EmitError(subject(), "\(what) do not fit: the long texts of one table have at most 4 GiB")
        }
        let index = try newIndex(after: blobs.count, of: "blob")
        blobs.append(rtbl_blob(first: UInt32(data.count), bytes: UInt32(text.utf8.count)))
        data += Array(text.utf8)
        known[text] = index
        return index
    }
}
