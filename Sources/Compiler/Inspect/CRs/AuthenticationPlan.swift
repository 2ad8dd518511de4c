import CTable
import RoutingTable

/// Which Authentications a table's rules come from, and how they are attached.
///
/// What most rules of an API ask for is written for the API; the other rules name an Authentication of their own in an
/// ExtensionRef filter. Each is written whole, so that nothing of the API's shows through. An API of which a rule needs
/// tokens because of a TokenIssuer alone has none for all its rules.
struct AuthenticationPlan {
    struct Policy {
        let object: ObjectName
        /// nil: open.
        let asks: IntermediateRepresentation.Authentication?
        /// nil: rules name it.
        let api: Index<rtbl_api>?
    }

    private(set) var policies: [Policy] = []
    /// By rule: the Authentication that it names.
    private(set) var named: [Int: Int] = [:]
    /// Of each API: its `environment`, which selects the TokenIssuers. "" is none.
    private(set) var environments: [String] = []

    init(_ table: RoutingTable) throws(TableObjects.Fault) {
        let rules = table.rulesOfAPIs
        var taken: Set<[String]> = []
        for api in table.apis.indices {
            environments.append(try Self.environment(of: api, rules.first { $0.api == api }?.rules ?? [], table, &taken))
        }
        let users = Self.users(rules, table)
        for (api, rules) in rules { try add(Index(unchecked: UInt32(api)), rules, users, table) }
    }

    /// The APIs that an Authentication is for.
    private static func users(_ rules: [(api: Int, rules: [Int])], _ table: RoutingTable) -> [ObjectName: Set<Int>] {
        var users: [ObjectName: Set<Int>] = [:]
        for (api, rules) in rules {
            for rule in rules {
                guard let object = table.authentication(ofRule: rule).flatMap({ table.authentication($0).object }) else { continue }
                users[ObjectName(object), default: []].insert(api)
            }
        }
        return users
    }

    private mutating func add(_ api: Index<rtbl_api>, _ rules: [Int], _ users: [ObjectName: Set<Int>], _ table: RoutingTable) throws(TableObjects.Fault) {
        let asked = rules.map { table.authentication(ofRule: $0) }
        let general: Int?? = asked.contains { $0.map { table.authentication($0).object == nil } ?? false } ? .none : Self.mostCommon(asked) { number in
            guard let object = number.flatMap({ table.authentication($0).object }) else { return true }
            return users[ObjectName(object)]?.count == 1
        }
        if let general { _ = try policy(for: general, api: api, isGeneral: true, table) }
        for (rule, number) in zip(rules, asked) where general != .some(number) {
            if number.map({ table.authentication($0).object == nil }) ?? false { continue }
            named[rule] = try policy(for: number, api: api, isGeneral: false, table)
        }
    }

    /// The first of those that most rules have.
    private static func mostCommon(_ values: [Int?], where isCandidate: (Int?) -> Bool) -> Int?? {
        var counts: [Int?: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        let most = counts.filter { isCandidate($0.key) }.values.max()
        return values.first { isCandidate($0) && counts[$0] == most }
    }

    private mutating func policy(for number: Int?, api: Index<rtbl_api>, isGeneral: Bool, _ table: RoutingTable) throws(TableObjects.Fault) -> Int {
        let home = table.name(table.apis[api])
        guard let number else {
            let open = ObjectName(namespace: home.namespace, name: "\(home.name)-open")
            if let known = policies.firstIndex(where: { $0.asks == nil && $0.object.namespace == open.namespace && $0.object.name.hasPrefix(open.name) && $0.api == nil }), !isGeneral { return known }
            return add(Policy(object: freeName(open, table), asks: nil, api: isGeneral ? api : nil))
        }
        let asks = table.authentication(number)
        guard let object = asks.object.map({ ObjectName($0) }), object.namespace == home.namespace else {
            throw TableObjects.Fault(description: "the Authentication of a rule of API \(home.namespace)/\(home.name) stands in another namespace, as one for a Gateway may, which is not written as custom resources")
        }
        guard let known = policies.firstIndex(where: { $0.object == object }) else { return add(Policy(object: object, asks: asks, api: isGeneral ? api : nil)) }
        // The issuers follow from the API.
        guard policies[known].api == (isGeneral ? api : nil), policies[known].asks?.withoutIssuers == asks.withoutIssuers else {
            throw TableObjects.Fault(description: "Authentication \(object.namespace)/\(object.name) asks for different things on different rules, which is not written as custom resources")
        }
        return known
    }

    private mutating func add(_ policy: Policy) -> Int {
        policies.append(policy)
        return policies.count - 1
    }

    private func freeName(_ name: ObjectName, _ table: RoutingTable) -> ObjectName {
        ObjectName.free(name) { name in
            policies.contains { $0.object == name } || table.features.authentications.indices.contains { table.authentication($0).object.map { ObjectName($0) } == name }
        }
    }

    // MARK: - TokenIssuers

    /// An API takes the tokens of its organization's issuers that are for its environment; a table keeps neither the
    /// environment nor the Gateways of TokenIssuers, but the outcome. The first environment with that outcome in which
    /// the base path is free.
    private static func environment(of number: Int, _ rules: [Int], _ table: RoutingTable, _ taken: inout Set<[String]>) throws(TableObjects.Fault) -> String {
        let api = table.apis[number]
        let organization = table.text(api.organization)
        let issuers = table.features.tokenIssuers.indices.map { ($0, table.tokenIssuer($0)) }.filter { $0.1.organization == organization }
        let wanted = Set(rules.compactMap { table.authentication(ofRule: $0).map { Set(table.authentication($0).issuers) } }.filter { !$0.isEmpty })
        let names = Set(issuers.flatMap(\.1.environments)).sorted()
        for name in [""] + names + (0...taken.count).map({ "environment-\($0)" }) {
            let taking = Set(issuers.filter { $0.1.environments.isEmpty || $0.1.environments.contains(name) }.map(\.0))
            if wanted.allSatisfy({ $0 == taking }), taken.insert([organization, name, table.text(api.base_path)]).inserted { return name }
        }
        let object = table.name(api)
        throw TableObjects.Fault(description: "API \(object.namespace)/\(object.name) takes the tokens of some TokenIssuers of its organization and not of others, as those of a Gateway, which is not written as custom resources")
    }
}

extension ObjectName {
    init(_ reference: IntermediateRepresentation.Reference) { self.init(namespace: reference.namespace, name: reference.name) }
}

extension IntermediateRepresentation.Authentication {
    fileprivate var withoutIssuers: Self {
        var copy = self
        copy.issuers = []
        return copy
    }
}

extension RoutingTable {
    /// nil: it is open.
    func authentication(ofRule rule: Int) -> Int? { extras(of: rules[rule])?.authenticationIndex?.number }
}
