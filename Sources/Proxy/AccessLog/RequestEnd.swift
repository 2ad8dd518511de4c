import CLinux
import CTable
import RoutingTable

/// The one place where a request has ended, whatever became of it: its times and tokens are counted, its line is logged.
extension Worker {
    /// The request's head is in `requestHead`: what is known of it from the beginning.
    mutating func beginRecord(_ slot: Int) {
        records[slot] = RequestRecord()
        records[slot].began = nowNanos
        guard lines != nil else { return }
        records[slot].method = requestHead.methodName
        records[slot].host = requestHead.host
        records[slot].path = requestHead.path
        var traces = 0
        for i in 0..<requestHead.fields.count where requestHead.fields[i].id == .traceparent {
            traces += 1
            records[slot].trace = requestHead.fields[i].value
        }
        if traces > 1 { records[slot].trace = .empty } // whose it is cannot be told
    }

    /// Bytes of this client's request or answer have just been handed to the kernel.
    @inline(__always)
    mutating func noteSpent(_ slot: Int) {
        records[slot].noteSpent(since: nowNanos, now: cl_boot_nanos())
    }

    /// A request that was counted has ended: the answer is whole, or the connection closes.
    ///
    /// - Parameter isCut: before its answer was whole.
    mutating func endRecord(_ slot: Int, isCut: Bool = false) {
        guard records[slot].began != 0 else { return }
        defer { records[slot].began = 0 }
        guard records[slot].status != 0 else { return }
        settleTokens(slot)
        let end = max(nowNanos, records[slot].looked)
        observe(slot, until: end)
        if lines != nil {
            if isCut, records[slot].error.isEmpty { records[slot].error = Bytes("client_closed_request") }
            writeLine(slot, until: end)
            putLine()
        }
    }

    private mutating func putLine() {
        lines?.append(logLine.buffer.bytes)
        accessLog?.noteLine()
    }

    // MARK: - Histograms

    private mutating func observe(_ slot: Int, until end: UInt64) {
        let record = records[slot]
        unsafe counters.pointee.observe(.overhead, record.overhead)
        guard clients[slot].match != nil, clients[slot].bodyBytes > 0, (200..<300).contains(record.status), let target = clients[slot].target else { return }
        let row = row(target)
        unsafe counters.pointee.observe(.requestDuration, end &- record.began, row)
        if record.firstByte != 0 { unsafe counters.pointee.observe(.timeToFirstToken, record.firstByte &- record.began, row) }
        if let count = record.tokens.prompt { unsafe counters.pointee.observe(.inputTokens, count, row) }
        if let count = record.tokens.completion { unsafe counters.pointee.observe(.outputTokens, count, row) }
    }

    // MARK: - The line

    private mutating func writeLine(_ slot: Int, until end: UInt64) {
        let record = records[slot]
        logLine.begin()
        logLine.time(record.began, now: end, &logClock)
        addressTexts[slot].withBytes { if !$0.isEmpty { logLine.add(",\"client.address\":", $0, limit: Limits.logHostBytes) } }
        writeRequest(slot, record)
        logLine.add(",\"http.response.status_code\":", UInt64(record.status))
        logLine.add(",\"http.request.body.size\":", UInt64(clients[slot].bodyBytes))
        logLine.add(",\"http.response.body.size\":", record.answerBytes)
        logLine.add(",\"duration\":", nanos: end &- record.began)
        logLine.add(",\"overhead\":", nanos: record.overhead)
        if !record.error.isEmpty { logLine.add(",\"error.type\":", record.error, limit: Limits.logNameBytes) }
        if clients[slot].match != nil { writeRoute(slot, record) }
        writeTokens(record.tokens)
        logLine.end()
    }

