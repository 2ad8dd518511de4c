import CTable
import RoutingTable

/// Where cORSPolicies are written: in the API's policy where all its rules answer browsers alike, else in the policies
/// that the rules name.
extension PolicyPlan {
    mutating func addCORS(_ table: RoutingTable) throws(TableObjects.Fault) {
        guard table.features.corsPolicies.count > 0 else { return }
        for (api, rules) in table.rulesOfAPIs {
            let wanted = Set(rules.map { table.cors(ofRule: $0) })
            if wanted.count == 1, let cors = wanted.first ?? nil {
                addCORS(cors, toAPI: Index(unchecked: UInt32(api)), table)
            } else {
                for rule in rules { if let cors = table.cors(ofRule: rule) { addCORS(cors, toRule: rule, table) } }
            }
            try check(rules, table)
        }
    }

    private mutating func addCORS(_ cors: Int, toAPI api: Index<rtbl_api>, _ table: RoutingTable) {
        let policy = policies.firstIndex { $0.api == api } ?? add(Policy(object: freeName(table.name(table.apis[api]), "cors"), isForBackends: true, api: api))
        policies[policy].cors = table.cors(Index(unchecked: UInt32(cors)))
    }

    private mutating func addCORS(_ cors: Int, toRule rule: Int, _ table: RoutingTable) {
        let text = table.cors(Index(unchecked: UInt32(cors)))
        if named[rule] == nil {
            let api = table.name(table.apis[table.rules[rule].apiIndex])
            let object = ObjectName(namespace: api.namespace, name: "\(api.name)-cors-\(cors)")
            named[rule] = policies.firstIndex { $0.object == object && $0.cors == text } ?? add(Policy(object: freeName(object, nil), isForBackends: true))
        }
        if let policy = named[rule], policies[policy].cors == nil { policies[policy].cors = text }
    }

    private mutating func add(_ policy: Policy) -> Int {
        policies.append(policy)
        return policies.count - 1
    }

    private func freeName(_ object: ObjectName, _ suffix: String?) -> ObjectName {
        ObjectName.free(suffix.map { ObjectName(namespace: object.namespace, name: "\(object.name)-\($0)") } ?? object) { name in
            policies.contains { $0.object == name }
        }
    }

    /// One policy says one thing to all rules that name it.
    private func check(_ rules: [Int], _ table: RoutingTable) throws(TableObjects.Fault) {
        for rule in rules {
            guard let policy = named[rule].map({ policies[$0] }), let written = policy.cors else { continue }
            guard let wanted = table.cors(ofRule: rule), table.cors(Index(unchecked: UInt32(wanted))) == written else {
                throw TableObjects.Fault(description: "the rules that name APIPolicy \(policy.object.namespace)/\(policy.object.name) differ in their cORSPolicy, which is not written as custom resources")
            }
        }
    }
}

extension RoutingTable {
    /// Of each API the numbers of its rules, in order.
    var rulesOfAPIs: [(api: Int, rules: [Int])] {
        Dictionary(grouping: rules.indices) { rules[$0].apiIndex.number }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func cors(ofRule rule: Int) -> Int? { extras(of: rules[rule])?.corsIndex?.number }
}

extension ObjectName {
    /// `name`, with a number behind it if it is taken.
    static func free(_ name: ObjectName, isTaken: (ObjectName) -> Bool) -> ObjectName {
        guard isTaken(name) else { return name }
        var number = 2
        while isTaken(ObjectName(namespace: name.namespace, name: "\(name.name)-\(number)")) { number += 1 }
        return ObjectName(namespace: name.namespace, name: "\(name.name)-\(number)")
    }
}
