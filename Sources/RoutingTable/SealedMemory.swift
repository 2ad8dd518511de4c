import CLinux

/// A private, sealed copy of a file's bytes, mapped read-only.
///
/// A table is not mapped from its file: whoever truncates that file in place would kill the process with
/// SIGBUS at the next access, and whoever overwrites it would change routes behind the validator's back. The
/// copy is an anonymous file sealed against writing, growing and shrinking, so neither can happen.
package struct SealedMemory: ~Copyable {
    package let bytes: Bytes

    /// Copies `path`.
    ///
    /// - Throws: `TableFault` naming the file and the system's reason.
    package init(copyOf path: String) throws(TableFault) {
        let file = unsafe cl_open_read(path)
        guard file >= 0 else { throw TableFault("cannot open \(path): \(systemMessage(file))", isMissing: true) }
        defer { _ = cl_close(file) }
        let size = cl_file_size(file)
        guard size >= 0 else { throw TableFault("\(path) is not a regular file", isMissing: true) }
        try unsafe self.init(size: Int(size)) { (into: UnsafeMutableRawBufferPointer) throws(TableFault) in
            var filled = 0
            while filled < into.count {
                let n = unsafe cl_read(file, into.baseAddress! + filled, into.count - filled)
                if n == -Int(EINTR) { continue }
                guard n >= 0 else { throw TableFault("cannot read \(path): \(systemMessage(Int32(n)))", isMissing: true) }
                guard n > 0 else { throw TableFault("\(path) shrank while it was read: \(filled) of \(size) bytes", at: filled) }
                filled += n
            }
        }
    }

    /// Copies bytes at hand, for tests and for tables made in memory.
    package init(copyOf bytes: [UInt8]) throws(TableFault) {
        try unsafe self.init(size: bytes.count) { (into: UnsafeMutableRawBufferPointer) throws(TableFault) in
            unsafe into.copyBytes(from: bytes)
        }
    }

    private init(size: Int, fill: (UnsafeMutableRawBufferPointer) throws(TableFault) -> Void) throws(TableFault) {
        guard size > 0 else { throw TableFault("the file is empty", at: 0) }
        let copy = unsafe cl_memfd("rtbl", size)
        guard copy >= 0 else { throw TableFault("cannot make a private copy of the table: \(systemMessage(copy))", isMissing: true) }
        defer { _ = cl_close(copy) }
        guard let writable = unsafe cl_map_shared(copy, size) else {
            throw TableFault("no memory for a table of \(size) bytes", isMissing: true)
        }
        do {
            // The kernel refuses to seal against writing while a writable mapping stands, so this one goes first.
            defer { unsafe _ = cl_unmap(writable, size) }
            try unsafe fill(UnsafeMutableRawBufferPointer(start: writable, count: size))
        }
        let sealed = cl_seal(copy)
        guard sealed >= 0, let readable = unsafe cl_map_read(copy, size) else {
            throw TableFault("cannot seal the private copy of the table: \(systemMessage(sealed))", isMissing: true)
        }
        unsafe self.bytes = Bytes(base: readable, count: size)
    }

    deinit {
        unsafe _ = cl_unmap(UnsafeMutableRawPointer(mutating: bytes.base), bytes.count)
    }
}

/// The system's words for a `-errno` that a call of CLinux returned.
package func systemMessage(_ negatedErrno: Int32) -> String {
    unsafe String(cString: strerror(-negatedErrno))
}
