import Compiler
import Foundation
import Policies
import RoutingTable
import TestSupport
import Testing

@Suite("A table as custom resources")
struct TableObjectsTests {
    @Test("policies/: the same traffic digest", arguments: ExampleTables.names)
    func examples(_ name: String) throws {
        let mapped = try ExampleTables.mapped(name)
        let compilation = Compilation(try TableObjects.checkedYAML(of: mapped))
        let (again, digest) = (try MappedTable(bytes: emitTable(#require(compilation.representation))).header.trafficDigest, mapped.header.trafficDigest)
        #expect(again == digest)
    }

    @Test("What is written from what is written is the same, byte for byte", arguments: ExampleTables.names)
    func stable(_ name: String) throws {
        let first = try TableObjects.checkedYAML(of: ExampleTables.mapped(name))
        let again = try MappedTable(bytes: emitTable(#require(Compilation(first).representation)))
        let second = try TableObjects.checkedYAML(of: again)
        #expect(first == second)
    }

    @Test("Random policies: the same traffic")
    func random() throws {
        let rounds = ProcessInfo.processInfo.environment["ROUNDS"].flatMap { Int($0) } ?? 150
        let start = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...(1 << 60))
        var same = 0, sameBytes = 0, refused = 0
        for seed in start..<start + UInt64(rounds) {
            let text = RandomPolicies.text(seed: seed &* 0x9e37_79b9_7f4a_7c15)
            let compilation = Compilation(text)
            guard let representation = compilation.representation else {
                // Two rules of one policy that ask for different things, mostly: refused, with a place.
                #expect(compilation.report.failed, "SEED=\(seed)")
                continue
            }
            let mapped = try MappedTable(bytes: emitTable(representation))
            do {
                let yaml = try TableObjects.checkedYAML(of: mapped)
                same += 1
                let again = try MappedTable(bytes: emitTable(#require(Compilation(yaml).representation)))
                let (a, b) = (again.header.trafficDigest, mapped.header.trafficDigest)
                if a == b { sameBytes += 1 }
            } catch let fault as TableObjects.Fault {
                // What cannot be written is refused, never written wrongly; it takes several policies on one rule.
                refused += 1
                #expect(Self.hasSeveralPolicies(text), "SEED=\(seed): \(fault)\n\(text)")
            }
        }
        // The order in which strings and expressions were first used does not always come back; what they say does.
        #expect(sameBytes * 10 >= same * 7, "SEED=\(start): only \(sameBytes) of \(same) have the same digest")
        #expect(refused * 20 <= same, "SEED=\(start): \(refused) refused, \(same) written")
        #expect(same > rounds / 5, "SEED=\(start): only \(same) of \(rounds) compile at all")
    }

    /// Whether a rule may have both a policy of its own and one of its API.
    private static func hasSeveralPolicies(_ text: String) -> Bool { text.contains("kind: Resource") && text.contains("kind: API,") }

    @Test("The sample and the manifests that compile: the same traffic", .enabled(if: Corpora.root != nil))
    func corpora() throws {
        var same = 0, compiled = 0
        for path in [Corpora.sample].compactMap({ $0 }) + ResolveManifestTests.files {
            guard let representation = Compilation(try Inputs.collect([path])).representation else { continue }
            compiled += 1
            let mapped = try MappedTable(bytes: emitTable(representation))
            let again = try MappedTable(bytes: emitTable(#require(Compilation(TableObjects.checkedYAML(of: mapped)).representation, "\(path)")))
            let (a, b) = (again.header.trafficDigest, mapped.header.trafficDigest)
            if a == b { same += 1 }
        }
        #expect(compiled >= 2 && same * 10 >= compiled * 8, "\(same) of \(compiled) have the same digest")
    }

    @Test("Certificates in Secrets that are not in the input stay references")
    func secretTexts() throws {
        let text = try #require(Compilation(SecretTextTests.policies).representation)
        let yaml = try TableObjects.checkedYAML(of: MappedTable(bytes: emitTable(text)))
        #expect(yaml.contains("secretRef:\n        name: idp\n        key: tls.crt\n") && yaml.contains("secretRefs:"))
    }

    @Test("Names and values that YAML would read otherwise come back as they are")
    func quoting() throws {
        for name in ["yes", "1.0", "a: b", "- x", "#", "\"\\", "\u{1}\u{85}\u{feff}", "~", "ü", " x ", "'", "{", "null", "0x1", "2001-01-01", "a\nb"] {
            var ir = EmitFixtures.minimal()
            ir.apis[0].pools[0].targets[0].model = name
            let mapped = try MappedTable(bytes: emitTable(ir))
            let again = try #require(Compilation(TableObjects(mapped).yaml).representation, "\(name)")
            #expect(again.apis[0].pools[0].targets[0].model == name)
        }
    }
}
