import Glibc

/// Writes the values of the Secrets in an input for a dataplane's `--secrets` (`--secrets-out DIR`).
package enum SecretWriter {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let path: String
        package let errno: Int32
        package var description: String { "\(path): cannot be written: \(unsafe String(cString: strerror(errno)))" }
    }

    /// `DIR/<namespace>/<secret>/<key>`, files with mode 0600 in folders with mode 0700. Values that are not base64 are
    /// passed over. Names have been checked when they were read: none can leave the folder.
    package static func write(_ secrets: [Secret], to folder: String) throws(Failure) {
        try makeFolder(folder)
        for secret in secrets {
            let namespace = "\(folder)/\(secret.header.namespace)"
            let name = "\(namespace)/\(secret.header.name)"
            try makeFolder(namespace)
            try makeFolder(name)
            for value in secret.values {
                guard let bytes = value.bytes else { continue }
                try write(bytes, to: "\(name)/\(value.key)")
            }
        }
    }

    private static func makeFolder(_ path: String) throws(Failure) {
        guard unsafe mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw Failure(path: path, errno: errno)
    }

    /// Under another name first (no key ends with `~`): a reader sees the old value or the new one, whole, and never
    /// with another mode.
    private static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let temporary = path + "~"
        guard unsafe unlink(temporary) == 0 || errno == ENOENT else { throw Failure(path: path, errno: errno) }
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure(path: path, errno: errno) }
        var failure: Int32 = 0
        unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, failure == 0 {
                // Inside the buffer, which lives as long as the closure.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                let written = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written >= 0 { done += written } else if errno != EINTR { failure = errno }
            }
        }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        if failure == 0, unsafe rename(temporary, path) != 0 { failure = errno }
        guard failure != 0 else { return }
        unsafe unlink(temporary)
        throw Failure(path: path, errno: failure)
    }
}
