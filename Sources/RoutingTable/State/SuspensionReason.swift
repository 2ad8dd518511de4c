import CTable

/// Why a target takes no traffic, under the names of `/status` and the metrics.
package enum SuspensionReason: UInt64, CaseIterable, Sendable {
    case quota = 1
    case remaining = 2
    case serverError = 3
    case connect = 4
    case timeout = 5
    case manual = 6
    case shared = 7

    package var name: String {
        switch self {
        case .quota: "429"
        case .remaining: "remaining"
        case .serverError: "5xx"
        case .connect: "connect"
        case .timeout: "timeout"
        case .manual: "manual"
        case .shared: "shared"
        }
    }
}
