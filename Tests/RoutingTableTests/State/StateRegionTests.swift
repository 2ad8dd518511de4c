import CTable
import Testing
@testable import RoutingTable

@Suite("Rows of the state")
struct StateRegionTests {
    private func keys(_ numbers: some Sequence<Int>, kind: Int = RTBL_STATE_TARGET) -> [StateKey] { numbers.map { StateKey(number: $0, kind: kind) } }

    @Test("A key has the same row as long as the region lives, in whatever order and company it comes")
    func stable() throws {
        let region = try #require(StateRegion(rows: 10))
        #expect(region.rows(of: keys(0..<4)) == [0, 1, 2, 3])
        #expect(region.rows(of: keys([3, 9, 0, 8])) == [3, 4, 0, 5])
        #expect(region.rows(of: keys([8, 9, 1, 2])) == [5, 4, 1, 2])
        #expect(region.keys == keys([0, 1, 2, 3, 9, 8]))
    }

    @Test("Kinds do not meet")
    func kinds() throws {
        let region = try #require(StateRegion(rows: 10))
        let kinds = [RTBL_STATE_POOL, RTBL_STATE_TARGET, RTBL_STATE_RATE_LIMIT, RTBL_STATE_AI_RATE_LIMIT, RTBL_STATE_API]
        #expect(region.rows(of: kinds.flatMap { keys([7], kind: $0) }) == [0, 1, 2, 3, 4])
        #expect(kinds.map { keys([7], kind: $0)[0].kind } == kinds)
    }

    @Test("Where there is no room nothing changes")
    func full() throws {
        let region = try #require(StateRegion(rows: 0))
        let most = region.capacity
        #expect(region.rows(of: keys(0..<(most + 1))) == nil)
        #expect(region.keys.isEmpty)
        #expect(region.rows(of: keys(0..<(most - 1)))?.count == most - 1)
        #expect(region.rows(of: keys([0, most, most + 1])) == nil)
        #expect(region.keys.count == most - 1)
        #expect(region.rows(of: keys([most])) == [UInt32(most - 1)])
    }

    @Test("A suspension is taken over unless a later one stands; anything else only into an unused row")
    func take() throws {
        let (old, new) = (try #require(StateRegion(rows: 4)), try #require(StateRegion(rows: 4)))
        let all = keys([0, 1]) + keys([2, 3], kind: RTBL_STATE_POOL)
        _ = (old.rows(of: all), new.rows(of: all))
        func set(_ region: StateRegion, _ row: UInt32, _ value: UInt64) { unsafe region.row(row).storeBytes(of: value, as: UInt64.self) }
        func value(_ row: UInt32) -> UInt64 { unsafe new.row(row).load(as: UInt64.self) }
        for row in 0..<4 as Range<UInt32> { set(old, row, 50) }
        for (row, value) in [(0, 40), (1, 60), (2, 1)] as [(UInt32, UInt64)] { set(new, row, value) }
        for row in 0..<4 as Range<UInt32> { new.take(row, from: old, row) }
        #expect([value(0), value(1), value(2), value(3)] == [50, 60, 1, 50])
    }
}
