import Proxy
import RoutingTable
import TestSupport

/// A backend's stream: the same however it is cut; and what its fields say of quotas stays within bounds.
struct ResponseHeadFuzz: FuzzBody, ~Copyable {
    private let memory = GuardedBytes(capacity: 1 << 20)
    private var head = ResponseHead()

    mutating func run(_ input: [UInt8]) throws(Finding) {
        try checkHead(input)
        for method in [HTTPMethod.post, .head] {
            let whole = driveResponse(input, method: method, arriving: [input.count])
            let cuts = Cuts(input)
            let halves = driveResponse(input, method: method, arriving: [cuts.place, input.count])
            try check(halves == whole, "cut at \(cuts.place): \(halves), whole: \(whole)")
            guard !input.isEmpty, cuts.isByteByByte else { continue }
            let single = driveResponse(input, method: method, arriving: Array(1...input.count))
            try check(single == whole, "byte by byte: \(single), whole: \(whole)")
        }
    }

    private mutating func checkHead(_ input: [UInt8]) throws(Finding) {
        guard input.count <= 1 << 20 else { return }
        var progress = HeadProgress()
        guard case .done(let count) = unsafe head.parse(UnsafeRawBufferPointer(memory.placed(input[...])).bytes, requestMethod: .post, progress: &progress) else { return }
        try NaiveHead.check(input, count)
        let fields = (0..<head.fields.count).map { (head.fields[$0].name.indices, head.fields[$0].value.indices) }
        try check(NaiveHead.fields(input, count).elementsEqual(fields, by: ==), "other fields than the lines have")
        let view = memory.view(input)
        let quota = QuotaSignals(head, view)
        // 2026-01-01
        let wait = quota.retryAfterMillis(head, view, wallSeconds: 1_767_225_600)
        try check(wait <= 3_600_000 && (wait == 0 || quota.hasRetryAfter), "Retry-After asks for \(wait) ms")
        _ = quota.resetMillis(head, view, wallMillis: 1_767_225_600_000)
        _ = quota.resetMillis(head, view, wallMillis: 0)
    }
}
