import NIOHTTP1

/// What goes back for one request.
struct Answer {
    enum Body {
        case whole([UInt8])
        /// Server-sent events, each sent on its own.
        case events([[UInt8]])
    }

    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: Body
    /// What the request used of the token quota.
    var tokens = 0

    static func json(_ value: JSON, status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:]) -> Answer {
        var headers = headers
        headers.add(name: "Content-Type", value: "application/json")
        return Answer(status: status, headers: headers, body: .whole(value.serialized))
    }

    static func events(_ values: [JSON]) -> Answer {
        let events = values.map { Array("data: ".utf8) + $0.serialized + Array("\n\n".utf8) } + [Array("data: [DONE]\n\n".utf8)]
        return Answer(status: .ok, headers: ["Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"], body: .events(events))
    }

    /// OpenAI's form of an error.
    static func error(
        _ status: HTTPResponseStatus, _ message: String, type: String = "invalid_request_error", param: String? = nil, code: String? = nil,
        headers: HTTPHeaders = [:]
    ) -> Answer {
        json(
            [
                "error": [
                    "message": .string(message), "type": .string(type),
                    "param": param.map(JSON.string) ?? .null, "code": code.map(JSON.string) ?? .null,
                ]
            ], status: status, headers: headers)
    }
}
