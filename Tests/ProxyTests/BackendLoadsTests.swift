import Synchronization
import Testing
@testable import Proxy

/// What threads saw; shared, so a class.
private final class Seen: Sendable {
    let most = Atomic<Int>(0)
    let admitted = Atomic<Int>(0)
    let inside = Atomic<Int>(0)
}

@Suite("What is under way at Backends")
struct BackendLoadsTests {
    @Test("A Backend keeps its number, and another has its own counts")
    func numbers() throws {
        let loads = try #require(BackendLoads())
        let a = try #require(loads.number(of: "n/a")), b = try #require(loads.number(of: "n/b"))
        #expect(a != b && loads.number(of: "n/a") == a)
        #expect(loads.admit(.requests, a, limit: 1))
        #expect(!loads.admit(.requests, a, limit: 1))
        #expect(loads.admit(.connections, a, limit: 1) && loads.admit(.requests, b, limit: 1))
        loads.leave(.requests, a)
        #expect(loads.admit(.requests, a, limit: 1))
        #expect(!loads.admit(.retries, a, limit: 0) && loads.value(.retries, a) == 0)
    }

    @Test("Healthy until something else is said")
    func health() throws {
        let loads = try #require(BackendLoads())
        let a = try #require(loads.number(of: "n/a")), b = try #require(loads.number(of: "n/b"))
        loads.setHealthy(b, false)
        #expect(loads.isHealthy(a) && loads.health.isHealthy(a) && !loads.isHealthy(b) && !loads.health.isHealthy(b))
        loads.setHealthy(b, true)
        #expect(loads.health.isHealthy(b))
    }

    @Test("Never more than the limit at one time, whatever the threads do")
    func concurrent() async throws {
        let loads = try #require(BackendLoads())
        let backend = try #require(loads.number(of: "n/a"))
        let seen = Seen()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<20_000 {
                        guard loads.admit(.requests, backend, limit: 3) else { continue }
                        seen.most.max(seen.inside.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
                        seen.admitted.add(1, ordering: .relaxed)
                        seen.inside.subtract(1, ordering: .relaxed)
                        loads.leave(.requests, backend)
                    }
                }
            }
        }
        #expect(seen.most.load(ordering: .relaxed) <= 3 && seen.admitted.load(ordering: .relaxed) > 0)
        #expect(loads.value(.requests, backend) == 0)
    }
}
