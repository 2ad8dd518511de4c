import CLinux
import CTLS
import CTable
import RoutingTable

/// TLS to a backend, from the TCP connection to the request. Nothing is sent before the backend's certificate has been
/// verified, and there is no way back to a plain connection.
extension Worker {
    mutating func beginSecuring(_ upstream: Int, _ target: Index<rtbl_target>) {
        guard let tls = endpoint(of: target).tls else { preconditionFailure("a backend whose TLS cannot be set up is not connected to") }
        let session = unsafe sessions.slot(upstreams[upstream].address)
        guard unsafe upstreams[upstream].transport.connectTLS(tls.context, tls.peer, session: session) else {
            connectFailed(upstream)
            return
        }
        upstreams[upstream].state = .securing
        upstreams[upstream].transport.noteReadable(ended: upstreams[upstream].flags.contains(.peerClosed))
        secure(upstream)
    }

    /// Takes the handshake as far as it goes now.
    mutating func secure(_ upstream: Int) {
        let result = upstreams[upstream].transport.handshake()
        if result == -EAGAIN { return }
        let slot = Int(upstreams[upstream].client)
        guard let target = clients[slot].target else { preconditionFailure("a connection is made for a target") }
        let problem = upstreams[upstream].transport.verifyResult
        let snapshot = unsafe configuration.pointee.snapshot
        unsafe snapshot.pointee.noteCertificate(of: snapshot.pointee.table.targets[target].backendIndex, problem)
        guard result != 1 else {
            // Whatever it has sent by now is no answer to a request that it has not seen.
            if upstreams[upstream].transport.hasData() { upstreams[upstream].flags.formUnion([.readable, .spokeFirst]) }
            beginExchange(upstream)
            return
        }
        guard problem != 0 else {
            connectFailed(upstream)
            return
        }
        // Another address of the same name would show the same certificate.
        closeUpstream(upstream)
        clients[slot].upstream = -1
        attemptFailed(slot, .certificate)
    }
}
