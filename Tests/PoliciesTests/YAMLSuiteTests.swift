import Foundation
import Policies
import TestSupport
import Testing

/// yaml-test-suite, with what libyaml and Kubernetes' own library make of each case.
@Suite(.enabled(if: Corpora.root != nil)) struct YAMLSuiteTests {
    struct Case: Sendable {
        let id: String
        let tier: String
        let bytes: [UInt8]
        /// Canonical JSON.
        let documents: [String]?
    }

    static let cases: [Case] = {
        guard let root = Corpora.root, let index = FileManager.default.contents(atPath: root + "/yaml/suite-index.jsonl") else { return [] }
        return index.split(separator: 0x0A).compactMap { line in
            guard let entry = try? JSONSerialization.jsonObject(with: line) as? [String: Any], let file = entry["file"] as? String,
                  let bytes = FileManager.default.contents(atPath: root + "/yaml/" + file) else { return nil }
            let documents = (entry["k8s"] as? [[String: Any]])?.map { Reading.canonical($0["json"] ?? NSNull()) }.filter { $0 != "null" }
            return Case(id: entry["id"] as! String, tier: entry["tier"] as! String, bytes: Array(bytes), documents: documents)
        }
    }()

    @Test func whatKubernetesLoadsIsLoadedAlike() {
        let cases = Self.cases.filter { $0.tier == "must-load" }
        #expect(cases.count == 187)
        for item in cases {
            let reading = Reading(item.bytes)
            #expect(!reading.diagnostics.hasErrors, "\(item.id): \(reading.diagnostics.items.map(\.message))")
            guard let expected = item.documents else { continue }
            #expect(reading.documents == expected, "\(item.id)")
        }
    }

    @Test func whatIsNotYAMLIsRefusedWithAPlace() {
        let cases = Self.cases.filter { $0.tier == "must-reject" }
        #expect(cases.count == 72)
        for item in cases {
            let reading = Reading(item.bytes)
            #expect(reading.diagnostics.hasErrors && !reading.isComplete, "\(item.id)")
            #expect(reading.diagnostics.items.allSatisfy { $0.place != nil }, "\(item.id)")
        }
    }

    @Test func whereReadersDifferNothingCrashes() {
        for item in Self.cases where item.tier == "policy" {
            let reading = Reading(item.bytes)
            #expect(reading.isComplete || reading.diagnostics.hasErrors, "\(item.id)")
        }
    }
}
