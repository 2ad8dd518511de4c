import Glibc
import RoutingTable

/// Writes a file so that whoever opens its path sees the old content or the new one, whole, whatever happens:
/// a temporary file in the same directory, synchronised, renamed, the directory synchronised.
package enum AtomicFile {
    /// - Parameter mode: permissions of a new file, less the umask.
    /// - Throws: `OutputError`; the old file is as it was, and no temporary file is left.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o666) throws(OutputError) {
        switch SystemCall.kind(of: path) {
        case S_IFDIR: throw OutputError(path: path, action: "write", code: EISDIR)
        // A symbolic link stays, and what it leads to is replaced.
        case S_IFREG: try replace(SystemCall.realPath(path) ?? path, with: bytes, mode: mode)
        case nil: try replace(path, with: bytes, mode: mode)
        default:
            // A pipe or a device is written to; renaming over it would take it away from everybody else.
            let file = try open(path, O_WRONLY | O_CLOEXEC, 0, for: path)
            defer { _ = close(file) }
            try write(bytes, to: file, path: path)
        }
    }

    private static func replace(_ path: String, with bytes: [UInt8], mode: UInt32) throws(OutputError) {
        let (directory, name) = split(path)
        let digits = String(TableHash.hash(seed: 0, name), radix: 16) // of a fixed length, unlike the name itself
        let temporary = "\(directory)/.rtblc-\(digits)"
        let folder = try open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, for: path)
        defer { _ = close(folder) }
        // The temporary name is the same for the same path: what a killed run has left, the next one removes.
        if try !replaceByUnnamed(path, in: directory, temporary, bytes, mode) {
            try replaceByNamed(path, temporary, bytes, mode)
        }
        // The rename is on disk once its directory is. Where that fails (some file systems cannot do it at all) the
        // new file is in place all the same, and after a loss of power there is it or the old one, whole.
        _ = fsync(folder)
    }

    /// Through a file that has no name until it is complete, so that a killed run leaves nothing behind.
    ///
    /// - Returns: false where the file system, or a system without /proc, cannot do that.
    private static func replaceByUnnamed(
        _ path: String, in directory: String, _ temporary: String, _ bytes: [UInt8], _ mode: UInt32
    ) throws(OutputError) -> Bool {
        let unnamed: Int32 = 0o20000000 | O_DIRECTORY // O_TMPFILE of <fcntl.h>, which only _GNU_SOURCE declares
        let file = SystemCall.open(directory, unnamed | O_WRONLY | O_CLOEXEC, mode)
        guard file >= 0 else { return false }
        defer { _ = close(file) }
        try fill(file, with: bytes, path)
        if SystemCall.link(file, path) == 0 { return true } // there was no old file
        guard errno == EEXIST else { return false }
        var attempts = 1
        while SystemCall.link(file, temporary) != 0 {
            guard errno == EEXIST, attempts < Self.linkAttempts else { return false }
            SystemCall.remove(temporary)
            attempts += 1
        }
        try move(temporary, path)
        return true
    }

    /// Two runs that write the same path may take each other's name away; more than a few times is no coincidence.
    private static let linkAttempts = 8

    private static func replaceByNamed(_ path: String, _ temporary: String, _ bytes: [UInt8], _ mode: UInt32) throws(OutputError) {
        SystemCall.remove(temporary)
        let file = try open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode, for: path)
        do {
            defer { _ = close(file) }
            try fill(file, with: bytes, path)
        } catch {
            SystemCall.remove(temporary)
            throw error
        }
        try move(temporary, path)
    }

    private static func fill(_ file: Int32, with bytes: [UInt8], _ path: String) throws(OutputError) {
        try write(bytes, to: file, path: path)
        // A file system over a network reports a failed write here, at the latest.
        guard fsync(file) == 0 else { throw OutputError(path: path, action: "synchronise", code: errno) }
    }

    private static func move(_ temporary: String, _ path: String) throws(OutputError) {
        guard SystemCall.move(temporary, path) != 0 else { return }
        let code = errno
        SystemCall.remove(temporary)
        throw OutputError(path: path, action: "replace", code: code)
    }

    /// Writes to a stream that somebody else opened, such as standard output.
    package static func write(_ bytes: [UInt8], toDescriptor file: Int32, named name: String) throws(OutputError) {
        try write(bytes, to: file, path: name)
    }

    private static func open(_ file: String, _ flags: Int32, _ mode: UInt32, for path: String) throws(OutputError) -> Int32 {
        let file = SystemCall.open(file, flags, mode)
        guard file >= 0 else { throw OutputError(path: path, action: "open", code: errno) }
        return file
    }

    private static func write(_ bytes: [UInt8], to file: Int32, path: String) throws(OutputError) {
        var done = 0
        while done < bytes.count {
            // The pointer is used inside the closure only, and `done` is less than the count.
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress! + done, $0.count - done) }
            if written > 0 { done += written } else if errno != EINTR { throw OutputError(path: path, action: "write", code: errno) }
        }
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = path[..<slash]
        return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
    }
}

/// The calls that take paths: Swift hands a String to C as a terminated copy that lives as long as the call.
private enum SystemCall {
    static func open(_ path: String, _ flags: Int32, _ mode: UInt32) -> Int32 { unsafe Glibc.open(path, flags, mode) }
    static func move(_ from: String, _ to: String) -> Int32 { unsafe rename(from, to) }
    /// Gives the unnamed file of a descriptor a name.
    static func link(_ file: Int32, _ path: String) -> Int32 { unsafe linkat(AT_FDCWD, "/proc/self/fd/\(file)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) }
    static func remove(_ path: String) { _ = unsafe unlink(path) }

    /// The type bits of what `path` leads to; nil: nothing.
    static func kind(of path: String) -> UInt32? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }

    static func realPath(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) } // realpath's own, handed over
        return unsafe String(cString: resolved)
    }
}

/// Why an output could not be written.
package struct OutputError: Error, Equatable, CustomStringConvertible {
    package let path: String
    let action: String
    let code: Int32

    package var description: String {
        // strerror's answer is a string of libc's own, copied at once; the compiler writes files on one thread.
        let reason = unsafe String(cString: strerror(code))
        return "cannot \(action) \(path): \(reason)"
    }
}
