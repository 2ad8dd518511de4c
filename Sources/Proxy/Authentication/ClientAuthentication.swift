/// What is known of a client's identity: of the request under way, and of the connection.
struct ClientAuthentication: BitwiseCopyable {
    /// Bit n: scheme n of the rule's authentication has been passed by this request.
    var passedSchemes: UInt64 = 0
    /// Hash of the claim by which the route's pool keeps requests together.
    var claimHash: UInt64?
    /// What came of it; nil: the route asks for nothing.
    var result: AuthenticationResult?
    /// The key set that the request waits for.
    var awaitedKeySet: UInt32?
    /// It has waited: it does so once.
    var hasWaited = false

    /// The scheme for which the connection's certificate was accepted, of which table, and until when that is believed,
    /// in milliseconds of the boot clock.
    var certificateScheme: UInt32?
    var certificateSnapshot = 0
    var certificateUntil: UInt64 = 0

    mutating func beginRequest() {
        passedSchemes = 0
        claimHash = nil
        result = nil
        awaitedKeySet = nil
        hasWaited = false
    }
}
