/// What the command line asks for.
struct Options {
    var host = "127.0.0.1"
    var port = 8081
    var quotas: [String: Quota] = [:]
    var delayMillis = 0
    /// `iss` of the tokens; nil: the address that it listens on.
    var issuer: String?
    /// Who gets tokens, with their secrets; without any, everybody.
    var clients: [String: String] = [:]

    enum Outcome {
        case run(Options)
        case help
        case wrong(String)
    }

    static let help = """
        usage: mock-llm [--listen ADDR:PORT] [--quota MODEL=N/SECONDS]... [--delay-ms N]
                        [--issuer URL] [--client ID=SECRET]...

          --listen ADDR:PORT         where to listen (default 127.0.0.1:8081); port 0 takes a free one
          --quota MODEL=N/SECONDS    N requests for MODEL in SECONDS, counted from the first one; then 429
                                     with Retry-After until the window ends. Repeatable, once per model
          --delay-ms N               wait before each answer and, in a stream, before each event
          --issuer URL               `iss` of the tokens (default http://ADDR:PORT)
          --client ID=SECRET         a client that gets tokens; repeatable. Without any, every client does

        Serves POST /v1/chat/completions (plain and stream), POST /v1/embeddings, GET /v1/models.
        GET /requests shows the requests as they were received, byte for byte; GET /requests?format=json
        has them in base64; DELETE /requests forgets them.

        Plays the identity provider, too: POST /oauth2/token (grant_type=client_credentials) answers with a
        signed token for an hour, GET /oauth2/jwks with the key set to verify it, and
        GET /.well-known/openid-configuration says where both are.
        """

    static func parse(_ arguments: [String]) -> Outcome {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" { return .help }
            // both `--name value` and `--name=value`
            let pieces = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pieces[0])
            guard ["--listen", "--quota", "--delay-ms", "--issuer", "--client"].contains(name) else { return .wrong("unknown argument \(argument)") }
            guard let value = pieces.count == 2 ? String(pieces[1]) : rest.popFirst() else { return .wrong("\(name) needs a value") }
            if let fault = options.set(name, to: value) { return .wrong(fault) }
        }
        return .run(options)
    }

    /// Takes one option; returns what is wrong with it.
    private mutating func set(_ name: String, to value: String) -> String? {
        switch name {
        case "--listen":
            guard let colon = value.lastIndex(of: ":"), let port = UInt16(value[value.index(after: colon)...]), colon != value.startIndex
            else { return "--listen \(value): want ADDR:PORT, for example 127.0.0.1:8081 or [::1]:8081" }
            host = String(value[..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            self.port = Int(port)
        case "--quota":
            // a model's name may hold `=` and `/`: the numbers are at the end
            guard let equals = value.lastIndex(of: "="), equals != value.startIndex,
                let quota = Quota(value[value.index(after: equals)...])
            else { return "--quota \(value): want MODEL=N/SECONDS, for example gpt-4o=3/60" }
            guard quotas.updateValue(quota, forKey: String(value[..<equals])) == nil else { return "--quota \(value): this model has a quota already" }
            guard quotas.count <= Limits.quotas else { return "more than \(Limits.quotas) quotas" }
        case "--issuer":
            guard !value.isEmpty else { return "--issuer: want a URL" }
            issuer = value
        case "--client":
            guard let equals = value.firstIndex(of: "="), equals != value.startIndex else { return "--client \(value): want ID=SECRET" }
            clients[String(value[..<equals])] = String(value[value.index(after: equals)...])
            guard clients.count <= Limits.clients else { return "more than \(Limits.clients) clients" }
        default:
            guard let millis = Int(value), (0...Limits.delayMillis).contains(millis)
            else { return "--delay-ms \(value): want a number of milliseconds from 0 to \(Limits.delayMillis)" }
            delayMillis = millis
        }
        return nil
    }
}
