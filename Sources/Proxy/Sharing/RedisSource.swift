/// Where `--redis` has its URL from.
package enum RedisSource: Equatable, Sendable {
    case url(RedisURL)
    /// `file:PATH`: a password that stands in a file is in no list of processes. Read again for each connection.
    case file(path: String)

    package init(_ text: String) throws(RedisURL.Fault) {
        guard text.hasPrefix("file:") else {
            self = .url(try RedisURL(text))
            return
        }
        guard text.utf8.count > 5 else { throw RedisURL.Fault(description: "file:PATH needs a path") }
        self = .file(path: String(text.dropFirst(5)))
    }

    func read() throws(RedisURL.Fault) -> RedisURL {
        switch self {
        case .url(let url): return url
        case .file(let path):
            guard let bytes = readSmallFile(path) else { throw RedisURL.Fault(description: "cannot read \(path)") }
            let line = bytes.last == ASCII.lineFeed ? bytes.dropLast() : bytes[...]
            do throws(RedisURL.Fault) {
                return try RedisURL(String(decoding: line, as: UTF8.self))
            } catch {
                throw RedisURL.Fault(description: "\(path): \(error)")
            }
        }
    }

    /// Whether everybody on the machine can see the password.
    var showsPassword: Bool {
        guard case .url(let url) = self else { return false }
        return url.password != nil
    }
}
