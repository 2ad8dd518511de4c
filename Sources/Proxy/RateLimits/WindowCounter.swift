import CTable
import Synchronization

/// A fixed window of wall-clock time: a minute, an hour or a day of UTC.
struct Window {
    let seconds: UInt64

    /// - Parameter kind: one of RTBL_WINDOW_….
    init(_ kind: UInt8) {
        seconds = switch Int(kind) {
        case RTBL_WINDOW_MINUTE: 60
        case RTBL_WINDOW_HOUR: 3600
        default: 86_400
        }
    }

    /// The number of the window that `wallSeconds` lies in.
    func number(_ wallSeconds: UInt64) -> UInt64 { wallSeconds / seconds }

    /// Seconds until the next window begins, at least 1.
    func secondsLeft(_ wallSeconds: UInt64) -> UInt64 { seconds - wallSeconds % seconds }
}

/// What has been counted in the present window, by all workers: the window's number in the upper half, the count in the
/// lower. A new window begins with the first that counts in it, so nothing sweeps.
struct WindowCounter: ~Copyable {
    private let packed = Atomic<UInt64>(0)

    private static let countBits: UInt64 = 36
    private static let countMask: UInt64 = 1 << countBits - 1

    /// The count in `window`.
    func count(in window: UInt64) -> UInt64 {
        let value = packed.load(ordering: .relaxed)
        return value >> Self.countBits == window & Self.windowMask ? value & Self.countMask : 0
    }

    private static let windowMask: UInt64 = 1 << (64 - countBits) - 1

    /// Adds `amount`, as long as the count was below `limit`.
    ///
    /// - Returns: the count before, which is `limit` or more where nothing was added.
    func add(_ amount: UInt64, in window: UInt64, below limit: UInt64 = .max) -> UInt64 {
        var value = packed.load(ordering: .relaxed)
        while true {
            let before = value >> Self.countBits == window & Self.windowMask ? value & Self.countMask : 0
            if before >= limit { return before }
            let (sum, overflow) = before.addingReportingOverflow(amount)
            let after = overflow ? Self.countMask : min(sum, Self.countMask)
            let (exchanged, original) = packed.weakCompareExchange(
                expected: value, desired: (window & Self.windowMask) << Self.countBits | after, ordering: .relaxed)
            if exchanged { return before }
            value = original
        }
    }

    /// Adds what was counted elsewhere, unless a later window has begun.
    ///
    /// - Returns: the count after; nil: nothing was added.
    func takeIn(_ amount: UInt64, in window: UInt64) -> UInt64? {
        var value = packed.load(ordering: .relaxed)
        while value >> Self.countBits <= window & Self.windowMask {
            let before = value >> Self.countBits == window & Self.windowMask ? value & Self.countMask : 0
            let after = min(before + min(amount, Self.countMask), Self.countMask)
            let (exchanged, original) = packed.weakCompareExchange(
                expected: value, desired: (window & Self.windowMask) << Self.countBits | after, ordering: .relaxed)
            if exchanged { return after }
            value = original
        }
        return nil
    }

    /// Takes one back that was added in `window`.
    func takeBack(in window: UInt64) {
        var value = packed.load(ordering: .relaxed)
        while value >> Self.countBits == window & Self.windowMask, value & Self.countMask > 0 {
            let (exchanged, original) = packed.weakCompareExchange(expected: value, desired: value - 1, ordering: .relaxed)
            if exchanged { return }
            value = original
        }
    }
}
