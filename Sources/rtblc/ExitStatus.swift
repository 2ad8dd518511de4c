import ArgumentParser

/// The exit codes that users rely on, numbered as in BSD's sysexits.
extension ExitCode {
    /// Bad policies, a bad table.
    static let inputFault = ExitCode(1)
    /// Arguments that make no sense.
    static let usage = ExitCode(64)
    static let noInput = ExitCode(66)
    static let internalFault = ExitCode(70)
    static let cannotCreate = ExitCode(73)
}
