/// A line's bytes in sum: names of fields and numbers 1,400, and the texts below 7,616, are 9,016.
extension Limits {
    /// One line of the access log, as it is made up.
    static let logLineBytes = 16 << 10
    /// What one worker's lines may take until they are written: some 1,500 of them. A power of two.
    static let logRingBytes = 1 << 20

    // Texts in a line, as they are written, escapes included; a longer one is cut, and ends in an ellipsis.
    static let logPathBytes = 4096
    static let logHostBytes = 512
    static let logMethodBytes = 64
    /// A model, and a namespace or name of an object (Kubernetes allows 253 bytes).
    static let logNameBytes = 512
    /// `Limits.subjectBytes`, each of which may be written as six.
    static let logSubjectBytes = 384

    /// Between two rounds of the writer while there is something to write: lines come together in few calls.
    static let logNapMillis: Int32 = 50
    /// When nothing has come for so many rounds, the writer waits to be woken …
    static let logIdleRounds = 20
    /// … but looks again after so long: a worker's line and the writer's falling asleep may miss each other.
    static let logSleepMillis: Int32 = 1000
    /// After a write that failed, the next one waits so long.
    static let logRetryMillis: Int32 = 1000
    /// How long it waits for workers to give up what is under way.
    static let lastTurnMillis = 500
    /// How long the end of the process waits for the last lines.
    static let logFlushMillis: Int32 = 2000
    /// Pieces that one call writes: two of each ring, if it is wrapped around its end.
    static let logPieces = 64
}
