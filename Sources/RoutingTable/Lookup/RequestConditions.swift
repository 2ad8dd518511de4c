import CTable

/// What a request says of the headers and query parameters that a route asks about (Gateway API HTTPRouteMatch).
///
/// A lookup asks only where a route has conditions, and names come as the table has them: a header's in lower case,
/// a query parameter's decoded. The bytes that are returned stay valid until the next call.
package protocol RequestConditions {
    /// The value of a header, whatever the case of its name in the request; of several fields with that name all
    /// values, joined with `, ` (RFC 9110, section 5.3); nil: there is none.
    func header(_ name: Bytes) -> Bytes?
    /// The value of a query parameter, decoded; of several with that name the first; nil: there is none. A parameter
    /// without `=` has the empty value.
    func queryParameter(_ name: Bytes) -> Bytes?
    /// Whether the headers are those of the request that is asked about. A browser's preflight is not: it asks about
    /// a request that it will send later, and conditions on that one's headers count as held.
    var knowsHeaders: Bool { get }
}

extension RequestConditions {
    package var knowsHeaders: Bool { true }
}

/// A request of which nothing but host, path and method is known: no condition holds.
package struct NoConditions: RequestConditions {
    package init() {}
    package func header(_ name: Bytes) -> Bytes? { nil }
    package func queryParameter(_ name: Bytes) -> Bytes? { nil }
}

/// Headers and query parameters that are written down, for questions about a table and for tests.
@safe
package final class RequestFields: RequestConditions {
    // Safe: every view points into memory that lives as long as this object; a caller keeps it while it looks up.
    private var headers: [(name: Bytes, value: Bytes)] = []
    private var query = Bytes.empty
    private var decoded: UnsafeMutableRawBufferPointer
    private var memory: [UnsafeMutableRawBufferPointer] = unsafe []

    /// - Parameter query: as in a URL, percent-encoding and all.
    package init(headers: [(name: String, value: String)] = [], query: String = "") {
        unsafe decoded = .allocate(byteCount: max(1, query.utf8.count), alignment: 1)
        var joined: [(name: String, value: String)] = []
        for header in headers {
            let name = header.name.lowercased()
            if let known = joined.firstIndex(where: { $0.name == name }) {
                joined[known].value += ", " + header.value
            } else {
                joined.append((name, header.value))
            }
        }
        self.headers = joined.map { (copy($0.name), copy($0.value)) }
        self.query = copy(query)
    }

    deinit {
        unsafe decoded.deallocate()
        for unsafe block in unsafe memory { unsafe block.deallocate() }
    }

    private func copy(_ text: String) -> Bytes {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, text.utf8.count), alignment: 1)
        unsafe block.copyBytes(from: text.utf8)
        unsafe memory.append(block)
        return unsafe Bytes(base: UnsafeRawPointer(block.baseAddress!), count: text.utf8.count)
    }

    package func header(_ name: Bytes) -> Bytes? { headers.first { $0.name == name }?.value }

    package func queryParameter(_ name: Bytes) -> Bytes? {
        // `decoded` is as long as the query.
        unsafe QueryString.value(of: name, in: query, scratch: decoded.baseAddress!.assumingMemoryBound(to: UInt8.self))
    }
}
