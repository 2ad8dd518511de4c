import Testing
@testable import Proxy

@Suite("The time before a repeat")
struct RetryBackOffTests {
    @Test("It doubles, up to ten times the base", arguments: zip([0, 1, 2, 3, 4, 5, 40, UInt32.max], [25, 50, 100, 200, 250, 250, 250, 250] as [UInt64]))
    func doubles(retries: UInt32, millis: UInt64) {
        #expect(RetryBackOff.millis(base: 25, retries: retries) == millis)
    }

    @Test("The largest base does not overflow")
    func largest() {
        #expect(RetryBackOff.millis(base: .max, retries: .max) == UInt64(UInt32.max) * 10)
    }
}
