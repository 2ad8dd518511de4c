import RoutingTable

/// The headers and query parameters of a request that has just been parsed, as conditions ask for them.
@safe
struct ReceivedConditions: RequestConditions {
    // Safe: `values` has room for `Scratch.conditionBytes`, which no joined or decoded value exceeds: all of them
    // together came in one head.
    let head: Bytes
    let fields: HeaderFieldList
    /// Lower case, without port: the host that was asked for, wherever the request says so.
    let host: Bytes
    let query: Bytes
    let values: UnsafeMutablePointer<UInt8>
    var knowsHeaders = true

    /// The bytes of a single field stay where they are; those of several are joined in the worker's memory.
    func header(_ name: Bytes) -> Bytes? {
        if name == Bytes("host") { return host }
        var found: Bytes?
        var joined = 0
        for i in 0..<fields.count {
            let field = fields[i]
            guard field.name.count == name.count, head[field.name.indices].equalsIgnoringCase(name) else { continue }
            let value = head[field.value.indices]
            if let first = found {
                if joined == 0 { append(first, &joined) }
                append(Bytes(", "), &joined)
                append(value, &joined)
            } else {
                found = value
            }
        }
        return joined == 0 ? found : unsafe Bytes(base: values, count: joined)
    }

    private func append(_ bytes: Bytes, _ count: inout Int) {
        precondition(count + bytes.count <= Scratch.conditionBytes)
        unsafe (values + count).update(from: bytes.base, count: bytes.count)
        count += bytes.count
    }

    func queryParameter(_ name: Bytes) -> Bytes? { unsafe QueryString.value(of: name, in: query, scratch: values) }
}
