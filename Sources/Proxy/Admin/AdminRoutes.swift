import CLinux
import CTable
import RoutingTable

/// What the admin port answers.
extension Server {
    func respond(to request: AdminRequest, _ feed: PageFeed, streams: Int) -> AdminResponse {
        guard mayBeAskedAs(request.host) else {
            return .text(421, "this port listens on loopback and is asked by address or as localhost, not as \(request.host)\n")
        }
        let steps = request.path.split(separator: "/").map(String.init)
        if steps.first == "targets", steps.count == 3 { return change(steps[1], steps[2], request) }
        if steps == ["reload"] { return reloadTable(request) }
        guard ["/", "/events", "/livez", "/readyz", "/status", "/metrics"].contains(request.path) else {
            return .text(404, "paths here: / /livez /readyz /status /metrics /events, POST /reload, POST /targets/ID/suspend?seconds=N, POST /targets/ID/resume\n")
        }
        guard request.method == "GET" || request.method == "HEAD" else { return .text(405, "only GET is served here\n") }
        switch request.path {
        case "/": return PageDocument.live.response
        case "/events": return events(request, feed, streams: streams)
        case "/livez": return .text(200, "ok\n")
        case "/readyz": return isDraining ? .text(503, "draining\n") : .text(200, "ok\n")
        case "/status": return .json(StatusReport(server: self).json())
        default:
            var report = MetricsReport(self)
            return AdminResponse(status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(report.render().utf8))
        }
    }

    private func events(_ request: AdminRequest, _ feed: PageFeed, streams: Int) -> AdminResponse {
        guard request.isOwn else { return .text(403, "this is for the page of this port, not for another site's\n") }
        guard streams < Limits.eventStreams else { return .text(503, "\(Limits.eventStreams) pages are open already: close one\n") }
        guard let opening = feed.opening(others: streams) else { return .text(503, "no memory for the answer\n") }
        return AdminResponse(status: 200, contentType: "text/event-stream", body: opening, isStream: true)
    }

    /// A page of a stranger can have its own name resolve to 127.0.0.1 (DNS rebinding), and a browser then sends here what
    /// the page likes: but under that name, which has a dot, as all that a stranger can register. Beyond loopback the token
    /// stands before every change, and names are many.
    private func mayBeAskedAs(_ host: String) -> Bool {
        guard Socket.isLoopback(options.admin) else { return true }
        let name = host.hasPrefix("[") ? String(host.dropFirst().prefix { $0 != "]" }) : host
        var address = cl_address()
        return unsafe !name.contains(".") || cl_address_parse(name, 0, &address) == 0
    }

    /// Suspends or resumes a target by hand.
    private func change(_ identifier: String, _ action: String, _ request: AdminRequest) -> AdminResponse {
        guard action == "suspend" || action == "resume" else { return .text(404, "a target can be suspended and resumed\n") }
        if let refusal = refusalOfChange(request) { return refusal }
        let snapshot = unsafe shared.published.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        guard let identity = UInt64(identifier, radix: 16), let number = table.targets.indices.first(where: { table.targets[$0].identity == identity }) else {
            return .text(404, "no target has this id; /status lists them\n")
        }
        let target = Index<rtbl_target>(unchecked: UInt32(number))
        if action == "resume" {
            unsafe snapshot.pointee.state.resume(target)
            shared.sharing?.noteResumption(identity)
            return .text(200, "resumed\n")
        }
        guard let seconds = request.parameter("seconds").flatMap({ UInt64($0) }), (1...Limits.manualSuspensionSeconds).contains(seconds) else {
            return .text(400, "seconds=N is needed, from 1 to \(Limits.manualSuspensionSeconds)\n")
        }
        let now = cl_boot_nanos()
        let change = unsafe snapshot.pointee.state.suspend(
            target, until: now + seconds * 1_000_000_000, now: now, wallMillis: cl_wall_nanos() / 1_000_000, reason: .manual)
        if change != .none { shared.sharing?.noteSuspension(identity) }
        if change == .begun { unsafe snapshot.pointee.live.ownCounters.pointee.countSuspension(row(target), .manual) }
        return .text(200, "suspended\n")
    }

    private func reloadTable(_ request: AdminRequest) -> AdminResponse {
        if let refusal = refusalOfChange(request) { return refusal }
        if let reason = reload() { return .text(422, "\(reason)\n") }
        let snapshot = unsafe shared.published.pointee.snapshot
        return unsafe .text(200, "table \(snapshot.pointee.mapped.header.digest.hex) serves, generation \(snapshot.pointee.generation)\n")
    }

    /// Why a call that changes something is not carried out; nil: it is.
    private func refusalOfChange(_ request: AdminRequest) -> AdminResponse? {
        guard request.method == "POST" else { return .text(405, "POST is needed: this changes something\n") }
        guard request.isOwn else { return .text(403, "a page of another site asks for this: it may not\n") }
        if let adminToken, !isEqualInConstantTime(request.authorization ?? "", "Bearer \(adminToken)") {
            return .text(401, "Authorization: Bearer with the content of --admin-token is needed\n")
        }
        return nil
    }

    /// How long it takes says nothing about where two strings differ.
    private func isEqualInConstantTime(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension Limits {
    /// A suspension by hand: at most 30 days.
    static let manualSuspensionSeconds: UInt64 = 30 * 86_400
}
