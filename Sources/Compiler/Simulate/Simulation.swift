/// What the balancer does with a number of requests: the content of `rtblc simulate`.
package struct Simulation: Encodable {
    /// Requests of one run: its picks are kept, a byte or two each.
    package static let maxPicks = 10_000_000

    /// Why there is nothing to simulate.
    package enum Fault: Error, CustomStringConvertible {
        /// Exit code 1: no route answers.
        case noRoute(Explanation)
        /// Exit code 64.
        case usage(String)
        /// Exit code 70.
        case noMemory

        package var description: String {
            switch self {
            case .noRoute(let explanation): explanation.failure?.reason ?? "no pool takes this request"
            case .usage(let reason): reason
            case .noMemory: "the system refuses memory for the balancer's state"
            }
        }
    }

    package struct Target: Encodable {
        package var letter: String
        package var model: String?
        package var backend: String
        package var weight: Int
        package var picks: Int
        /// Of all picks that went to a target, in percent.
        package var share: Double
        /// What the weights alone give, in percent.
        package var expectedShare: Double
        /// Picks of this target in a row, at most.
        package var longestRun: Int
        /// From request to before request, both counted from 0.
        package var suspensions: [[Int]]
    }

    package var pool: Int
    package var owner: String
    package var requests: Int
    package var cycle: Int
    package var targets: [Target]
    /// Requests that found every target suspended.
    package var exhausted: Int
    /// What becomes of those: `reject`, `least-remaining` or `passthrough`.
    package var allSuspended: String
    /// Target numbers in order; nil: the request found every target suspended and was not sent to one.
    package var picks: [Int?]
}
