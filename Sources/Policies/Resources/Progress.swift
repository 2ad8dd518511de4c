import Threading

/// How far a compilation has come, for whoever shows it.
package final class Progress: Sendable {
    package enum Phase: Int, Sendable { case reading, resolving, writing }

    private let phaseNumber = SharedCounter()
    /// Documents or APIs that are done.
    package let done = SharedCounter()
    /// APIs in all.
    package let total = SharedCounter()
    /// Of the input: read so far, and in all as far as it is known.
    package let bytesRead = SharedCounter()
    package let bytes = SharedCounter()

    package init() {}

    package var phase: Phase { Phase(rawValue: phaseNumber.value) ?? .reading }

    package func begin(_ phase: Phase, total count: Int) {
        done.set(0)
        total.set(count)
        phaseNumber.set(phase.rawValue)
    }
}
