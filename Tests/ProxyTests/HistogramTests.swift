import RoutingTable
import TestSupport
import Testing

@testable import Proxy

@Suite struct HistogramTests {
    @Test(arguments: Histogram.Kind.allCases)
    func aBoundIsInItsBucketAndWhatIsAboveInTheNext(_ kind: Histogram.Kind) {
        let histogram = Histogram(kind)
        for bucket in 0..<histogram.count {
            #expect(histogram.bucket(of: histogram[bucket]) == bucket)
            #expect(histogram.bucket(of: histogram[bucket] + 1) == bucket + 1)
            if bucket > 0 { #expect(histogram[bucket] > histogram[bucket - 1]) }
        }
        #expect(histogram.bucket(of: 0) == 0 && histogram.bucket(of: .max - 1) == histogram.count)
    }

    /// OpenTelemetry's semantic conventions for generative AI metrics: ExplicitBucketBoundaries, in seconds and tokens.
    @Test func boundsOfOpenTelemetry() {
        func bounds(_ kind: Histogram.Kind, _ unit: Double) -> [Double] {
            let histogram = Histogram(kind)
            return (0..<histogram.count).map { Double(histogram[$0]) / unit }
        }
        #expect(bounds(.requestDuration, 1e9) == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92])
        #expect(bounds(.timeToFirstToken, 1e9) == [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
        for kind in [Histogram.Kind.inputTokens, .outputTokens] {
            #expect(bounds(kind, 1) == [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864])
        }
    }

    @Test func countersKeepHistogramsApart() {
        guard let counters = Counters(rows: 3) else { preconditionFailure("the system has memory") }
        counters.observe(.requestDuration, 20_000_000, 1)
        counters.observe(.requestDuration, 20_000_001, 1)
        counters.observe(.outputTokens, 1 << 40, 1)
        counters.observe(.overhead, 7)
        counters.countSuspension(1, .shared)
        counters.countPick(2)
        func cells(_ kind: Histogram.Kind, _ row: UInt32?) -> [Int: UInt64] {
            var found: [Int: UInt64] = [:]
            for cell in 0..<Histogram.cells where counters.observed(kind, row, cell) != 0 { found[cell] = counters.observed(kind, row, cell) }
            return found
        }
        #expect(cells(.requestDuration, 1) == [1: 1, 2: 1, Histogram.sumCell: 40_000_001])
        #expect(cells(.outputTokens, 1) == [14: 1, Histogram.sumCell: 1 << 40])
        #expect(cells(.overhead, nil) == [0: 1, Histogram.sumCell: 7])
        for kind in Histogram.Kind.allCases where kind != .overhead { #expect(cells(kind, 0).isEmpty && cells(kind, 2).isEmpty) }
        #expect(counters.suspensions(1, .shared) == 1 && counters.picks(2) == 1 && counters.picks(1) == 0)
        #expect((0..<Counters.statusColumns).allSatisfy { counters.requests(api: nil, environment: 0, column: $0) == 0 && counters.requests(api: 0, environment: 0, column: $0) == 0 })
    }
}
