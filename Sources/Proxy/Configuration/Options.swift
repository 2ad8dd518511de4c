import CLinux
import RoutingTable

/// What the command line says. README and `--help` describe each option.
package struct Options: Sendable {
    package var table = ""
    package var listen: [String] = []
    package var listenTLS: [String] = []
    /// PEM files of `--cert` and `--key`, in pairs.
    package var certificates: [(certificate: String, key: String)] = []
    package var upstreamCA: String?
    package var admin = "127.0.0.1:9901"
    package var adminToken: String?
    package var allowOpen = false
    package var secrets: String?
    package var publicKey: String?
    package var state: String?
    package var handover: String?
    package var backends: [(name: String, url: String)] = []
    /// `-` is standard output.
    package var accessLog: String?
    package var workers: Int?
    package var maxBody = 32 << 20
    package var maxBuffered: Int?
    package var headTimeout = 10.0
    package var bodyTimeout = 30.0
    package var idleTimeout = 60.0
    package var connectTimeout = 5.0
    package var streamTimeout = 600.0
    package var upstreamIdleTimeout = 4.0
    package var maxConnections: Int?
    package var maxConnectionsPerClient: Int?
    package var maxRequests: Int?
    package var redis: RedisSource?
    package var user: String?
    package var isSandboxed = true
    package var drainTimeout = 30.0
    package var drainDelay = 0.0

    /// That are read again later.
    var redisFiles: [String] { if case .file(let path) = redis { [path] } else { [] } }

    package enum Command: Sendable {
        case serve(Options)
        case help
    }

    package struct UsageError: Error, CustomStringConvertible {
        package let description: String
    }

    package static let help = """
        dataplane --table FILE [options]

        Serves one routing table: routes each request by host and path, picks a model and its backend
        by smooth weighted rotation, writes the model into the body, streams the answer back.

          --table FILE               the table, made by `rtblc compile`; loaded again at SIGHUP and when it changes
          --public-key FILE          serve only tables that this key has signed (`rtblc sign`)
          --listen ADDR:PORT         plain HTTP/1.1; repeatable                    [127.0.0.1:9080]
          --listen-tls ADDR:PORT     HTTPS, TLS 1.2 and 1.3; repeatable
          --cert FILE --key FILE     its certificate with chain, and key, in PEM; repeatable: chosen by name, the
                                     first one where none fits; re-read on change and at SIGHUP
          --admin ADDR:PORT          status, metrics, health                       [127.0.0.1:9901]
          --admin-token FILE         calls that change something need `Authorization: Bearer` and its content
          --allow-open               serve APIs that ask for no authentication beyond loopback
          --state FILE               suspensions and rotation, kept across restarts, shared by processes on the host
          --secrets DIR              DIR/<secret>/<key> or DIR/<namespace>/<secret>/<key>; re-read on change
          --backend NAME=URL         send Backend NAME (or namespace/name) to URL; repeatable
          --upstream-ca FILE         trust anchors for backends, in PEM            [the system's]
          --handover PATH            a Unix socket over which a new process takes the listeners from the old one
          --redis URL                share suspensions and counts of limits with other instances through Redis or
                                     Valkey: redis://[user:password@]host[:port][/db], unix:PATH, or file:PATH of
                                     a file that holds the URL
          --access-log FILE          a line of JSON for each request; `-` is standard output; reopened at SIGHUP
          --workers N                event loops                                   [CPUs available]
          --max-body BYTES           larger requests: 413                          [33554432]
          --max-buffered BYTES       all bodies held at once; past it: 503         [1 GiB, or a quarter of the cgroup]
          --max-connections N        client connections                            [from the descriptor limit]
          --max-connections-per-client N  of one address, or IPv6 network of 64 bits   [no limit]
          --max-requests N           requests under way at once; past it: 503      [no limit]
          --head-timeout S           a request's head                              [10]
          --body-timeout S           silence inside a request's body               [30]
          --idle-timeout S           a kept client connection                      [60]
          --connect-timeout S        connecting to a backend                       [5]
          --stream-timeout S         silence before and inside an answer           [600]
          --upstream-idle-timeout S  a kept backend connection                     [4]
          --drain-delay S            at SIGTERM: go on accepting for so long       [0]
          --drain-timeout S          at SIGTERM: then wait so long for requests    [30]
          --user NAME                become this user once the ports are bound
          --no-sandbox               switch the system-call filter off, and allow core dumps
          --help

        Exit codes: 0 drained; 1 the table is refused; 64 usage; 66 no such table; 69 a port is in use; 73 the access log
        cannot be written.

        """

    package static func parse(_ arguments: [String]) throws(UsageError) -> Command {
        var options = Options()
        var rest = arguments.dropFirst()
        var certificateFiles: [String] = [], keyFiles: [String] = []
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if name == "--help" || name == "-h" { return .help }
            if name == "--allow-open" || name == "--no-sandbox" {
                guard parts.count == 1 else { throw UsageError(description: "\(name) takes no value") }
                if name == "--allow-open" { options.allowOpen = true } else { options.isSandboxed = false }
                continue
            }
            guard knownNames.contains(name) else { throw UsageError(description: "unknown option \(name)") }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw UsageError(description: "\(name) needs a value")
            }
            switch name {
            case "--cert": certificateFiles.append(value)
            case "--key": keyFiles.append(value)
            default: try options.set(name, value)
            }
        }
        guard !options.table.isEmpty else { throw UsageError(description: "--table FILE is missing") }
        if options.listen.isEmpty, options.listenTLS.isEmpty { options.listen = ["127.0.0.1:9080"] }
        try options.pairCertificates(certificateFiles, keyFiles)
        guard options.adminToken != nil || Socket.isLoopback(options.admin) else {
            throw UsageError(description: "--admin \(options.admin) is not a loopback address: --admin-token FILE is needed")
        }
        return .serve(options)
    }

    private static let knownNames: Set<String> = [
        "--table", "--listen", "--listen-tls", "--cert", "--key", "--upstream-ca", "--admin", "--admin-token", "--secrets", "--public-key", "--state", "--redis", "--handover", "--backend", "--workers", "--max-body", "--max-buffered", "--max-connections", "--max-connections-per-client", "--max-requests", "--user",
        "--head-timeout", "--body-timeout", "--idle-timeout", "--connect-timeout", "--stream-timeout", "--upstream-idle-timeout",
        "--drain-delay", "--drain-timeout",
        "--access-log",
    ]

    private mutating func set(_ name: String, _ value: String) throws(UsageError) {
        switch name {
        case "--table": table = value
        case "--listen": listen.append(try Self.address(name, value))
        case "--listen-tls": listenTLS.append(try Self.address(name, value))
        case "--upstream-ca": upstreamCA = value
        case "--admin": admin = try Self.address(name, value)
        case "--admin-token": adminToken = value
        case "--secrets": secrets = value
        case "--public-key": publicKey = value
        case "--state": state = value
        case "--handover": handover = value
        case "--backend": backends.append(try Self.backend(value))
        case "--redis": redis = try Self.redis(value)
        case "--access-log": accessLog = value
        case "--workers": workers = try Self.number(name, value, 1...Limits.workers)
        case "--max-body": maxBody = try Self.number(name, value, 0...Limits.largestMaxBody)
        case "--max-buffered": maxBuffered = try Self.number(name, value, 0...(1 << 50))
        case "--max-connections": maxConnections = try Self.number(name, value, 1...Limits.connections)
        case "--max-connections-per-client": maxConnectionsPerClient = try Self.number(name, value, 1...Limits.connections)
        case "--max-requests": maxRequests = try Self.number(name, value, 1...Limits.connections)
        case "--user": user = value
        case "--head-timeout": headTimeout = try Self.seconds(name, value)
        case "--body-timeout": bodyTimeout = try Self.seconds(name, value)
        case "--idle-timeout": idleTimeout = try Self.seconds(name, value)
        case "--connect-timeout": connectTimeout = try Self.seconds(name, value)
        case "--stream-timeout": streamTimeout = try Self.seconds(name, value)
        case "--upstream-idle-timeout": upstreamIdleTimeout = try Self.seconds(name, value)
        case "--drain-delay": drainDelay = try Self.seconds(name, value, orZero: true)
        default: drainTimeout = try Self.seconds(name, value, orZero: true)
        }
    }

    private mutating func pairCertificates(_ certificateFiles: [String], _ keyFiles: [String]) throws(UsageError) {
        guard certificateFiles.count == keyFiles.count else {
            throw UsageError(description: "each --cert needs its --key: there are \(certificateFiles.count) and \(keyFiles.count)")
        }
        guard certificateFiles.count <= Limits.certificates else {
            throw UsageError(description: "at most \(Limits.certificates) pairs of --cert and --key")
        }
        certificates = Array(zip(certificateFiles, keyFiles)).map { (certificate: $0, key: $1) }
        if certificates.isEmpty, let address = listenTLS.first { throw UsageError(description: "--listen-tls \(address) needs --cert FILE and --key FILE") }
        if listenTLS.isEmpty, let first = certificates.first { throw UsageError(description: "--cert \(first.certificate) is for --listen-tls ADDR:PORT, which is missing") }
    }

    private static func number(_ name: String, _ value: String, _ range: ClosedRange<Int>) throws(UsageError) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw UsageError(description: "\(name) \(value): a whole number from \(range.lowerBound) to \(range.upperBound) is needed")
        }
        return number
    }

    private static func seconds(_ name: String, _ value: String, orZero: Bool = false) throws(UsageError) -> Double {
        guard let seconds = Double(value), seconds.isFinite, seconds > 0 || (orZero && seconds == 0), seconds <= 86_400 else {
            throw UsageError(description: "\(name) \(value): seconds up to 86400 are needed")
        }
        return seconds
    }

    private static func address(_ name: String, _ value: String) throws(UsageError) -> String {
        guard let (host, port) = splitHostPort(value, defaultPort: nil) else {
            throw UsageError(description: "\(name) \(value): ADDR:PORT is needed, such as 127.0.0.1:9080 or [::1]:9080")
        }
        var parsed = cl_address()
        guard unsafe cl_address_parse(host, port, &parsed) == 0 else {
            throw UsageError(description: "\(name) \(value): \(host) is not an IPv4 or IPv6 address")
        }
        return value
    }

    /// The mistake is told without the value, which may hold a password.
    private static func redis(_ value: String) throws(UsageError) -> RedisSource {
        do throws(RedisURL.Fault) {
            return try RedisSource(value)
        } catch {
            throw UsageError(description: "--redis: \(error)")
        }
    }

    private static func backend(_ value: String) throws(UsageError) -> (name: String, url: String) {
        let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, BackendURL(String(parts[1])) != nil else {
            throw UsageError(description: "--backend \(value): NAME=URL is needed, such as chat-backend=http://127.0.0.1:8081")
        }
        return (String(parts[0]), String(parts[1]))
    }
}
