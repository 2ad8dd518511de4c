import CTable
import RoutingTable

/// The head of an answer as the client gets it: written anew from what was understood of the backend's.
extension Worker {
    mutating func writeAnswerHead(_ slot: Int, _ head: Bytes) {
        scratch.written.append("HTTP/1.1 ")
        scratch.written.append(decimal: UInt64(responseHead.statusCode))
        scratch.written.append(" ")
        scratch.written.append(head[responseHead.reason.indices])
        scratch.written.append("\r\n")
        let filters = headerFilters(slot, .response)
        writeAnswerFields(head, filters, hasCORS: corsPolicy(slot) != nil)
        writeCORS(slot)
        writeFraming(slot)
        if !responseHead.hasDate, !filters.names(Bytes("date")) { date.append(to: &scratch.written) }
        writeOwnFields(slot, filters)
        if clients[slot].flags.contains(.closeAfter) { scratch.written.append("Connection: close\r\n") }
        scratch.written.append("\r\n")
    }

    /// The backend's fields and those that the rule sets or adds. Where the rule has a cORSPolicy, it alone speaks of
    /// access from other origins.
    private mutating func writeAnswerFields(_ head: Bytes, _ filters: HeaderFilters, hasCORS: Bool) {
        for i in 0..<responseHead.fields.count {
            let field = responseHead.fields[i]
            let name = head[field.name.indices]
            if field.isHopByHop || field.id.isFramingOrOurs || filters.replaces(name) || (hasCORS && name.isAccessControl) { continue }
            writeField(name, head[field.value.indices])
        }
        for number in filters.numbers {
            guard let (name, value) = filters.addition(number) else { continue }
            let id = HeaderName(name)
            if id.isHopByHop || id == .contentLength || id == .transferEncoding || (hasCORS && name.isAccessControl) { continue }
            writeField(name, value)
        }
    }

    /// Which model answered, and at which attempt, unless a filter says otherwise.
    private mutating func writeOwnFields(_ slot: Int, _ filters: HeaderFilters) {
        if let target = clients[slot].target, !filters.replaces(Bytes("x-rtbl-model")) {
            let table = unsafe configuration.pointee.snapshot.pointee.table
            let model = table.targets[target].model
            if model != 0 { writeModelField(Bytes("x-rtbl-model"), table.string(model)) }
        }
        if !filters.replaces(Bytes("x-rtbl-attempts")) { appendAttempts(slot) }
    }

    /// How the client will know where the body ends: written from what was understood, never copied.
    private mutating func writeFraming(_ slot: Int) {
        switch responseHead.framing {
        case .none:
            // the length that a GET would have (RFC 9110, 8.6); 1xx and 204 must not have one
            if let count = responseHead.contentLength, clients[slot].flags.contains(.isHead) || responseHead.statusCode == 304 {
                appendContentLength(count)
            }
        case .length(let count): appendContentLength(count)
        case .chunked, .untilClose:
            if clients[slot].flags.contains(.isOld) {
                clients[slot].flags.formUnion([.closeAfter, .endsWithConnection])
            } else {
                clients[slot].flags.insert(.isChunkedAnswer)
                if responseHead.isEventStream, responseHead.fields.first(.contentEncoding) == nil { clients[slot].flags.insert(.isEventStream) }
                scratch.written.append("Transfer-Encoding: chunked\r\n")
            }
        }
    }

    private mutating func appendContentLength(_ count: UInt64) {
        scratch.written.append("Content-Length: ")
        scratch.written.append(decimal: count)
        scratch.written.append("\r\n")
    }
}

extension HeaderName {
    /// Written anew from what was understood, or added here.
    var isFramingOrOurs: Bool {
        switch self {
        case .contentLength, .transferEncoding, .xRtblModel, .xRtblAttempts: true
        default: false
        }
    }
}
