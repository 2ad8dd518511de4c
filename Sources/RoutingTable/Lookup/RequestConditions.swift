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
    private var queryParameters: [(name: Bytes, value: Bytes)] = []
    private var memory: [UnsafeMutableRawBufferPointer] = unsafe []

    /// - Parameter queryParameters: decoded.
    package init(headers: [(name: String, value: String)] = [], queryParameters: [(name: String, value: String)] = []) {
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
        self.queryParameters = queryParameters.map { (copy($0.name), copy($0.value)) }
    }

    deinit {
        for unsafe block in unsafe memory { unsafe block.deallocate() }
    }

    private func copy(_ text: String) -> Bytes {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, text.utf8.count), alignment: 1)
        unsafe block.copyBytes(from: text.utf8)
        unsafe memory.append(block)
        return unsafe Bytes(base: UnsafeRawPointer(block.baseAddress!), count: text.utf8.count)
    }

    package func header(_ name: Bytes) -> Bytes? { headers.first { $0.name == name }?.value }
    package func queryParameter(_ name: Bytes) -> Bytes? { queryParameters.first { $0.name == name }?.value }
}
