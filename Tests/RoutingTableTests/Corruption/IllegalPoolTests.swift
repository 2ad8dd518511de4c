import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// FORMAT.md, "Illegal values": pools, targets, rotations. The small table has a pool of two models with the weights
/// 2 and 1 (cycle 0 1 0), and one of two backends (cycle 0 1).
@Suite("Illegal values of pools and rotations")
struct IllegalPoolTests {
    @Test("Pools", arguments: [
        Defect("API", "POOLS[1].api is 1, but there are only 1") {
            $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.api, to: 1)
            $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.backend_pool, to: RTBL_NONE)
        },
        Defect("rotation", "POOLS[1].rotation is 2, but there are only 2") { $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.rotation, to: 2) },
        Defect("options", "POOLS[1].options is 1, but there are only 1") { $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.options, to: 1) },
        Defect("provider", "POOLS[0].provider is 1, but there are only 1") { $0.set(RTBL_SECTION_POOLS, 0, \rtbl_pool.provider, to: 1) },
        Defect("models without provider", "POOLS[0].provider does not fit its kind") { $0.set(RTBL_SECTION_POOLS, 0, \rtbl_pool.provider, to: RTBL_NONE) },
        Defect("backends with provider", "POOLS[1].provider does not fit its kind") { $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.provider, to: 0) },
        Defect("environment", "POOLS[1].environment is unknown") {
            $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.environment, to: 3)
            $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.backend_pool, to: RTBL_NONE)
        },
        Defect("kind", "POOLS[1].kind is unknown") {
            $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.kind, to: 3)
            $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.backend_pool, to: RTBL_NONE)
        },
        Defect("reserved", "a reserved field of POOLS[1] is not 0") { $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.reserved, to: 1) },
        Defect("targets that do not follow", "the targets of POOLS[1] do not follow those of the pool before") {
            $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.first_target, to: 0)
        },
        Defect("targets beyond the last", "POOLS[1] has targets beyond the last") {
            $0.replace(RTBL_SECTION_TARGETS, with: Array($0.section(RTBL_SECTION_TARGETS).dropLast(24)))
        },
        Defect("targets of no pool", "5 targets, but the pools have 4") {
            $0.replace(RTBL_SECTION_TARGETS, with: $0.section(RTBL_SECTION_TARGETS) + $0.section(RTBL_SECTION_TARGETS).suffix(24))
        },
        Defect("two of one identity", "POOLS[1] has the identity of another pool") {
            $0.set(RTBL_SECTION_POOLS, 1, \rtbl_pool.identity, to: $0.get(RTBL_SECTION_POOLS, 0, \rtbl_pool.identity))
        },
    ])
    func pools(defect: Defect) throws { try defect.check() }

    @Test("Targets", arguments: [
        Defect("backend", "TARGETS[3].backend is 2, but there are only 2") { $0.set(RTBL_SECTION_TARGETS, 3, \rtbl_target.backend, to: 2) },
        Defect("weight of 0", "the weight of target 1 of POOLS[0] is not that of its rotation") { $0.set(RTBL_SECTION_TARGETS, 1, \rtbl_target.weight, to: 0) },
        Defect("another weight", "the weight of target 0 of POOLS[0] is not that of its rotation") { $0.set(RTBL_SECTION_TARGETS, 0, \rtbl_target.weight, to: 3) },
        Defect("reserved", "a reserved field of TARGETS[2] is not 0") { $0.set(RTBL_SECTION_TARGETS, 2, \rtbl_target.reserved, to: 1) },
        Defect("two of one identity", "TARGETS[2] has the identity of another target") {
            $0.set(RTBL_SECTION_TARGETS, 2, \rtbl_target.identity, to: $0.get(RTBL_SECTION_TARGETS, 0, \rtbl_target.identity))
        },
        Defect("model without literal", "target 1 of POOLS[0] has a model where its pool has none, or none where it has one") {
            $0.set(RTBL_SECTION_TARGETS, 1, \rtbl_target.model_literal, to: 0)
        },
        Defect("literal without model", "target 1 of POOLS[0] has a model where") { $0.set(RTBL_SECTION_TARGETS, 1, \rtbl_target.model, to: 0) },
        Defect("a model among backends", "target 0 of POOLS[1] has a model where its pool has none") {
            $0.set(RTBL_SECTION_TARGETS, 2, \rtbl_target.model, to: $0.get(RTBL_SECTION_TARGETS, 0, \rtbl_target.model))
        },
    ])
    func targets(defect: Defect) throws { try defect.check() }

    @Test("Literals that are no JSON strings", arguments: [
        "m", "\"m", "m\"", "\"", "\"a\"b\"", "\"\\\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u123\"", "\"a\nb\"", "\"\\\\\\\"", "12", "{}", "\"a\" ",
    ])
    func literals(literal: String) throws {
        try Defect(literal, "TARGETS[1].model_literal is not a JSON string") {
            $0.set(RTBL_SECTION_TARGETS, 1, \rtbl_target.model_literal, toString: literal)
        }.check()
    }

    @Test("Literals that are JSON strings", arguments: ["\"\"", "\"m\"", "\"\\\\\"", "\"\\\"\"", "\"\\u00e9\\n\\/\"", "\"é😀\u{7f}\"", "\"\\u1234\""])
    func goodLiterals(literal: String) throws {
        var file = TableFileEditor(try emitTable(Fixtures.small()))
        file.set(RTBL_SECTION_TARGETS, 1, \rtbl_target.model_literal, toString: literal)
        file.repairDigest()
        #expect(file.fault == nil)
    }

    /// ROTATION_DATA of the first rotation: cycle 0 1 0, starts 0 2 3, positions 0 2 1.
    private static func data(_ changes: [Int: UInt16], _ name: String) -> Defect {
        Defect(name, "cycle, starts and positions of ROTATIONS[0] do not agree") {
            for (place, value) in changes { $0.store(value, at: $0.element(RTBL_SECTION_ROTATION_DATA, place)) }
        }
    }

    @Test("What the rotation of the small table is")
    func rotation() throws {
        try withTable(Fixtures.small()) { table in
            #expect((0..<9).map { table.rotationData[$0] } == [0, 1, 0, 0, 2, 3, 0, 2, 1])
        }
    }

    @Test("Rotations", arguments: [
        data([0: 2], "an entry beyond the targets"), data([0: .max], "an entry far beyond the targets"),
        data([0: 1], "an entry of another target"), data([3: 1], "starts that do not begin at 0"),
        data([4: 0], "starts that do not ascend"), data([4: 3], "a target without a turn"), data([4: 4], "starts beyond the cycle"),
        data([5: 2], "starts that do not end with the cycle"), data([5: 4], "starts that end beyond the cycle"),
        data([6: 2, 7: 0], "positions that do not ascend"), data([7: 0], "a position twice"),
        data([7: 3], "a position beyond the cycle"), data([8: 2], "a position of another target"),
        Defect("no entries", "ROTATIONS[0] has 0 entries for 2 targets") { $0.set(RTBL_SECTION_ROTATIONS, 0, \rtbl_rotation.cycle_length, to: 0) },
        Defect("no targets", "ROTATIONS[0] has 3 entries for 0 targets") { $0.set(RTBL_SECTION_ROTATIONS, 0, \rtbl_rotation.target_count, to: 0) },
        Defect("more targets than entries", "ROTATIONS[0] has 3 entries for 4 targets") { $0.set(RTBL_SECTION_ROTATIONS, 0, \rtbl_rotation.target_count, to: 4) },
        Defect("data that do not follow", "the data of ROTATIONS[1] do not follow those of the rotation before") {
            $0.set(RTBL_SECTION_ROTATIONS, 1, \rtbl_rotation.first, to: 8)
        },
        Defect("data far away", "the data of ROTATIONS[1] do not follow") { $0.set(RTBL_SECTION_ROTATIONS, 1, \rtbl_rotation.first, to: .max) },
        Defect("data beyond the last", "ROTATIONS[1] reaches beyond ROTATION_DATA") {
            $0.replace(RTBL_SECTION_ROTATION_DATA, with: Array($0.section(RTBL_SECTION_ROTATION_DATA).dropLast(2)))
        },
        Defect("data of no rotation", "ROTATION_DATA has 17 elements, but the rotations have 16") {
            $0.replace(RTBL_SECTION_ROTATION_DATA, with: $0.section(RTBL_SECTION_ROTATION_DATA) + [0, 0])
        },
    ])
    func rotations(defect: Defect) throws { try defect.check() }

    @Test("Options", arguments: [
        Defect("failover on", "POOL_OPTIONS[0].failover_on has an unknown value") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.failover_on, to: 1 << 10) },
        Defect("suspend on", "POOL_OPTIONS[0].suspend_on has") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.suspend_on, to: 1 << 31) },
        Defect("attempts", "POOL_OPTIONS[0].failover_attempts has") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.failover_attempts, to: 0) },
        Defect("all suspended", "POOL_OPTIONS[0].all_suspended has") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.all_suspended, to: 3) },
        Defect("retry-after", "POOL_OPTIONS[0].retry_after has") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.retry_after, to: 2) },
        Defect("suspend for", "POOL_OPTIONS[0].suspend_for has") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.suspend_for, to: 2) },
        Defect("client model", "POOL_OPTIONS[0].client_model has") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.client_model, to: 2) },
        Defect("missing model", "POOL_OPTIONS[0].missing_model has") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.missing_model, to: 3) },
        Defect("reserved", "a reserved field of POOL_OPTIONS[0] is not 0") { $0.set(RTBL_SECTION_POOL_OPTIONS, 0, \rtbl_pool_options.reserved, to: 1) },
    ])
    func options(defect: Defect) throws { try defect.check() }
}
