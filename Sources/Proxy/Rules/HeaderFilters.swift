import CTable
import RoutingTable

/// What a rule's RequestHeaderModifier or ResponseHeaderModifier filters do to one message.
///
/// Operations are done in order (FORMAT.md), but nothing is done twice: a field of the message passes unless some
/// operation replaces its name, and what an operation sets or adds goes out unless a later one replaces it.
@safe
struct HeaderFilters {
    enum Message { case request, response }

    /// In HEADER_OPERATIONS.
    let numbers: Range<Int>
    // Safe: the snapshot outlives the turn in which this value is made and used.
    private let snapshot: UnsafePointer<Snapshot>

    @unsafe
    init(_ numbers: Range<Int>, _ snapshot: UnsafePointer<Snapshot>) {
        self.numbers = numbers
        unsafe self.snapshot = snapshot
    }

    private var operations: Records<rtbl_header_operation> { unsafe snapshot.pointee.table.features.headerOperations }

    /// Whether the message's own fields of this name go: one operation sets it or removes it.
    @inline(__always)
    func replaces(_ name: Bytes) -> Bool { !numbers.isEmpty && replaces(name, from: numbers.lowerBound) }

    private func replaces(_ name: Bytes, from first: Int) -> Bool {
        for number in first..<numbers.upperBound {
            let operation = operations[number]
            guard Int(operation.operation) != RTBL_HEADER_ADD else { continue }
            if unsafe name.equalsIgnoringCase(snapshot.pointee.table.string(operation.name)) { return true }
        }
        return false
    }

    /// The field that operation `number` puts into the message; nil: none.
    func addition(_ number: Int) -> (name: Bytes, value: Bytes)? {
        let operation = operations[number]
        guard Int(operation.operation) != RTBL_HEADER_REMOVE else { return nil }
        let name = unsafe snapshot.pointee.table.string(operation.name)
        return replaces(name, from: number + 1) ? nil : unsafe (name, snapshot.pointee.table.string(operation.value))
    }

    /// Whether some operation says what becomes of this name.
    func names(_ name: Bytes) -> Bool {
        for number in numbers where unsafe name.equalsIgnoringCase(snapshot.pointee.table.string(operations[number].name)) { return true }
        return false
    }
}

extension Worker {
    mutating func headerFilters(_ slot: Int, _ message: HeaderFilters.Message) -> HeaderFilters {
        let snapshot = unsafe configuration.pointee.snapshot
        guard let extras = ruleExtras(slot) else { return unsafe HeaderFilters(0..<0, snapshot) }
        return unsafe HeaderFilters(message == .request ? extras.requestHeaders : extras.responseHeaders, snapshot)
    }
}

extension HeaderName {
    init(_ name: Bytes) { self.init(name.span, 0, name.count) }
}
