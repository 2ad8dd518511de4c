import CLinux
import CTable
import RoutingTable
import Synchronization

/// A backend connection from connect to close.
extension Worker {
    /// Opens a connection for a client's request, trying the host's addresses from `addressNumber` on.
    ///
    /// - Parameter failure: what became of the address before, which decides if there is no other.
    mutating func connect(_ slot: Int, _ address: UInt32, addressNumber: Int, after failure: AttemptFailure = .connect) {
        guard case .known(let list) = shared.addresses.answer(address) else {
            attemptFailed(slot, .connect)
            return
        }
        var number = addressNumber
        while unsafe number < list.pointee.count {
            var target = unsafe list.pointee.addresses[number]
            switch unsafe openUpstream(slot, address, number, &target) {
            case .opened: return
            case .failed: number += 1
            case .overflow:
                attemptFailed(slot, .overflow)
                return
            }
        }
        attemptFailed(slot, failure)
    }

    private enum Opening {
        case opened, failed
        /// The Backend's circuit breaker, or a lack of connections here: it says nothing about the Backend.
        case overflow
    }

    private mutating func openUpstream(_ slot: Int, _ address: UInt32, _ number: Int, _ target: UnsafeMutablePointer<cl_address>) -> Opening {
        guard let picked = clients[slot].target, case let endpoint = endpoint(of: picked), admitConnection(endpoint) else { return .overflow }
        let opening = unsafe openAdmitted(slot, address, number, target)
        if case .opened = opening {
            noteConnection(Int(clients[slot].upstream), endpoint)
        } else if endpoint.breaker != nil, let load = endpoint.load {
            shared.loads.leave(.connections, load)
        }
        return opening
    }

    private mutating func openAdmitted(_ slot: Int, _ address: UInt32, _ number: Int, _ target: UnsafeMutablePointer<cl_address>) -> Opening {
        guard makeRoomForUpstream() else { return .overflow }
        let descriptor = unsafe cl_tcp_socket(Int32(target.pointee.storage.ss_family))
        if [-EMFILE, -ENFILE, -ENOBUFS, -ENOMEM].contains(descriptor) {
            shared.upstreamHasLeft()
            return .overflow
        }
        let result = descriptor >= 0 ? unsafe cl_connect(descriptor, target) : descriptor
        guard result == 0 || result == -EINPROGRESS, let upstream = upstreams.take(Upstream(Transport(descriptor), address: address, client: slot)) else {
            shared.upstreamHasLeft()
            if descriptor >= 0 { _ = cl_close(descriptor) }
            return .failed
        }
        upstreams[upstream].addressNumber = UInt8(number)
        let token = Token(.upstream, upstream, upstreams.generation(upstream))
        guard cl_epoll_add(epoll, descriptor, Self.connectionEvents, token.raw) == 0 else {
            upstreams.give(upstream)
            shared.upstreamHasLeft()
            _ = cl_close(descriptor)
            return .overflow
        }
        clients[slot].upstream = Int32(upstream)
        if let target = clients[slot].target { setExchangeTimer(upstream, slot, millis: endpoint(of: target).connectTimeoutMillis) }
        return .opened
    }

    /// Counts one more connection to a backend. Where all are taken, idle ones give way, the oldest first; where this
    /// worker has none, the others are asked for theirs, which helps the next request.
    private mutating func makeRoomForUpstream() -> Bool {
        while !shared.admitUpstream() {
            guard idle.oldest >= 0 else {
                shared.askForIdleUpstreams()
                return false
            }
            closeUpstream(Int(idle.oldest))
        }
        return true
    }

    /// Another worker ran out of connections.
    mutating func closeIdleUpstreams() {
        while idle.oldest >= 0 { closeUpstream(Int(idle.oldest)) }
    }

    mutating func closeUpstream(_ upstream: Int) {
        if upstreams[upstream].state == .idle { idle.remove(upstream, &upstreams) }
        leaveConnection(upstream)
        releaseCopy(upstream)
        buffers.give(&upstreams[upstream].input)
        buffers.give(&upstreams[upstream].output)
        upstreams[upstream].transport.close()
        cancelUpstreamTimer(upstream)
        upstreams[upstream].state = .closed
        upstreams[upstream].client = -1
        upstreams.give(upstream)
        shared.upstreamHasLeft()
    }

    /// Ends what backends do for a client that has gone or been answered otherwise.
    mutating func abandonUpstreams(_ slot: Int) {
        if clients[slot].upstream >= 0 {
            if clients[slot].flags.contains(.isWaiting) { countAttempt(slot, .abandoned) }
            closeUpstream(Int(clients[slot].upstream))
            clients[slot].upstream = -1
        }
        dropHeldAnswer(slot)
    }

    /// The answer has ended: keeps the connection for the next request where both sides are ready for one.
    mutating func releaseUpstream(_ upstream: Int, hasLeftover: Bool) {
        let flags = upstreams[upstream].flags
        // readable: bytes behind the answer may wait in the socket, and would look like the next one (RFC 9112, 9.2)
        let isClean = !hasLeftover && flags.isSuperset(of: [.keepAlive, .hasSentAll]) && flags.isDisjoint(with: [.peerClosed, .readable, .spokeFirst]) && !isDraining
        var millis = shared.options.upstreamIdleTimeoutMillis
        if let seconds = upstreams[upstream].keepAliveSeconds { millis = min(millis, UInt64(max(1, seconds) - 1) * 1000) }
        guard isClean, millis > 0 else {
            closeUpstream(upstream)
            return
        }
        buffers.give(&upstreams[upstream].input)
        buffers.give(&upstreams[upstream].output)
        leaveConnection(upstream)
        releaseCopy(upstream)
        upstreams[upstream].client = -1
        upstreams[upstream].state = .idle
        upstreams[upstream].flags = []
        upstreams[upstream].interimAnswers = 0
        upstreams[upstream].bodySent = 0
        upstreams[upstream].headProgress = HeadProgress()
        idle.push(upstream, &upstreams)
        setUpstreamTimer(upstream, millis: millis)
    }

