import NIOCore
import NIOHTTP1

/// A request for a token: a form (RFC 6749, appendix B), and who asks.
struct TokenRequest {
    struct Client: Equatable {
        let id: String
        let secret: String
    }

    /// What is wrong with it, whoever asks.
    private(set) var fault: String?
    /// nil: it is not said who asks.
    private(set) var client: Client?
    private var parameters: [String: String] = [:]

    subscript(name: String) -> String? { parameters[name].flatMap { $0.isEmpty ? nil : $0 } }

    init(_ head: HTTPRequestHead, body: ByteBuffer) {
        let type = head.headers.first(name: "Content-Type")?.split(separator: ";").first.map { String($0).lowercased() }
        guard type == "application/x-www-form-urlencoded" else {
            fault = "the content must be application/x-www-form-urlencoded"
            return
        }
        for pair in String(decoding: body.readableBytesView, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(parts[0])
            guard parameters.updateValue(parts.count == 2 ? Self.decoded(parts[1]) : "", forKey: name) == nil else {
                fault = "\(name) is there twice"
                return
            }
        }
        let inForm = self["client_secret"].map { Client(id: self["client_id"] ?? "", secret: $0) }
        let inHeader = head.headers.first(name: "Authorization").flatMap(Self.basic)
        guard inForm == nil || inHeader == nil else {
            fault = "the client says who it is in two ways"
            return
        }
        client = inHeader ?? inForm
    }

    /// RFC 6749, section 2.3.1: both parts are form-encoded before they go into HTTP Basic.
    private static func basic(_ header: String) -> Client? {
        guard header.lowercased().hasPrefix("basic "), let bytes = Base64.decode(String(header.dropFirst(6))) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? Client(id: decoded(parts[0]), secret: decoded(parts[1])) : nil
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
