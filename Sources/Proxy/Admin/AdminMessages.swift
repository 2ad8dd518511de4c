import RoutingTable

/// What the admin port was asked.
struct AdminRequest {
    let method: String
    let path: String
    let query: String?
    /// Without the port.
    let host: String
    /// With the port, if it was named.
    let authority: String
    let authorization: String?
    /// Whether it is the page's own, or no browser's: see `CrossSite`.
    let isOwn: Bool

    init(_ head: borrowing RequestHead, in bytes: [UInt8]) {
        func text(_ range: ByteRange) -> String { String(decoding: bytes[range.indices], as: UTF8.self) }
        method = text(head.methodName)
        path = text(head.path)
        query = head.query.map(text)
        host = text(head.host)
        authority = head.port.map { "\(text(head.host)):\($0)" } ?? text(head.host)
        authorization = head.fields.first(.authorization).map { text($0.value) }
        var fetchSite: String?
        for number in 0..<head.fields.count where text(head.fields[number].name).lowercased() == "sec-fetch-site" { fetchSite = text(head.fields[number].value) }
        isOwn = CrossSite.isOwn(fetchSite: fetchSite, origin: head.fields.first(.origin).map { text($0.value) }, authority: authority)
    }

    /// The value of a query parameter.
    func parameter(_ name: String) -> String? {
        for pair in (query ?? "").split(separator: "&") where pair.hasPrefix("\(name)=") { return String(pair.dropFirst(name.count + 1)) }
        return nil
    }
}

/// What it answers.
struct AdminResponse {
    let status: UInt16
    let contentType: String
    /// Of a stream, what it begins with.
    let body: [UInt8]
    var fields: [(name: String, value: String)] = []
    /// The answer does not end with its body: events follow.
    var isStream = false

    static func text(_ status: UInt16, _ body: String) -> AdminResponse {
        AdminResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(body.utf8))
    }

    static func json(_ value: JSONValue) -> AdminResponse {
        guard let body = value.encoded() else { return .text(503, "no memory for the answer\n") }
        return AdminResponse(status: 200, contentType: "application/json", body: body)
    }

    func encoded(isHead: Bool) -> [UInt8] {
        let reason = status == 200 ? "OK" : Bytes(Refusal.reason(status)).text
        var head = "HTTP/1.1 \(status) \(reason)\r\nContent-Type: \(contentType)\r\n"
        if !isStream { head += "Content-Length: \(body.count)\r\n" }
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + (isHead ? [] : body)
    }
}
