import Proxy
import TestSupport
import Testing

@Suite("Body patch: public test suites", .enabled(if: Corpora.isPresent))
struct BodyPatchCorpusTests {
    @Test("JSONTestSuite: refused is what must be, and what is no object")
    func parsing() throws {
        let patcher = try Patcher(capacity: 1 << 20)
        let records = try BodyPatchCorpus.records("nst.jsonl")
        #expect(records.count == 318)
        for record in records {
            let body = try #require(record.bytes("body"))
            let isObject = body.first { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } == UInt8(ascii: "{")
            let outcome = patcher.patch(body)
            switch record.fields["expect"] {
            case "accept": #expect(outcome.isRefused != isObject, "\(record.name)")
            case "reject": #expect(outcome.isRefused, "\(record.name)")
            default: #expect(isObject || outcome.isRefused, "\(record.name)")
            }
        }
    }

    @Test("JSONTestSuite inside a chat body: exact result or refusal")
    func embedded() throws {
        let patcher = try Patcher(literal: "\"new-model-1\"", capacity: 1 << 20)
        let records = try BodyPatchCorpus.records("embedded.jsonl")
        #expect(records.count == 636)
        for record in records {
            #expect(record.fields["new_model"] == "new-model-1")
            let outcome = patcher.patch(try #require(record.bytes("body")))
            if record.fields["expect"] == "rewrite" {
                // Refusing is allowed for some of them: here none is refused.
                #expect(outcome == .patched(try #require(record.bytes("expected_body"))), "\(record.name)")
            } else {
                #expect(outcome.isRefused, "\(record.name)")
            }
        }
    }
}
