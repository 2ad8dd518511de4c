import CLinux
import CTable
import RoutingTable

/// An answer that says "not done", kept while the request is tried elsewhere: if nothing does better, the client gets it.
extension Worker {
    /// Keeps the answer of `target`, in place of an earlier one.
    ///
    /// - Returns: false if there is no memory for it, and the client has been told.
    mutating func setAside(_ upstream: Int, _ slot: Int, of target: Index<rtbl_target>?) -> Bool {
        dropHeldAnswer(slot)
        guard holdAnswer(upstream) else {
            answerBroke(upstream, "no memory for the backend's answer")
            return false
        }
        clients[slot].heldUpstream = Int32(upstream)
        clients[slot].heldTarget = target
        clients[slot].upstream = -1
        return true
    }

    /// As far as it has come.
    private mutating func holdAnswer(_ upstream: Int) -> Bool {
        upstreams[upstream].state = .held
        upstreams[upstream].headProgress = HeadProgress()
        guard buffers.grow(&upstreams[upstream].input, toHold: max(1, scratch.piece.count)) else { return false }
        upstreams[upstream].input.append(scratch.piece.bytes)
        cancelUpstreamTimer(upstream)
        return true
    }

    /// No other target could serve the request: its last answer goes to the client after all.
    mutating func passOnHeldAnswer(_ slot: Int) {
        let upstream = Int(clients[slot].heldUpstream)
        clients[slot].heldUpstream = -1
        clients[slot].upstream = Int32(upstream)
        clients[slot].target = clients[slot].heldTarget
        clients[slot].attemptDeadline = .max
        clients[slot].state = .exchanging
        upstreams[upstream].state = .exchanging
        scratch.piece.clear()
        scratch.piece.append(upstreams[upstream].input.bytes)
        buffers.give(&upstreams[upstream].input)
        let outcome = responseHead.parse(scratch.piece.bytes.span, requestMethod: clients[slot].method, progress: &upstreams[upstream].headProgress)
        guard case .done(let bytes) = outcome else { preconditionFailure("a head that was sound before is sound again") }
        let generation = upstreams.generation(upstream)
        relayHead(upstream, headBytes: bytes)
        if upstreams.generation(upstream) == generation, clients[slot].upstream == Int32(upstream) { receiveAnswer(upstream) }
    }

    mutating func dropHeldAnswer(_ slot: Int) {
        guard clients[slot].heldUpstream >= 0 else { return }
        closeUpstream(Int(clients[slot].heldUpstream))
        clients[slot].heldUpstream = -1
    }
}
