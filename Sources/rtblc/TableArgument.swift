import ArgumentParser
import Compiler
import RoutingTable

/// Tables and keys that commands are given by path.
enum TableArgument {
    /// A validated table, or the message and the exit code that say why not.
    static func open(_ path: String) throws(ExitCode) -> MappedTable {
        do {
            return try MappedTable(path: path)
        } catch {
            Console.message(error.isMissing ? "rtblc: \(error)" : "rtblc: \(path): \(error)")
            throw error.isMissing ? .noInput : .inputFault
        }
    }

    static func map(_ file: [UInt8], named path: String) throws(ExitCode) -> MappedTable {
        do {
            return try MappedTable(bytes: file)
        } catch {
            Console.message("rtblc: \(path): \(error)")
            throw .inputFault
        }
    }

    /// The bytes of any file.
    static func bytes(of path: String) throws(ExitCode) -> [UInt8] {
        do {
            return try Inputs.bytes(of: path)
        } catch {
            Console.message("rtblc: \(error)")
            if case .tooLarge = error { throw .inputFault }
            throw .noInput
        }
    }

    /// Runs what needs a key; a key of the wrong kind is the input's fault.
    static func withKey<Result>(_ path: String, _ body: () throws(KeyFault) -> Result) throws(ExitCode) -> Result {
        do {
            return try body()
        } catch {
            Console.message("rtblc: \(path): \(error)")
            throw .inputFault
        }
    }
}
