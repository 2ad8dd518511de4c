import CLinux
import CTLS

/// One end of a connection: a socket, with TLS on it or without.
///
/// A plain value that is copied like the descriptor in it; whoever holds it last closes it. Receiving and sending return
/// a count, 0 at the peer's orderly end (receiving), or -errno, with TLS as without.
@safe
struct Transport: BitwiseCopyable {
    let descriptor: Int32
    // Safe: the connection belongs to the worker that holds this value, from the beginning of TLS to `close`.
    private var tls: OpaquePointer?

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        unsafe tls = nil
    }

    var isTLS: Bool { unsafe tls != nil }

    // MARK: - TLS

    /// Expects the client to begin TLS.
    ///
    /// - Returns: false if there is no memory.
    mutating func acceptTLS(_ context: OpaquePointer) -> Bool {
        unsafe tls = ct_accept(context, descriptor)
        return unsafe tls != nil
    }

    /// Begins TLS with a backend.
    ///
    /// - Parameter session: where the backend's latest session is kept; it outlives the connection.
    /// - Returns: false if there is no memory.
    @unsafe
    mutating func connectTLS(_ context: OpaquePointer, _ peer: UnsafePointer<ct_peer>, session: UnsafeMutablePointer<OpaquePointer?>) -> Bool {
        unsafe tls = ct_connect(context, descriptor, peer, session)
        return unsafe tls != nil
    }

    /// 1: done; -EAGAIN: it goes on when the socket is ready; another -errno: it failed.
    func handshake() -> Int32 {
        guard let tls = unsafe tls else { return 1 }
        return unsafe ct_handshake(tls)
    }

    /// Whether both sides can send: with TLS once its handshake is done.
    var isEstablished: Bool {
        guard let tls = unsafe tls else { return true }
        return unsafe ct_is_established(tls) != 0
    }

    /// Of TLS 1.n: n; nil: no TLS.
    var minorVersionOfTLS: UInt64? {
        guard let tls = unsafe tls else { return nil }
        return unsafe UInt64(max(0, ct_minor_version(tls)))
    }

    /// The code for `ct_verify_problem`; 0: nothing was wrong with the peer's certificate.
    var verifyResult: Int32 {
        guard let tls = unsafe tls else { return 0 }
        return unsafe ct_verify_result(tls)
    }

    /// The certificate that the peer showed, an `X509 *` that lives as long as the connection; nil: none, or no TLS.
    var peerCertificate: UnsafeMutableRawPointer? {
        guard let tls = unsafe tls else { return nil }
        return unsafe ct_peer_certificate(tls)
    }

    /// The chain that the peer sent, a `STACK_OF(X509) *`.
    var peerChain: UnsafeMutableRawPointer? {
        guard let tls = unsafe tls else { return nil }
        return unsafe ct_peer_chain(tls)
    }

    // MARK: - Events

    /// Takes note of what an event says: TLS remembers that a short read has emptied the socket, until this.
    func noteReadable(ended: Bool) {
        if let tls = unsafe tls { unsafe ct_note_readable(tls, ended ? 1 : 0) }
    }

    /// Whether the peer's end, or a failure, has been seen behind what was received last: with TLS no event tells.
    var hasEnded: Bool {
        guard let tls = unsafe tls else { return false }
        return unsafe ct_has_ended(tls) != 0
    }

    /// Of TLS: whether the peer has sent something that waits to be received.
    func hasData() -> Bool {
        guard let tls = unsafe tls else { return false }
        return unsafe ct_has_data(tls) != 0
    }

    // MARK: - Bytes

    @unsafe
    func receive(_ into: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        guard let tls = unsafe tls else { return unsafe cl_recv(descriptor, into, count) }
        return unsafe ct_read(tls, into, count)
    }

    /// After -EAGAIN the same bytes must be sent next.
    @unsafe
    func send(_ from: UnsafePointer<UInt8>, _ count: Int) -> Int {
        guard let tls = unsafe tls else { return unsafe cl_send(descriptor, from, count) }
        return unsafe ct_write(tls, from, count)
    }

    /// Sends several pieces in order, as one.
    @unsafe
    func send(pieces: UnsafePointer<iovec>, count: Int) -> Int {
        guard let tls = unsafe tls else { return unsafe cl_send_pieces(descriptor, pieces, Int32(count)) }
        var total = 0
        for i in 0..<count {
            let n = unsafe ct_write(tls, pieces[i].iov_base, pieces[i].iov_len)
            guard n >= 0 else { return total > 0 ? total : n }
            total += n
            if unsafe n < pieces[i].iov_len { break }
        }
        return total
    }

    // MARK: - The end

    /// What the peer learns from the end of the connection.
    enum Ending {
        /// Nothing was cut off: TLS says so (close_notify; RFC 8446, 6.1).
        case whole
        /// Something was: TLS does not say that nothing was, a plain connection leaves it to the framing. What was sent arrives.
        case cut
        /// The same, unmistakably, at the price of what is still on its way.
        case reset
    }

    /// Nothing more is sent; what still comes can be received.
    func endSending(_ ending: Ending) {
        if let tls = unsafe tls, ending == .whole { unsafe ct_close_notify(tls) }
        _ = cl_shutdown_write(descriptor)
    }

    mutating func close(_ ending: Ending = .whole) {
        if let connection = unsafe tls {
            if ending == .whole { unsafe ct_close_notify(connection) }
            unsafe ct_free(connection)
            unsafe tls = nil
        }
        if ending == .reset { cl_reset_on_close(descriptor) }
        _ = cl_close(descriptor)
    }
}
