import Glibc

/// Writes files that must not be there yet, such as keys.
package enum NewFile {
    /// - Parameter mode: permissions, less the umask.
    /// - Throws: `OutputError`, also where `path` exists; then nothing is changed.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(OutputError) {
        // O_EXCL: two runs at once cannot both think that they are first; a symbolic link is refused as well.
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw OutputError(path: path, action: "create", code: errno) }
        defer { _ = close(file) }
        do throws(OutputError) {
            try AtomicFile.write(bytes, toDescriptor: file, named: path)
            guard fsync(file) == 0 else { throw OutputError(path: path, action: "synchronise", code: errno) }
        } catch {
            _ = unsafe unlink(path) // ours: O_EXCL has made it
            throw error
        }
    }

    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
