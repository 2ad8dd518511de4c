import CTable
import Foundation
import TestSupport
import Testing
@testable import RoutingTable

@Suite("The state file")
struct StateFileTests {
    /// A folder that goes with the test.
    private final class Folder {
        let url: URL
        init() throws {
            url = FileManager.default.temporaryDirectory.appendingPathComponent("roundtable-state-\(UInt64.random(in: 0...(.max)))")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(at: url) }
        var state: String { url.appendingPathComponent("state").path }
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted()) ?? [] }
    }

    private func keys(_ numbers: some Sequence<Int>) -> [StateKey] { numbers.map { StateKey(number: $0, kind: RTBL_STATE_TARGET) } }

    private func value(_ region: StateRegion, _ row: UInt32) -> UInt64 { unsafe region.row(row).load(as: UInt64.self) }

    private func open(_ folder: Folder, rows: Int = 4) throws -> (StateRegion, warnings: [String]) {
        var warnings: [String] = []
        return (StateRegion(try StateFile.open(folder.state, rows: rows) { warnings.append($0) }), warnings)
    }

    @Test("Two that have it open agree on rows, whoever adds them, and see each other's changes")
    func shared() throws {
        let folder = try Folder()
        let (one, first) = try open(folder), (two, second) = try open(folder)
        #expect(first.isEmpty && second.isEmpty && folder.names == ["state"])
        #expect(one.rows(of: keys([5, 6])) == [0, 1])
        #expect(two.rows(of: keys([7, 6])) == [2, 1])
        #expect(one.rows(of: keys([7, 8, 5])) == [2, 3, 0])
        unsafe one.row(2).storeBytes(of: 77, as: UInt64.self)
        #expect(value(two, 2) == 77)
        #expect(!one.isStale && !two.isStale)
    }

    @Test("What stands in it outlives those who have it open")
    func kept() throws {
        let folder = try Folder()
        do {
            let (one, _) = try open(folder)
            #expect(one.rows(of: keys([1, 2])) == [0, 1])
            unsafe one.row(1).storeBytes(of: 99, as: UInt64.self)
        }
        let (two, warnings) = try open(folder)
        #expect(warnings.isEmpty)
        #expect(two.rows(of: keys([2])) == [1])
        #expect(value(two, 1) == 99)
    }

    @Test("Whoever needs more room replaces it, with all that stands in it; the others notice")
    func grows() throws {
        let folder = try Folder()
        let (small, _) = try open(folder)
        #expect(small.rows(of: keys([1, 2])) == [0, 1])
        unsafe small.row(0).storeBytes(of: 42, as: UInt64.self)
        let (large, warnings) = try open(folder, rows: small.capacity)
        #expect(warnings.isEmpty && large.capacity > small.capacity && small.isStale && !large.isStale)
        #expect(large.rows(of: keys([2, 1])) == [1, 0])
        #expect(value(large, 0) == 42)
        #expect(folder.names == ["state"])
    }

    @Test("Any changed byte of header and keys sets it aside with a warning; nothing is fatal")
    func damaged() throws {
        let folder = try Folder()
        do {
            let (one, _) = try open(folder)
            #expect(one.rows(of: keys(0..<20))?.count == 20)
        }
        let sound = try Data(contentsOf: URL(fileURLWithPath: folder.state))
        let boot = 24..<40 // of another boot: that is no damage
        for place in Array(0..<48).filter({ !boot.contains($0) }) + stride(from: 4096, to: 4096 + 160, by: 3) {
            var damaged = sound
            damaged[place] ^= 0x10
            try damaged.write(to: URL(fileURLWithPath: folder.state))
            let (region, warnings) = try open(folder)
            #expect(warnings.count == 1, "byte \(place)")
            #expect(region.rows(of: keys([3])) == [0], "byte \(place)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder.state + ".damaged")) == damaged)
        }
    }

    @Test("Any bytes at all are opened or set aside")
    func fuzzed() throws {
        let seed = Seed(of: "state file")
        for round in 0..<40 { try fuzz(round, seed) }
    }

    private func fuzz(_ round: Int, _ seed: Seed) throws {
        var random = seed.generator(round: round)
        let folder = try Folder()
        var bytes: [UInt8]
        if round % 2 == 0 {
            bytes = (0..<Int.random(in: 0...20_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        } else {
            do {
                let (one, _) = try open(folder)
                _ = one.rows(of: keys(0..<50))
            }
            bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder.state)))
            for _ in 0..<Int.random(in: 1...8, using: &random) { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: folder.state))
        let (region, _) = try open(folder)
        #expect(region.rows(of: keys([3]))?.count == 1, "\(seed), round \(round)")
    }

    @Test("What is no regular file is set aside or refused by its name")
    func folders() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder.state, withIntermediateDirectories: true)
        #expect(throws: StateFile.Problem.self) { _ = try StateFile.open(folder.state, rows: 1) { _ in } }
        #expect(throws: StateFile.Problem.self) { _ = try StateFile.open(folder.url.appendingPathComponent("absent/state").path, rows: 1) { _ in } }
    }
}
