import CLinux
import Synchronization

/// Connections per client address, for `--max-connections-per-client`. Asked when a connection is accepted and when it
/// ends, never by a request; it holds as many entries as there are clients.
final class ClientAddresses: Sendable {
    /// An IPv4 address, or the first 64 bits of an IPv6 address: whoever has one address of such a network has all.
    struct Key: Hashable, BitwiseCopyable {
        let network: UInt64

        /// - Parameter descriptor: of a connected socket.
        init?(peerOf descriptor: Int32) {
            var address = cl_address()
            guard unsafe cl_peer_address(descriptor, &address) == 0 else { return nil }
            network = unsafe cl_address_network(&address)
        }
    }

    private let limit: Int
    private let counts = Mutex<[Key: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// Counts one more connection; false: the address has as many as it may have.
    func admit(_ key: Key) -> Bool {
        counts.withLock { counts in
            let count = counts[key, default: 0]
            guard count < limit else { return false }
            counts[key] = count + 1
            return true
        }
    }

    func leave(_ key: Key) {
        counts.withLock { counts in
            let count = counts[key, default: 1] - 1
            counts[key] = count > 0 ? count : nil
        }
    }
}
