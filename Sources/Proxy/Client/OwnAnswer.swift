import RoutingTable

/// Answers that are made here and have no body: the parts that they have in common, with refusals too.
extension Worker {
    /// The request is answered without looking at its body: one that has come is skipped, and where more of it may
    /// follow, the connection ends, because what follows could not be told from it.
    mutating func settleBody(_ slot: Int, mustClose: Bool = false) {
        let isUnread = clients[slot].flags.contains(.isChunkedBody) && !clients[slot].chunks.isDone
        let received = clients[slot].input.count - clients[slot].headBytes
        if mustClose || isUnread || received < clients[slot].announcedBytes {
            clients[slot].flags.insert(.closeAfter)
        } else if !clients[slot].flags.contains(.isChunkedBody) {
            clients[slot].bodyBytes = clients[slot].announcedBytes
        }
    }

    mutating func writeStatusLine(_ status: UInt16) {
        scratch.written.append("HTTP/1.1 ")
        scratch.written.append(decimal: UInt64(status))
        scratch.written.append(" ")
        scratch.written.append(Refusal.reason(status))
        scratch.written.append("\r\n")
    }

    /// Ends the head in `scratch.written`, sends it, and moves on to the next request.
    mutating func sendOwnAnswer(_ slot: Int, status: UInt16) {
        date.append(to: &scratch.written)
        writeCORS(slot)
        if clients[slot].flags.contains(.closeAfter) { scratch.written.append("Connection: close\r\n") }
        scratch.written.append("\r\n")
        countRequest(slot, status: status)
        guard sendToClient(slot) else { return }
        noteSpent(slot)
        finishRequest(slot)
    }

    /// OPTIONS * asks about this server, not about a route (RFC 9110, 9.3.7).
    mutating func answerOptions(_ slot: Int) {
        settleBody(slot)
        scratch.written.clear()
        writeStatusLine(204)
        scratch.written.append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
        sendOwnAnswer(slot, status: 204)
    }

    mutating func appendAttempts(_ slot: Int) {
        scratch.written.append("x-rtbl-attempts: ")
        scratch.written.append(decimal: UInt64(clients[slot].attempts))
        scratch.written.append("\r\n")
    }
}
