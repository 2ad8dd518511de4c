/// One event of a `text/event-stream` (WHATWG HTML, 9.2.5 and 9.2.6).
struct ServerSentEvent {
    /// Without line ends.
    let name: String
    let data: [UInt8]

    /// Each line of the data is a field of its own: a line end within a field would end it.
    func encoded() -> [UInt8] {
        var out = Array("event: \(name)\ndata: ".utf8)
        out.reserveCapacity(out.count + data.count + 2)
        for (i, byte) in data.enumerated() {
            switch byte {
            case ASCII.lineFeed where i > 0 && data[i - 1] == ASCII.carriageReturn: break // one line end
            case ASCII.lineFeed, ASCII.carriageReturn: out += "\ndata: ".utf8
            default: out.append(byte)
            }
        }
        out += "\n\n".utf8
        return out
    }

    /// What a stream begins with: how long a reader waits, in milliseconds, before it comes back after the connection was lost.
    static func opening(retryMillis: UInt64) -> [UInt8] { Array("retry: \(retryMillis)\n\n".utf8) }
}
