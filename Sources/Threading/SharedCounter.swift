import Synchronization

/// A number that several threads raise.
package final class SharedCounter: Sendable {
    private let number = Atomic<Int>(0)

    package init() {}

    package var value: Int { number.load(ordering: .relaxed) }

    /// The number before it is raised by one: no two threads take the same.
    package func take() -> Int { number.add(1, ordering: .relaxed).oldValue }

    package func add(_ amount: Int) { number.add(amount, ordering: .relaxed) }
    package func set(_ value: Int) { number.store(value, ordering: .relaxed) }
}
