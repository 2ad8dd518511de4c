import CLinux
import RoutingTable

/// A client's address as text, made once for its connection.
struct AddressText: BitwiseCopyable {
    private var count = 0
    private var text = InlineArray<46, UInt8>(repeating: 0)

    /// None.
    init() {}

    /// - Parameter descriptor: of a connected socket.
    init(peerOf descriptor: Int32) {
        var address = cl_address()
        guard unsafe cl_peer_address(descriptor, &address) == 0 else { return }
        count = unsafe withUnsafeMutableBytes(of: &text) { unsafe Int(cl_address_text(&address, $0.baseAddress!.assumingMemoryBound(to: CChar.self))) }
    }

    var isEmpty: Bool { count == 0 }

    func withBytes(_ body: (Bytes) -> Void) {
        unsafe withUnsafeBytes(of: text) { unsafe body(Bytes(UnsafeRawBufferPointer(rebasing: $0[0..<count]))) }
    }
}
