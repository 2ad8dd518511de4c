import CLinux
import RoutingTable

/// The two connections to Redis: one for commands, one that listens, for one that listens takes no commands.
struct RedisSession: ~Copyable {
    typealias Fault = RedisConnection.Fault

    /// What a command without a reply was for.
    enum Expectation {
        case authentication
        case database
        case standing
        case suspensions(targets: [UInt64])
        case resumptions(targets: [UInt64])
        case counts(LimitExchange.Request)
        case ping
    }

    let url: RedisURL
    var commands: RedisConnection
    var listener: RedisConnection
    private var expected: [Expectation] = []
    /// Replies that the listener waits for before it is subscribed.
    private var isAuthenticating: Bool
    private var lastPing: UInt64
    private(set) var isListening = false
    private(set) var isExchanging = false

    init(_ url: RedisURL, now: UInt64) throws(Fault) {
        let commands = try RedisConnection.open(url), listener = try RedisConnection.open(url)
        self.url = url
        self.commands = commands
        self.listener = listener
        isAuthenticating = url.password != nil
        lastPing = now
    }

    /// Says who asks, and listens to the channel.
    mutating func greet(_ now: UInt64) throws(Fault) {
        if let password = url.password {
            let words = ["AUTH"] + (url.user.map { [$0] } ?? []) + [password]
            try send(words.map { Array($0.utf8) }, .authentication, now)
            try listener.send(words.map { Array($0.utf8) }, now: now)
        }
        if url.database != 0 { try send([Array("SELECT".utf8), Array("\(url.database)".utf8)], .database, now) }
        try listener.send([Array("SUBSCRIBE".utf8), Array(channel.utf8)], now: now)
    }

    var channel: String { RedisScripts.channel(database: url.database) }

    /// Whether another command may be sent.
    var hasRoom: Bool { expected.count < Limits.redisCommands }

    /// When the oldest command without a reply was sent; nil: there is none.
    var awaitedSince: UInt64? {
        guard let first = commands.awaited.first else { return listener.awaited.first }
        return listener.awaited.first.map { min($0, first) } ?? first
    }

    mutating func send(_ words: [[UInt8]], _ expectation: Expectation, _ now: UInt64) throws(Fault) {
        expected.append(expectation)
        if case .counts = expectation { isExchanging = true }
        try commands.send(words, now: now)
    }

    mutating func evaluate(_ script: String, keys: [String], _ arguments: [String], _ expectation: Expectation, _ now: UInt64) throws(Fault) {
        try send((["EVAL", script, "\(keys.count)"] + keys + arguments).map { Array($0.utf8) }, expectation, now)
    }

    /// Asks both whether Redis is there, unless they wait for something anyway.
    mutating func ping(_ now: UInt64) throws(Fault) {
        guard now - lastPing >= Limits.redisPingMillis * 1_000_000 else { return }
        lastPing = now
        if expected.isEmpty { try send([Array("PING".utf8)], .ping, now) }
        if listener.awaited.isEmpty { try listener.send([Array("PING".utf8)], now: now) }
    }

    /// What the oldest command without a reply was for, and when it was sent.
    mutating func takeExpectation() throws(Fault) -> (Expectation, sent: UInt64) {
        let sent = try commands.takeAwaited()
        let expectation = expected.removeFirst()
        if case .counts = expectation { isExchanging = false }
        return (expectation, sent)
    }

    /// What the channel says.
    mutating func listen() throws(Fault) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        for reply in try listener.receive() {
            if case .error(let text) = reply { throw Self.refusal(text, isAuthentication: isAuthenticating) }
            guard let words = reply.list, let kind = words.first?.text else {
                _ = try listener.takeAwaited() // AUTH's OK
                isAuthenticating = false
                continue
            }
            if kind == Array("message".utf8), words.count == 3, let payload = words[2].text {
                messages.append(payload)
            } else {
                _ = try listener.takeAwaited()
                if kind == Array("subscribe".utf8) { isListening = true }
            }
        }
        return messages
    }

    /// For people. An answer to AUTH may repeat the password: only its first word goes further.
    static func refusal(_ text: String, isAuthentication: Bool) -> Fault {
        let code = text.prefix { $0 != " " }
        if isAuthentication { return Fault(message: "Redis refuses the user or the password (\(printable(code)))") }
        return Fault(message: "Redis refuses: \(printable(text))")
    }

    private static func printable(_ text: some StringProtocol) -> String {
        String(decoding: text.utf8.prefix(200).map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
