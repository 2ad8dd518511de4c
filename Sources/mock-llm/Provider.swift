import Glibc
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers requests; the one place that knows which paths there are.
final class Provider: Sendable {
    private let ledger: QuotaLedger
    private let log: RequestLog
    private let identity: IdentityProvider
    private let quotaModels: [String]
    private let answered = Atomic<Int>(0)

    init(options: Options, log: RequestLog, identity: IdentityProvider) {
        self.identity = identity
        ledger = QuotaLedger(options.quotas)
        quotaModels = options.quotas.keys.sorted()
        self.log = log
    }

    func answer(_ head: HTTPRequestHead, body: ByteBuffer) -> Answer {
        let target = RequestTarget(head.uri)
        let number = answered.add(1, ordering: .relaxed).newValue
        var answer: Answer
        switch (target.path, head.method) {
        case ("/v1/chat/completions", .POST):
            answer = metered(body) { model, request in
                ChatCompletions(model: ModelName.answering(for: model), id: "chatcmpl-mock\(number)", created: Self.now).answer(request)
            }
        case ("/v1/embeddings", .POST): answer = metered(body) { model, request in Embeddings(model: model).answer(request) }
        case ("/v1/models", .GET), ("/v1/models", .HEAD): answer = models()
        case (RequestTarget.recordedRequests, .GET):
            let recorded = RecordedRequests(log: log)
            return target.query == "format=json" ? recorded.json() : recorded.text()
        case (RequestTarget.recordedRequests, .DELETE): return RecordedRequests(log: log).clear()
        case (IdentityProvider.tokenPath, .POST): answer = identity.token(TokenRequest(head, body: body), now: Self.now)
        case (IdentityProvider.keysPath, .GET), (IdentityProvider.keysPath, .HEAD): answer = identity.keySet()
        case (IdentityProvider.discoveryPath, .GET), (IdentityProvider.discoveryPath, .HEAD): answer = identity.configuration(head.headers.first(name: "Host") ?? "")
        case (IdentityProvider.tokenPath, _): answer = Self.notAllowed(head, allow: "POST")
        case (IdentityProvider.keysPath, _), (IdentityProvider.discoveryPath, _): answer = Self.notAllowed(head, allow: "GET, HEAD")
        case ("/v1/chat/completions", _), ("/v1/embeddings", _): answer = Self.notAllowed(head, allow: "POST")
        case ("/v1/models", _): answer = Self.notAllowed(head, allow: "GET, HEAD")
        case (RequestTarget.recordedRequests, _): return Self.notAllowed(head, allow: "GET, DELETE")
        default: answer = .error(.notFound, "Invalid URL (\(head.method.rawValue) \(target.path))")
        }
        answer.headers.add(name: "x-request-id", value: "req_mock\(number)")
        return answer
    }

    /// A request that names a model: counted if it is right, refused if the model's quota is used up.
    private func metered(_ body: ByteBuffer, make: (_ model: String, _ request: JSON) -> Answer) -> Answer {
        guard let request = JSON(parsing: body.readableBytesView), case .object = request else {
            return .error(
                .badRequest,
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
            )
        }
        guard let model = request["model"]?.text, !model.isEmpty else {
            return .error(.badRequest, "you must provide a model parameter")
        }
        var answer = make(model, request)
        guard answer.status == .ok else { return answer }
        let entry = ledger.enter(model, at: .now())
        if !entry.isAllowed { answer = RateLimit.refusal(model: model, entry: entry) }
        answer.headers.add(contentsOf: RateLimit.headers(entry, tokens: answer.tokens))
        return answer
    }

    private func models() -> Answer {
        let names = ModelName.known + quotaModels.filter { !ModelName.known.contains($0) }
        return .json([
            "object": "list",
            "data": .array(names.map { ["id": .string($0), "object": "model", "created": 1_721_172_717, "owned_by": "system"] }),
        ])
    }

    private static func notAllowed(_ head: HTTPRequestHead, allow: String) -> Answer {
        .error(
            .methodNotAllowed,
            "Not allowed to \(head.method.rawValue) on \(RequestTarget(head.uri).path). (HINT: Perhaps you meant to use a different HTTP method?)",
            headers: ["Allow": allow])
    }

    /// Seconds since 1970.
    private static var now: Int { time(nil) }
}
