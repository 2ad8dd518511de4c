import ArgumentParser
import Compiler
import Glibc

/// The two streams of a command.
enum Console {
    /// Results. A stream that cannot be written to is an output that cannot be written.
    static func output(_ bytes: [UInt8]) throws(ExitCode) {
        do {
            try AtomicFile.write(bytes, toDescriptor: STDOUT_FILENO, named: "standard output")
        } catch {
            message("rtblc: \(error)")
            throw .cannotCreate
        }
    }

    static func output(lines: [String]) throws(ExitCode) {
        try output(Array(lines.joined(separator: "\n").utf8) + [UInt8(ascii: "\n")])
    }

    /// What is said about the work, on standard error; where that is closed, nobody is left to tell.
    static func message(_ text: String) { message(raw: text + "\n") }

    static func message(raw text: String) {
        try? AtomicFile.write(Array(text.utf8), toDescriptor: STDERR_FILENO, named: "standard error")
    }

    /// Whether messages go to a terminal that shows colours (https://no-color.org).
    static let hasColor = isTerminal && (variable("NO_COLOR") ?? "").isEmpty

    /// Whether messages go to a terminal on which a line can be written anew.
    static let isTerminal = isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb"

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) } // nothing here ever sets one
    }

    /// Writes a result to a file, or to standard output where it is named `-`.
    static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o666) throws(ExitCode) {
        if path == "-" || path == "/dev/stdout" { return try output(bytes) }
        do {
            try AtomicFile.write(bytes, to: path, mode: mode)
        } catch {
            message("rtblc: \(error)")
            throw .cannotCreate
        }
    }
}
