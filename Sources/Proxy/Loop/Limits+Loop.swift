extension Limits {
    static let workers = 256
    /// Client connections of all workers; the descriptor limit is lower on most machines.
    static let connections = 1 << 20
    /// Descriptors that are for neither clients nor backends: listeners, the admin port's connections, files.
    static let reservedDescriptors = 128
    /// Events that one wait returns.
    static let eventsPerTurn = 512
    /// Connections that one worker accepts in one turn, so that others get their share.
    static let acceptsPerTurn = 16
    /// Steps that one client is moved on in one turn: each receives something, or begins a request.
    static let stepsPerTurn = 64
    /// Connections that wait to be accepted, per listener; the kernel may allow fewer.
    static let listenBacklog: Int32 = 4096
    /// A thread's stack: a client's requests follow each other in a loop, never by recursion (`advanceClient`).
    static let workerStackBytes = 512 << 10

    /// Deadlines are met within one tick.
    static let timerTickMillis: UInt64 = 64
    /// The wheel's reach, 131 s; later deadlines are filed again on their way.
    static let timerSlots = 2048

    /// Largest `--max-body`.
    static let largestMaxBody = 2 << 30
    /// The rate that a request's body must keep up on the whole, in bytes a second: a model's prompt of 1 MiB may take half
    /// an hour, a connection that is held open by one byte now and then no longer than `--body-timeout` and a bit.
    static let bodyBytesPerSecond: UInt64 = 500
    /// Interim answers of one backend to one request.
    static let interimAnswers = 16
    /// Attempts at one request that can be remembered.
    static let attempts = 8
    /// How long a connection that is closed after an error is still read, so that no reset eats the answer …
    static let lingerMillis: UInt64 = 2000
    /// … and how much of it is thrown away.
    static let lingerBytes = 64 << 10
    /// How long a client that has closed its sending side is waited for before it is asked whether it still listens.
    static let halfClosedProbeMillis: UInt64 = 500
    /// The interval of the kernel's own question to such a client.
    static let halfClosedKeepAliveSeconds: Int32 = 10
    /// After the descriptors ran out, accepting pauses so long.
    static let acceptPauseMillis: UInt64 = 100
}
