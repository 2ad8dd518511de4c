import CLinux
import CTLS
import RoutingTable

/// Whom connections to a backend must reach, and whose word on that counts.
@safe
struct UpstreamTLS: BitwiseCopyable {
    // Safe: both belong to the snapshot whose endpoint this is.
    let context: OpaquePointer
    let peer: UnsafePointer<ct_peer>
}

/// The TLS contexts of one table's backends, one for each set of trust anchors.
@safe
struct UpstreamTrust: ~Copyable {
    // Safe: made here, freed in deinit; connections hold on to the contexts that they were made by.
    private var contexts: [String: OpaquePointer] = unsafe [:]
    private var peers: [UnsafeMutablePointer<ct_peer>] = unsafe []
    private var names: [CStrings] = []
    /// `--upstream-ca`; nil: the system's.
    private let anchorsFile: String?
    /// What cannot be used, for people: its backends are unreachable.
    private(set) var problems: [String] = []

    init(anchorsFile: String?) { self.anchorsFile = anchorsFile }

    /// How a backend is reached: its certificate must be for one of `names` and lead to `anchors`.
    ///
    /// - Parameters:
    ///   - anchors: PEM text; nil: those of `--upstream-ca`, or the system's.
    ///   - serverName: the host that is asked for; an address is not sent (RFC 6066, 3).
    ///   - backend: its name, for people.
    /// - Returns: nil if the anchors cannot be used; `problems` says why.
    mutating func reach(_ serverName: String, names: [String], anchors: [UInt8]?, backend: String) -> UpstreamTLS? {
        guard let context = unsafe context(for: anchors, backend) else { return nil }
        let strings = CStrings((isAddress(serverName) ? [] : [serverName]) + names)
        self.names.append(strings)
        let peer = UnsafeMutablePointer<ct_peer>.allocate(capacity: 1)
        let hasName = !isAddress(serverName)
        unsafe peer.initialize(to: ct_peer(
            names: strings.pointers + (hasName ? 1 : 0), count: Int32(names.count), server_name: hasName ? strings.pointers[0] : nil))
        unsafe peers.append(peer)
        return unsafe UpstreamTLS(context: context, peer: UnsafePointer(peer))
    }

    /// For people: why a backend is unreachable.
    mutating func note(_ problem: String) { problems.append(problem) }

    private mutating func context(for anchors: [UInt8]?, _ backend: String) -> OpaquePointer? {
        let key = anchors.map { String(decoding: $0, as: UTF8.self) } ?? ""
        if let known = unsafe contexts[key] { return unsafe known }
        let problem = TLSProblem()
        defer { problem.free() }
        let trust = unsafe anchors.map { pem in
            unsafe pem.withUnsafeBytes { unsafe ct_trust_new(nil, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, problem.buffer) }
        } ?? ct_trust_new(anchorsFile, nil, 0, problem.buffer)
        guard let trust = unsafe trust else {
            problems.append("Backend \(backend): its trust anchors cannot be used: \(problem.text)")
            return nil
        }
        defer { unsafe ct_trust_free(trust) }
        guard let context = unsafe ct_client_context(trust) else {
            problems.append("Backend \(backend): no memory for TLS")
            return nil
        }
        unsafe contexts[key] = context
        return unsafe context
    }

    deinit {
        for unsafe context in unsafe contexts.values { unsafe ct_context_free(context) }
        for unsafe peer in unsafe peers { unsafe peer.deallocate() }
        for var strings in names { strings.free() }
    }
}

/// Whether a host is an IPv4 or IPv6 address.
private func isAddress(_ host: String) -> Bool {
    var parsed = cl_address()
    return unsafe cl_address_parse(host, 0, &parsed) == 0
}
