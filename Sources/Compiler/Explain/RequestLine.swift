import Policies
import RoutingTable

/// A request as `explain` and `simulate` are given it, cut into what the dataplane looks at.
package struct RequestLine: Sendable {
    package struct Header: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// Why the arguments make no request.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let method: String
    /// One bit of `RTBL_METHOD_…`.
    package let methodBit: UInt16
    /// Lower case, without port.
    package let host: String
    /// As sent: begins with `/`, without query.
    package let rawPath: String
    /// Without `?`; nil: there is none.
    package let query: String?
    package let headers: [Header]

    /// - Parameters:
    ///   - url: `http://host/path?query`, `host/path`, or `/path` if one of `headers` is `Host`.
    ///   - headers: `name: value` each; `Host` counts more than the URL's.
    package init(method: String, url: String, headers: [String] = []) throws(Fault) {
        guard let bit = HTTPMethods.names.firstIndex(of: method) else {
            let near = NearName.of(method, in: HTTPMethods.names).map { "; did you mean \($0)?" } ?? ""
            throw Fault(description: "\(Text.quoted(method)) is no method that is known here, the dataplane answers 501\(near)")
        }
        (self.method, methodBit) = (method, 1 << UInt16(bit))
        self.headers = try Self.parse(headers)
        let (authority, target) = try Self.split(url)
        let own = self.headers.first { $0.name.lowercased() == "host" }?.value
        guard let authority = own ?? authority else {
            throw Fault(description: "\(Text.quoted(url)) names no host: write http://HOST\(url), or add -H 'Host: …'")
        }
        host = try Self.host(of: authority)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        rawPath = parts[0].isEmpty ? "/" : String(parts[0])
        query = parts.count == 2 ? String(parts[1]) : nil
        guard rawPath.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw Fault(description: "the path \(Text.quoted(rawPath)) has a blank or a control character: percent-encode it") }
        guard withPath({ _ in true }) != nil else { throw Fault(description: "the path \(Text.quoted(rawPath)) has a % without two hexadecimal digits: the dataplane answers 400") }
    }

    /// Calls `body` with the path as the dataplane normalises it.
    func withPath<Result>(_ body: (RequestPath) -> Result) -> Result? {
        let raw = Array(rawPath.utf8)
        var scratch = [UInt8](repeating: 0, count: raw.count)
        // Both arrays outlive the call of `body`, which keeps nothing of the path.
        return unsafe raw.withUnsafeBytes { raw in
            unsafe scratch.withUnsafeMutableBufferPointer { scratch -> Result? in
                guard let base = scratch.baseAddress, let path = unsafe RequestPath(Bytes(raw), scratch: base) else { return nil }
                return body(path)
            }
        }
    }

    /// Calls `body` with the host as the table is asked for it.
    func withHost<Result>(_ body: (Bytes) -> Result) -> Result {
        let bytes = Array(host.utf8)
        return unsafe bytes.withUnsafeBytes { body(unsafe Bytes($0)) } // the array outlives the call
    }

    /// What conditions on headers and query parameters are compared with.
    var fields: RequestFields {
        RequestFields(headers: [("host", host)] + headers.filter { $0.name.lowercased() != "host" }.map { ($0.name, $0.value) }, query: query ?? "")
    }

    /// Whether a request of this method may come without content, and then takes no part in the rotation of models.
    package var mayLackContent: Bool { ["GET", "HEAD", "OPTIONS", "DELETE"].contains(method) }

    private static func parse(_ headers: [String]) throws(Fault) -> [Header] {
        var parsed: [Header] = []
        for text in headers {
            guard let colon = text.firstIndex(of: ":"), Pattern.headerName.matches(Array(text[..<colon].utf8)[...]) else {
                throw Fault(description: "\(Text.quoted(text)) is no header: write 'name: value'")
            }
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            parsed.append(Header(name: String(text[..<colon]), value: String(value)))
        }
        return parsed
    }

    private static func split(_ url: String) throws(Fault) -> (authority: String?, target: Substring) {
        if url.contains("#") { throw Fault(description: "\(Text.quoted(url)) has a fragment, which no request carries") }
        var rest = url[...]
        if let scheme = ["http://", "https://"].first(where: { url.lowercased().hasPrefix($0) }) {
            rest = rest.dropFirst(scheme.count)
        } else if rest.hasPrefix("/") {
            return (nil, rest)
        } else if url.contains("://") {
            throw Fault(description: "\(Text.quoted(url)): only http and https are served")
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = rest[end...]
        return (String(rest[..<end]), target.hasPrefix("?") ? "/" + target : target)
    }

    private static func host(of authority: String) throws(Fault) -> String {
        if authority.contains("@") { throw Fault(description: "\(Text.quoted(authority)) has a user name, which the dataplane refuses") }
        var name = authority[...]
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("]") {
            guard name[name.index(after: colon)...].allSatisfy(\.isNumber) else { throw Fault(description: "\(Text.quoted(authority)) has no number for a port") }
            name = name[..<colon]
        }
        guard !name.isEmpty else { throw Fault(description: "the host is empty") }
        return name.lowercased()
    }
}
