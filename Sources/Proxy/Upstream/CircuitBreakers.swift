import CTable
import RoutingTable

/// `circuitBreaker` of a Backend: what would be over one of its limits counts as not reached. Nothing queues here, so
/// nothing is kept waiting: the request goes to the next target, or is answered with 503.
///
/// `maxConnectionPools` needs nothing: every Backend has one pool of connections.
extension Worker {
    private mutating func breaker(_ endpoint: Endpoint) -> rtbl_circuit_breaker? {
        endpoint.breaker.map { unsafe configuration.pointee.snapshot.pointee.table.features.circuitBreakers[$0] }
    }

    /// Counts a request that is about to go to a Backend.
    ///
    /// - Returns: false: the Backend takes no more.
    mutating func enterBackend(_ slot: Int, _ endpoint: Endpoint) -> Bool {
        guard let breaker = breaker(endpoint), let load = endpoint.load else { return true }
        guard shared.loads.admit(.requests, load, limit: breaker.max_requests) else { return false }
        clients[slot].load = load
        return true
    }

    /// The same for one that has to wait for a connection: for a name, or a handshake.
    mutating func beginPending(_ slot: Int, _ endpoint: Endpoint) -> Bool {
        guard let breaker = breaker(endpoint), let load = endpoint.load, !clients[slot].flags.contains(.isPending) else { return true }
        guard shared.loads.admit(.pending, load, limit: breaker.max_pending_requests) else { return false }
        clients[slot].flags.insert(.isPending)
        return true
    }

    mutating func endPending(_ slot: Int) {
        guard clients[slot].flags.contains(.isPending), let load = clients[slot].load else { return }
        clients[slot].flags.remove(.isPending)
        shared.loads.leave(.pending, load)
    }

    /// The attempt is over.
    mutating func leaveBackend(_ slot: Int) {
        endPending(slot)
        guard let load = clients[slot].load else { return }
        clients[slot].load = nil
        shared.loads.leave(.requests, load)
    }

    /// Counts a connection that is going to carry a request.
    mutating func admitConnection(_ endpoint: Endpoint) -> Bool {
        guard let breaker = breaker(endpoint), let load = endpoint.load else { return true }
        return shared.loads.admit(.connections, load, limit: breaker.max_connections)
    }

    /// The connection that was admitted last is `upstream`.
    mutating func noteConnection(_ upstream: Int, _ endpoint: Endpoint) { upstreams[upstream].load = endpoint.breaker == nil ? nil : endpoint.load }

    /// The connection carries no request any more.
    mutating func leaveConnection(_ upstream: Int) {
        guard let load = upstreams[upstream].load else { return }
        upstreams[upstream].load = nil
        shared.loads.leave(.connections, load)
    }

    /// Counts a request that goes to the same Backend again; once for all its repeats there.
    mutating func enterRetry(_ slot: Int, _ endpoint: Endpoint) -> Bool {
        guard let breaker = breaker(endpoint), let load = endpoint.load, clients[slot].retryLoad == nil else { return true }
        guard shared.loads.admit(.retries, load, limit: breaker.max_retries) else { return false }
        clients[slot].retryLoad = load
        return true
    }

    mutating func leaveRetry(_ slot: Int) {
        guard let load = clients[slot].retryLoad else { return }
        clients[slot].retryLoad = nil
        shared.loads.leave(.retries, load)
    }
}