    /// What stands in its head. The query may hold a key, and is never logged.
    private mutating func writeRequest(_ slot: Int, _ record: RequestRecord) {
        if let minor = clients[slot].transport.minorVersionOfTLS {
            logLine.add(",\"tls.protocol.version\":\"1.", minor)
            logLine.quote()
        }
        guard !record.method.isEmpty else { return }
        let head = clients[slot].head
        logLine.add(",\"http.request.method\":", head[record.method.indices], limit: Limits.logMethodBytes)
        logLine.add(",\"server.address\":", head[record.host.indices], limit: Limits.logHostBytes)
        logLine.add(",\"url.path\":", head[record.path.indices], limit: Limits.logPathBytes)
        if !record.trace.isEmpty, let trace = TraceParent(head[record.trace.indices]) {
            logLine.add(",\"trace_id\":", trace.traceID, limit: Limits.logMethodBytes)
            logLine.add(",\"span_id\":", trace.parentID, limit: Limits.logMethodBytes)
        }
    }

    private mutating func writeRoute(_ slot: Int, _ record: RequestRecord) {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        guard let match = clients[slot].match else { return }
        let rule = table.rules[table.routes[match.route].ruleIndex]
        let api = table.apis[rule.apiIndex]
        logLine.add(",\"rtbl.api\":", namespace: table.string(api.object_namespace), name: table.string(api.object_name))
        let environment: StaticString = Int(rule.environment) == RTBL_ENVIRONMENT_SANDBOX ? "sandbox" : "production"
        logLine.add(",\"rtbl.environment\":", word: environment)
        if let result = clients[slot].authentication.result {
            logLine.add(",\"rtbl.authentication\":", word: result.name)
            records[slot].subject.withBytes { if !$0.isEmpty { logLine.add(",\"enduser.id\":", $0, limit: Limits.logSubjectBytes) } }
        }
        if let pool = clients[slot].pool { logLine.add(",\"rtbl.pool\":", identity: table.pools[pool].identity) }
        if let target = clients[slot].target { writeTarget(slot, target, record) }
    }

    private mutating func writeTarget(_ slot: Int, _ index: Index<rtbl_target>, _ record: RequestRecord) {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let target = table.targets[index]
        let backend = table.backends[target.backendIndex]
        logLine.add(",\"rtbl.target\":", identity: target.identity)
        if target.model != 0 { logLine.add(",\"gen_ai.request.model\":", table.string(target.model), limit: Limits.logNameBytes) }
        logLine.add(",\"rtbl.backend\":", namespace: table.string(backend.object_namespace), name: table.string(backend.object_name))
        logLine.add(",\"rtbl.attempts\":", UInt64(clients[slot].attempts))
        if record.upstreamStatus != 0 { logLine.add(",\"rtbl.upstream.status_code\":", UInt64(record.upstreamStatus)) }
        // a backend that answers before it is asked has taken no time
        if record.answered != 0 { logLine.add(",\"rtbl.upstream.time_to_first_byte\":", nanos: record.sent != 0 && record.answered > record.sent ? record.answered - record.sent : 0) }
        if let reason = SuspensionReason(rawValue: UInt64(record.suspension)) { logLine.add(",\"rtbl.suspension\":", word: reason.name) }
    }

    private mutating func writeTokens(_ tokens: TokenCounts) {
        if let count = tokens.prompt { logLine.add(",\"gen_ai.usage.input_tokens\":", count) }
        if let count = tokens.completion { logLine.add(",\"gen_ai.usage.output_tokens\":", count) }
        if let count = tokens.total { logLine.add(",\"rtbl.usage.total_tokens\":", count) }
    }

    /// A connection that was turned away with an answer, although it never had a slot.
    mutating func logTurnedAway(_ descriptor: Int32, status: UInt16, _ code: StaticString) {
        guard lines != nil else { return }
        logLine.begin()
        logLine.time(nowNanos, now: nowNanos, &logClock)
        AddressText(peerOf: descriptor).withBytes { if !$0.isEmpty { logLine.add(",\"client.address\":", $0, limit: Limits.logHostBytes) } }
        logLine.add(",\"http.response.status_code\":", UInt64(status))
        logLine.add(",\"duration\":", nanos: 0)
        logLine.add(",\"overhead\":", nanos: 0)
        logLine.add(",\"error.type\":", word: code)
        logLine.end()
        putLine()
    }
}
