import CTable
import RoutingTable

/// The route of a request, and what its rule asks for that most rules do not.
extension Worker {
    /// What the rule of this client's request asks for that most do not; nil: nothing, or there is no rule. Most requests
    /// get by with one look at a flag here, instead of one into the table for each feature.
    @inline(__always)
    mutating func ruleExtras(_ slot: Int) -> rtbl_rule_extras? {
        clients[slot].flags.contains(.hasRuleExtras) ? extrasOfRule(slot) : nil
    }

    private mutating func extrasOfRule(_ slot: Int) -> rtbl_rule_extras? {
        guard let match = clients[slot].match else { return nil }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        return table.extras(of: table.rules[table.routes[match.route].ruleIndex])
    }

    /// The route of the client's request is known; nil: there is none.
    mutating func setMatch(_ slot: Int, _ match: RouteMatch?) {
        clients[slot].match = match
        guard let match else { return }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        if table.hasExtras(table.rules[table.routes[match.route].ruleIndex]) {
            clients[slot].flags.insert(.hasRuleExtras)
        } else {
            clients[slot].flags.remove(.hasRuleExtras)
        }
    }
}
