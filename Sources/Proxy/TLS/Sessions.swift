import CLinux
import CTLS

/// One worker's latest TLS session with each backend, by its number in the address book: the next connection resumes it.
@safe
struct Sessions: ~Copyable {
    // Safe: one element for every number that the address book can give out; every access checks the number. Fresh
    // pages are zero, which is no session.
    private let slots: UnsafeMutablePointer<OpaquePointer?>

    /// - Returns: nil if the system has no memory. Pages cost memory once they are touched.
    init?() {
        guard let mapping = unsafe cl_map_anonymous(Limits.addresses * MemoryLayout<OpaquePointer?>.stride) else { return nil }
        unsafe slots = mapping.bindMemory(to: OpaquePointer?.self, capacity: Limits.addresses)
    }

    /// Where the session with a backend is kept. It stays where it is.
    @unsafe
    func slot(_ address: UInt32) -> UnsafeMutablePointer<OpaquePointer?> {
        precondition(Int(address) < Limits.addresses)
        return unsafe slots + Int(address)
    }
}
