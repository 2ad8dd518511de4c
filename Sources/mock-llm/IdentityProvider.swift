import NIOHTTP1
import Synchronization

/// Gives tokens to clients by their credentials (RFC 6749, section 4.4), and its public key to everybody (RFC 7517).
final class IdentityProvider: Sendable {
    static let tokenPath = "/oauth2/token"
    static let keysPath = "/oauth2/jwks"
    static let discoveryPath = "/.well-known/openid-configuration"

    /// Empty: every client gets tokens.
    private let clients: [String: String]
    private let issuer = Mutex("")
    /// Made when it is first needed: it takes a while.
    private let key = Mutex<SigningKey?>(nil)
    private let issued = Atomic<Int>(0)

    init(clients: [String: String]) {
        self.clients = clients
    }

    func setIssuer(_ name: String) { issuer.withLock { $0 = name } }

    private var signingKey: SigningKey? {
        key.withLock { key in
            if key == nil { key = SigningKey() }
            return key
        }
    }

    // MARK: - Answers

    /// - Parameter now: seconds since 1970.
    func token(_ request: TokenRequest, now: Int) -> Answer {
        if let fault = request.fault { return Self.refusal(.badRequest, "invalid_request", fault) }
        guard let grant = request["grant_type"] else { return Self.refusal(.badRequest, "invalid_request", "grant_type is missing") }
        guard grant == "client_credentials" else { return Self.refusal(.badRequest, "unsupported_grant_type", "only client_credentials is") }
        guard let client = request.client, knows(client) else {
            return Self.refusal(.unauthorized, "invalid_client", "a client and its secret are needed", headers: ["WWW-Authenticate": "Basic realm=\"mock-llm\""])
        }
        guard let key = signingKey, let token = key.sign(claims(client.id, request, now)) else {
            return Self.refusal(.internalServerError, "server_error", "no key to sign with")
        }
        var members: [(key: String, value: JSON)] = [
            (key: "access_token", value: .string(token)), (key: "token_type", value: "Bearer"), (key: "expires_in", value: .integer(Limits.tokenSeconds)),
        ]
        if let scope = request["scope"] { members.append((key: "scope", value: .string(scope))) }
        return .json(.object(members), headers: Self.uncached)
    }

    func keySet() -> Answer {
        guard let key = signingKey else { return Self.refusal(.internalServerError, "server_error", "no key to sign with") }
        return .json(["keys": [key.publicKey]])
    }

    /// OpenID Connect Discovery 1.0, as far as it goes here.
    func configuration(_ host: String) -> Answer {
        .json([
            "issuer": .string(issuer.withLock { $0 }), "token_endpoint": "http://\(host)\(Self.tokenPath)", "jwks_uri": "http://\(host)\(Self.keysPath)",
            "grant_types_supported": ["client_credentials"], "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": [], "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        ])
    }

    // MARK: -

    private func knows(_ client: TokenRequest.Client) -> Bool {
        guard !client.id.isEmpty, !client.secret.isEmpty else { return false }
        return clients.isEmpty || clients[client.id] == client.secret
    }

    private func claims(_ client: String, _ request: TokenRequest, _ now: Int) -> JSON {
        var members: [(key: String, value: JSON)] = [
            (key: "iss", value: .string(issuer.withLock { $0 })), (key: "sub", value: .string(client)), (key: "azp", value: .string(client)),
            (key: "iat", value: .integer(now)), (key: "nbf", value: .integer(now)), (key: "exp", value: .integer(now + Limits.tokenSeconds)),
            (key: "jti", value: .string("mock-\(now)-\(issued.add(1, ordering: .relaxed).newValue)")),
        ]
        for (name, claim) in [("audience", "aud"), ("scope", "scope")] {
            if let value = request[name] { members.append((key: claim, value: .string(value))) }
        }
        return .object(members)
    }

    /// RFC 6749, section 5.2.
    private static func refusal(_ status: HTTPResponseStatus, _ code: String, _ description: String, headers: HTTPHeaders = [:]) -> Answer {
        var headers = headers
        headers.add(contentsOf: uncached)
        return .json(["error": .string(code), "error_description": .string(description)], status: status, headers: headers)
    }

    private static var uncached: HTTPHeaders { ["Cache-Control": "no-store", "Pragma": "no-cache"] }
}
