extension Limits {
    /// Hosts and ports that backends are reached at, in all tables since the start.
    static let addresses = 4 << 20
    /// Names are looked up again this often, and a name that was not found is tried again.
    static let resolveIntervalSeconds = 10
    /// Pairs of `--cert` and `--key`; `CT_MAX_CERTIFICATES` of ctls.h.
    static let certificates = 64
    /// Threads that look names up: so many less one may hang on dead name servers without holding the others up.
    static let resolverThreads = 8
    /// A Secret's value.
    static let secretBytes = 64 << 10
    /// Secrets are looked at for changes this often.
    static let secretsIntervalSeconds = 1
    /// cgroups above the process's own that are looked at for limits.
    static let cgroupDepth = 32
}
