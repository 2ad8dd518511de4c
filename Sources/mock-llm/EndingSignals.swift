import Glibc

/// SIGTERM and SIGINT, taken by `sigwait` and not by a handler.
struct EndingSignals {
    private var signals = sigset_t()

    init() {
        // safe: the set is ours and outlives the calls
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe sigaddset(&signals, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    func waitForTheEnd() {
        var waitedFor = signals
        var received: Int32 = 0
        while unsafe sigwait(&waitedFor, &received) != 0 {}  // safe: both are ours and outlive the call
    }
}