    mutating func upstreamEvent(_ upstream: Int, _ events: UInt32) {
        if upstreams[upstream].client >= 0 { enter(Int(upstreams[upstream].client)) }
        let isBroken = events & (CL_EPOLLERR | CL_EPOLLHUP) != 0
        switch upstreams[upstream].state {
        case .idle:
            if events & ~CL_EPOLLOUT != 0 { closeUpstream(upstream) }
        case .connecting:
            if isBroken || cl_socket_error(upstreams[upstream].transport.descriptor) != 0 {
                connectFailed(upstream)
            } else if events & CL_EPOLLOUT != 0 {
                hasConnected(upstream, events)
            }
        case .securing:
            if isBroken || events & CL_EPOLLRDHUP != 0 { upstreams[upstream].flags.insert(.peerClosed) }
            upstreams[upstream].transport.noteReadable(ended: upstreams[upstream].flags.contains(.peerClosed))
            secure(upstream)
        case .closed: break
        case .held:
            upstreams[upstream].transport.noteReadable(ended: isBroken || events & CL_EPOLLRDHUP != 0)
            if events & CL_EPOLLIN != 0 { upstreams[upstream].flags.insert(.readable) }
            if isBroken || events & CL_EPOLLRDHUP != 0 { upstreams[upstream].flags.formUnion([.readable, .peerClosed]) }
        case .exchanging, .streaming:
            if isBroken || events & CL_EPOLLRDHUP != 0 { upstreams[upstream].flags.insert(.peerClosed) }
            if isBroken || events & (CL_EPOLLIN | CL_EPOLLRDHUP) != 0 { upstreams[upstream].flags.insert(.readable) }
            upstreams[upstream].transport.noteReadable(ended: upstreams[upstream].flags.contains(.peerClosed))
            // An early answer is read first: it explains why the rest of the request cannot be sent.
            let generation = upstreams.generation(upstream)
            if upstreams[upstream].flags.contains(.readable) { receiveAnswer(upstream) }
            guard upstreams.generation(upstream) == generation, isAtWork(upstream) else { return }
            if events & CL_EPOLLOUT != 0, !upstreams[upstream].flags.contains(.hasSentAll) { continueRequest(upstream) }
        }
    }

    private mutating func hasConnected(_ upstream: Int, _ events: UInt32) {
        let slot = Int(upstreams[upstream].client)
        if events & CL_EPOLLRDHUP != 0 { upstreams[upstream].flags.insert(.peerClosed) }
        if let target = clients[slot].target, endpoint(of: target).isTLS {
            beginSecuring(upstream, target)
            return
        }
        if events & CL_EPOLLIN != 0 { upstreams[upstream].flags.formUnion([.readable, .spokeFirst]) }
        beginExchange(upstream)
    }

    /// Sends the request on a connection that has just become ready for it.
    mutating func beginExchange(_ upstream: Int) {
        upstreams[upstream].state = .exchanging
        endPending(Int(upstreams[upstream].client))
        let generation = upstreams.generation(upstream)
        sendRequest(upstream)
        // a backend that is too busy may have answered before it saw the request
        if upstreams.generation(upstream) == generation { receiveAnswer(upstream) }
    }

    /// Nothing has been sent yet: the host's next address, or the next target.
    mutating func connectFailed(_ upstream: Int, _ failure: AttemptFailure = .connect) {
        let slot = Int(upstreams[upstream].client)
        let (address, number) = (upstreams[upstream].address, Int(upstreams[upstream].addressNumber))
        closeUpstream(upstream)
        clients[slot].upstream = -1
        connect(slot, address, addressNumber: number + 1, after: failure)
    }

    mutating func upstreamExpired(_ upstream: Int) {
        let slot = Int(upstreams[upstream].client)
        if slot >= 0 { enter(slot) }
        switch upstreams[upstream].state {
        case .idle: closeUpstream(upstream)
        case .held, .closed: break // while an answer is held, the client's present attempt has its own timer
        case .connecting where !isRequestOverdue(slot) && !isAttemptOverdue(slot), .securing where !isRequestOverdue(slot) && !isAttemptOverdue(slot):
            connectFailed(upstream, .timeout)
        case .connecting, .securing, .exchanging:
            let isConnected = upstreams[upstream].state == .exchanging
            closeUpstream(upstream)
            clients[slot].upstream = -1
            if isRequestOverdue(slot) {
                countAttempt(slot, .timeout)
                requestTimedOut(slot)
            } else if isConnected {
                answerTimedOut(slot)
            } else {
                attemptFailed(slot, .timeout)
            }
        case .streaming:
            closeUpstream(upstream)
            clients[slot].upstream = -1
            exchangeBroke(slot, Refusal(504, "upstream_timeout", "the backend's answer stopped"))
        }
    }

    private mutating func answerTimedOut(_ slot: Int) {
        countAttempt(slot, .timeout)
        suspendOnFailure(slot, .timeout)
        if let target = nextTarget(slot, on: UInt32(RTBL_ON_TIMEOUT)) {
            reach(slot, target)
        } else {
            exchangeBroke(slot, Refusal(504, "upstream_timeout", "the backend did not answer in time"))
        }
    }
}
