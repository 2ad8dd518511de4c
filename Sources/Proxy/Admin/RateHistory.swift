/// What happened in each of the last seconds, at those targets at which something did.
///
/// A second without anything costs nothing: a track remembers when it was last written to, and what lies between is zero.
struct RateHistory {
    struct Second: Equatable {
        var requests: UInt32 = 0
        var errors: UInt32 = 0
    }

    fileprivate struct Track {
        var seconds = [Second](repeating: Second(), count: Limits.historySeconds)
        var latest: Int
    }

    private var tracks: [UInt64: Track] = [:]
    /// Seconds since the beginning.
    private var now = 0

    /// Targets of which something is kept.
    var count: Int { tracks.count }

    /// Begins the next second.
    mutating func advance() {
        now += 1
        // those that have nothing left to show make room
        if now % 60 == 0 { tracks = tracks.filter { now - $0.value.latest < Limits.historySeconds } }
    }

    /// Adds to the present second of a target; past `Limits.historyTargets` targets it is not kept.
    mutating func add(_ second: Second, to identity: UInt64) {
        if tracks[identity] == nil {
            guard tracks.count < Limits.historyTargets else { return }
            tracks[identity] = Track(latest: now)
        }
        tracks[identity]!.add(second, at: now)
    }

    /// The seconds up to the present one, the oldest first, without those before anything happened.
    func seconds(of identity: UInt64) -> [Second] {
        guard let track = tracks[identity] else { return [] }
        let all = (0..<Limits.historySeconds).map { track.second(now - Limits.historySeconds + 1 + $0) }
        return Array(all.drop { $0 == Second() })
    }
}

extension RateHistory.Track {
    private static var length: Int { Limits.historySeconds }

    mutating func add(_ second: RateHistory.Second, at now: Int) {
        for time in max(latest + 1, now - Self.length + 1)..<(now + 1) where time > latest { seconds[time % Self.length] = RateHistory.Second() }
        latest = now
        seconds[now % Self.length].requests &+= second.requests
        seconds[now % Self.length].errors &+= second.errors
    }

    func second(_ time: Int) -> RateHistory.Second {
        time >= 0 && time <= latest && time > latest - Self.length ? seconds[time % Self.length] : RateHistory.Second()
    }
}
