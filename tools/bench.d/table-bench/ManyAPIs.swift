import Compiler
import Policies

/// The intermediate representation of many APIs, made of what the compiler makes of one: `n0000000` in a name becomes the
/// number of the API, `t0000000` that of its team of 50.
struct ManyAPIs {
    struct Fault: Error, CustomStringConvertible { let description: String }

    private let template: IntermediateRepresentation
    private let count: Int
    private static let apisPerTeam = 50

    init(template path: String, count: Int) throws {
        let compilation = Compilation(try Inputs.collect([path]))
        guard let representation = compilation.representation, representation.apis.count == 1 else {
            throw Fault(description: "\(path) is not one API without errors")
        }
        (template, self.count) = (representation, count)
    }

    func write(to path: String) throws {
        var ir = template
        ir.apis = (0..<count).map { api($0) }
        ir.backends = backends()
        let table = try emitTable(ir)
        try AtomicFile.write(table, to: path)
        print("{\"apis\": \(count), \"bytes\": \(table.count)}")
    }

    private func api(_ number: Int) -> IntermediateRepresentation.API {
        var api = template.apis[0]
        let rename = Renaming(number: number, team: number / Self.apisPerTeam)
        rename(&api.object)
        for text in [\IntermediateRepresentation.API.apiName, \.basePath, \.organization] { rename(&api[keyPath: text]) }
        for index in api.pools.indices { rename(&api.pools[index]) }
        for index in api.rules.indices { rename(&api.rules[index]) }
        return api
    }

    /// Those of a template's team once for each team, the others once for each API.
    private func backends() -> [IntermediateRepresentation.Backend] {
        template.backends.flatMap { backend in
            let isOfTeam = !backend.object.name.contains(Renaming.number)
            return stride(from: 0, to: count, by: isOfTeam ? Self.apisPerTeam : 1).map { number in
                let rename = Renaming(number: number, team: number / Self.apisPerTeam)
                var copy = backend
                rename(&copy.object)
                if var credential = copy.credential {
                    rename(&credential.secret)
                    copy.credential = credential
                }
                return copy
            }
        }.sorted { $0.object < $1.object }
    }
}

/// Puts numbers into names, in as many digits as the marks have.
struct Renaming {
    static let (number, team) = ("n0000000", "t0000000")
    private let marks: [(mark: [UInt8], text: [UInt8])]

    init(number: Int, team: Int) {
        marks = [(Array(Self.number.utf8), Self.numbered("n", number)), (Array(Self.team.utf8), Self.numbered("t", team))]
    }

    private static func numbered(_ letter: String, _ number: Int) -> [UInt8] {
        let digits = String(number)
        return Array((letter + String(repeating: "0", count: 7 - digits.count) + digits).utf8)
    }

    /// By bytes: `String.replace`, which goes by characters, took nine tenths of the time of making a table of a million APIs.
    func callAsFunction(_ text: inout String) {
        var bytes = Array(text.utf8)
        var found = false
        for (mark, new) in marks where bytes.count >= mark.count {
            var start = 0
            while start <= bytes.count - mark.count {
                guard bytes[start] == mark[0], bytes[start..<start + mark.count].elementsEqual(mark) else {
                    start += 1
                    continue
                }
                bytes.replaceSubrange(start..<start + mark.count, with: new)
                start += mark.count
                found = true
            }
        }
        if found { text = String(decoding: bytes, as: UTF8.self) }
    }

    func callAsFunction(_ reference: inout IntermediateRepresentation.Reference) {
        self(&reference.namespace)
        self(&reference.name)
    }

    func callAsFunction(_ pool: inout IntermediateRepresentation.Pool) {
        self(&pool.owner)
        for index in pool.targets.indices { self(&pool.targets[index].backend) }
        if var object = pool.provider?.object {
            self(&object)
            pool.provider?.object = object
        }
    }

    func callAsFunction(_ rule: inout IntermediateRepresentation.Rule) {
        self(&rule.route)
        for index in rule.hosts.indices { self(&rule.hosts[index]) }
        for index in rule.matches.indices {
            self(&rule.matches[index].basePath)
            self(&rule.matches[index].path)
        }
    }
}
