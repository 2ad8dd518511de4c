import CTable
import RoutingTable

/// `rtbl/sticky`: what keeps a request to the target that earlier ones of its kind went to.
extension Worker {
    /// Of the header, or of the claim of the caller's token, that the pool names; nil: it names none, or the request has
    /// no such header or claim.
    mutating func stickyHash(_ slot: Int) -> UInt64? {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        guard table.features.poolExtras.count > 0, let pool = clients[slot].pool, let extras = table.extras(of: pool) else { return nil }
        if Int(extras.sticky) == RTBL_STICKY_CLAIM { return stickyClaimHash(slot) }
        guard Int(extras.sticky) == RTBL_STICKY_HEADER else { return nil }
        ensureParsed(slot)
        let head = clients[slot].head
        let fields = unsafe ReceivedConditions(
            head: head, fields: requestHead.fields.list, host: head[requestHead.host.indices], query: .empty, values: scratch.values)
        return fields.header(table.string(extras.sticky_name)).map { StickyPick.hash(of: $0) }
    }
}
