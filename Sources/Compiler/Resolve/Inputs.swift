import Glibc
import Policies

/// Reads what the PATH arguments of `compile` and `check` name.
package enum Inputs {
    /// Why an input could not be read.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// Exit code 66.
        case missing(String)
        /// Exit code 66: it is there, but cannot be read.
        case unreadable(String, errno: Int32)
        /// Exit code 1.
        case tooLarge(String)

        package var description: String {
            switch self {
            case .missing(let path): "\(path): no such file or folder"
            case .unreadable(let path, let code): "\(path): cannot be read: \(unsafe String(cString: strerror(code)))"
            case .tooLarge(let path): "\(path): larger than this compiler reads"
            }
        }
    }

    /// Endings of the files that are read from a folder.
    private static let endings = [".yaml", ".yml", ".json", ".apk-conf"]

    /// - Parameter paths: files, folders (read with all their folders, in the order of the names), or `-` for standard input.
    package static func collect(_ paths: [String]) throws(Failure) -> [SourceFile] {
        var files: [SourceFile] = []
        for path in paths {
            if path == "-" {
                files.append(SourceFile(displayName: "-", relativeName: "-", bytes: try read(descriptor: 0, "-")))
            } else if try isFolder(path) {
                let root = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
                try collect(folder: root, relative: "", depth: 0, &files)
            } else {
                let base = path.split(separator: "/").last.map(String.init) ?? path
                files.append(try source(path, displayName: path, relativeName: base))
            }
        }
        return files
    }

    /// One file that is no policy, such as a key or a table.
    package static func bytes(of path: String) throws(Failure) -> [UInt8] {
        if try isFolder(path) { throw .unreadable(path, errno: EISDIR) }
        return try read(path)
    }

    private static func collect(folder: String, relative: String, depth: Int, _ files: inout [SourceFile]) throws(Failure) {
        guard depth <= Limits.folderDepth else { throw .unreadable(folder, errno: ELOOP) }
        for name in try names(folder) where !name.hasPrefix(".") {
            let path = folder == "/" ? "/" + name : folder + "/" + name
            let below = relative.isEmpty ? name : relative + "/" + name
            // A link that leads nowhere only matters if it is named like an input.
            if (try? isFolder(path)) ?? false {
                try collect(folder: path, relative: below, depth: depth + 1, &files)
            } else if endings.contains(where: { name.hasSuffix($0) }) {
                guard files.count < Limits.files else { throw .tooLarge(folder) }
                files.append(try source(path, displayName: path, relativeName: below))
            }
        }
    }

    /// A regular file is only opened here, to see that it can be read. What comes through a pipe is there once, and an
    /// apk-conf is small and read before the others.
    private static func source(_ path: String, displayName: String, relativeName: String) throws(Failure) -> SourceFile {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing(path) : .unreadable(path, errno: errno) }
        defer { close(descriptor) }
        var info = stat()
        guard unsafe fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_size > 0,
              !relativeName.hasSuffix(".apk-conf") else {
            return SourceFile(displayName: displayName, relativeName: relativeName, bytes: try read(descriptor: descriptor, path))
        }
        guard info.st_size <= Limits.fileBytes else { throw .tooLarge(path) }
        return SourceFile(displayName: displayName, relativeName: relativeName, path: path, size: Int(info.st_size))
    }

    private static func isFolder(_ path: String) throws(Failure) -> Bool {
        var info = stat()
        // The C call fills the struct that it is lent.
        guard unsafe stat(path, &info) == 0 else { throw errno == ENOENT || errno == ENOTDIR ? .missing(path) : .unreadable(path, errno: errno) }
        return info.st_mode & S_IFMT == S_IFDIR
    }

    /// Sorted by their bytes.
    private static func names(_ folder: String) throws(Failure) -> [String] {
        guard let stream = unsafe opendir(folder) else { throw .unreadable(folder, errno: errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        // An entry is valid until the next call; its name ends with a zero byte.
        while let entry = unsafe readdir(stream) {
            unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe names.append(String(cString: $0)) }
            }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.filter { $0 != "." && $0 != ".." }
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing(path) : .unreadable(path, errno: errno) }
        defer { close(descriptor) }
        return try read(descriptor: descriptor, path)
    }

    /// Read at once where the size is not known.
    private static let pieceBytes = 1 << 16

    private static func read(descriptor: Int32, _ path: String) throws(Failure) -> [UInt8] {
        var info = stat()
        let known = unsafe fstat(descriptor, &info) == 0 ? Int(info.st_size) : 0
        var bytes: [UInt8] = []
        var failure: Int32 = 0
        var isAtEnd = false
        while !isAtEnd, failure == 0, bytes.count <= Limits.fileBytes {
            // A file of known size in one piece and no more: an input may be 100,000 small files.
            let chunk = bytes.isEmpty && known > 0 ? min(known, Limits.fileBytes) + 1 : pieceBytes
            let part = unsafe [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
                let got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if got < 0, errno != EINTR { failure = errno }
                isAtEnd = got == 0
                count = max(0, got)
            }
            if bytes.isEmpty { bytes = part } else if !part.isEmpty { bytes += part }
        }
        if failure != 0 { throw .unreadable(path, errno: failure) }
        if bytes.count > Limits.fileBytes { throw .tooLarge(path) }
        return bytes
    }
}
