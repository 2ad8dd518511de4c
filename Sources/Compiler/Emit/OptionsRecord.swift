import CTable

/// A pool's options as the table holds them.
enum OptionsRecord {
    static func make(
        _ options: IntermediateRepresentation.Options, of subject: String, at position: IntermediateRepresentation.Position?
    ) throws(EmitError) -> rtbl_pool_options {
        guard options.failoverAttempts >= 1 else {
            throw EmitError(subject, "the number of failover attempts is \(options.failoverAttempts); it is at least 1", at: position)
        }
        return rtbl_pool_options(
            suspend_seconds: try field(options.suspendSeconds, "the number of seconds to suspend for", of: subject, at: position),
            failover_on: try bits(options.failoverOn, of: subject, at: position),
            suspend_on: try bits(options.suspendOn, of: subject, at: position),
            failover_attempts: try field(options.failoverAttempts, "the number of failover attempts", of: subject, at: position),
            all_suspended: code(options.allSuspended), retry_after: code(options.retryAfter),
            suspend_for: code(options.suspendFor), client_model: code(options.clientModel),
            missing_model: code(options.missingModel), reserved: 0)
    }

    private static func bits(
        _ events: [String], of subject: String, at position: IntermediateRepresentation.Position?
    ) throws(EmitError) -> UInt32 {
        var bits = 0
        for event in events {
            switch event {
            case "408": bits |= RTBL_ON_408
            case "429": bits |= RTBL_ON_429
            case "500": bits |= RTBL_ON_500
            case "502": bits |= RTBL_ON_502
            case "503": bits |= RTBL_ON_503
            case "504": bits |= RTBL_ON_504
            case "529": bits |= RTBL_ON_529
            case "connect": bits |= RTBL_ON_CONNECT
            case "timeout": bits |= RTBL_ON_TIMEOUT
            case "remaining": bits |= RTBL_ON_REMAINING
            default: throw EmitError(subject, "\"\(event)\" is not an event that a table knows", at: position)
            }
        }
        return UInt32(bits)
    }

    private static func code(_ value: IntermediateRepresentation.Options.AllSuspended) -> UInt8 {
        switch value {
        case .reject: UInt8(RTBL_ALL_SUSPENDED_REJECT)
        case .leastRemaining: UInt8(RTBL_ALL_SUSPENDED_LEAST_REMAINING)
        case .passthrough: UInt8(RTBL_ALL_SUSPENDED_PASSTHROUGH)
        }
    }

    private static func code(_ value: IntermediateRepresentation.Options.RetryAfter) -> UInt8 {
        UInt8(value == .extend ? RTBL_RETRY_AFTER_EXTEND : RTBL_RETRY_AFTER_IGNORE)
    }

    private static func code(_ value: IntermediateRepresentation.Options.SuspendFor) -> UInt8 {
        UInt8(value == .policy ? RTBL_SUSPEND_FOR_POLICY : RTBL_SUSPEND_FOR_RESET)
    }

    private static func code(_ value: IntermediateRepresentation.Options.ClientModel) -> UInt8 {
        UInt8(value == .ignore ? RTBL_CLIENT_MODEL_IGNORE : RTBL_CLIENT_MODEL_HONOUR)
    }

    private static func code(_ value: IntermediateRepresentation.Options.MissingModel) -> UInt8 {
        switch value {
        case .insert: UInt8(RTBL_MISSING_MODEL_INSERT)
        case .pass: UInt8(RTBL_MISSING_MODEL_PASS)
        case .reject: UInt8(RTBL_MISSING_MODEL_REJECT)
        }
    }
}
