import CTable
import RoutingTable

/// Each request goes by the table that was the newest when it began, from its head to its last byte.
extension Worker {
    /// Turns to a client: its request's table, or the newest one if none is under way. Whoever takes up a client's event,
    /// timer or turn calls this first.
    @inline(__always)
    mutating func enter(_ slot: Int) {
        let table = clients[slot].table ?? newestTable
        if table != presentTable { present(table) }
    }

    mutating func present(_ table: UInt8) {
        guard let configuration = unsafe tables.configuration(at: Int(table)) else { preconditionFailure("a table stays while a request holds its place") }
        presentTable = table
        unsafe self.configuration = configuration
        unsafe counters = configuration.pointee.snapshot.pointee.live.counters[number]
    }

    /// A request begins, with the newest table.
    mutating func holdTable(_ slot: Int) {
        clients[slot].table = newestTable
        tables.enter(newestTable, by: number)
        enter(slot)
    }

    /// It has ended. Until this turn is over its table can still be looked at.
    mutating func releaseTable(_ slot: Int) {
        guard let table = clients[slot].table else { return }
        clients[slot].table = nil
        tables.leave(table, by: number)
    }

    /// Where the counts of a target stand, and those of an API.
    @inline(__always)
    mutating func row(_ target: Index<rtbl_target>) -> UInt32 { unsafe configuration.pointee.snapshot.pointee.state.row(target) }
    mutating func row(_ api: Index<rtbl_api>) -> UInt32 { unsafe configuration.pointee.snapshot.pointee.state.row(api) }
}
