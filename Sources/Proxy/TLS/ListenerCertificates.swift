import CLinux
import CTLS
import RoutingTable

/// The certificates of `--listen-tls`, and the context that was made of them last. Used by the control thread only.
@safe
final class ListenerCertificates {
    /// A PEM file with the certificate and its chain, and one with its key.
    private let files: [(certificate: String, key: String)]
    private(set) var asksForCertificate: Bool
    private var stamp: UInt64 = 0
    // Safe: holds one reference; configurations hold their own.
    private(set) var context: OpaquePointer

    /// - Parameter asksForCertificate: some route admits clients by their certificates.
    /// - Throws: exit code 66 where a file cannot be read as what it should be.
    init(_ files: [(certificate: String, key: String)], asksForCertificate: Bool) throws(Server.Exit) {
        self.files = files
        self.asksForCertificate = asksForCertificate
        stamp = Self.stamp(files)
        switch Self.load(files, asksForCertificate) {
        case .context(let fresh): unsafe context = fresh
        case .problem(let text): throw Server.Exit(code: 66, message: "TLS: \(text)")
        }
    }

    deinit { unsafe ct_context_free(context) }

    enum Change {
        case none, reloaded
        /// The new files cannot be used; the old certificates serve on.
        case refused(String)
    }

    /// Reads the files again if they have changed, or in any case.
    ///
    /// - Parameter asksForCertificate: whether the present table asks clients for theirs; nil: as before.
    func refresh(force: Bool, asksForCertificate asks: Bool? = nil) -> Change {
        let present = Self.stamp(files)
        let asks = asks ?? asksForCertificate
        guard force || present != stamp || asks != asksForCertificate else { return .none }
        stamp = present
        switch Self.load(files, asks) {
        case .problem(let text): return .refused(text)
        case .context(let fresh):
            unsafe ct_copy_ticket_keys(context, fresh) // whoever has a session may still resume it
            unsafe ct_context_free(context)
            unsafe context = fresh
            asksForCertificate = asks
            return .reloaded
        }
    }

    @safe
    private enum Loaded {
        case context(OpaquePointer)
        case problem(String)
    }

    private static func load(_ files: [(certificate: String, key: String)], _ asksForCertificate: Bool) -> Loaded {
        var certificates = CStrings(files.map(\.certificate)), keys = CStrings(files.map(\.key))
        defer {
            certificates.free()
            keys.free()
        }
        let problem = TLSProblem()
        let context = unsafe ct_server_context(certificates.pointers, keys.pointers, Int32(files.count), asksForCertificate ? 1 : 0, problem.buffer)
        defer { problem.free() }
        guard let context = unsafe context else { return .problem(problem.text) }
        return unsafe .context(context)
    }

    private static func stamp(_ files: [(certificate: String, key: String)]) -> UInt64 {
        var stamp: UInt64 = 0
        for (certificate, key) in files {
            for path in [certificate, key] { stamp = unsafe (stamp &* 0x100_0000_01b3) ^ cl_file_stamp(path) }
        }
        return stamp
    }
}
