import Compiler
import Glibc
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
    /// A directory of its own for each test, removed with what is in it.
    private final class Scratch {
        let path: String

        init() throws {
            var template = Array("/tmp/rtblc-test-XXXXXX".utf8CString)
            let made = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) }
            path = unsafe String(cString: try #require(unsafe made))
        }

        deinit {
            _ = unsafe chmod(path, 0o700)
            for name in names { _ = unsafe remove("\(path)/\(name)") }
            _ = unsafe rmdir(path)
        }

        var names: [String] {
            guard let directory = unsafe opendir(path) else { return [] }
            defer { unsafe closedir(directory) }
            var names: [String] = []
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names.sorted()
        }

        func read(_ name: String) -> [UInt8]? {
            guard let file = unsafe fopen("\(path)/\(name)", "r") else { return nil }
            defer { unsafe fclose(file) }
            var bytes: [UInt8] = []
            while case let byte = unsafe getc(file), byte != EOF { bytes.append(UInt8(byte)) }
            return bytes
        }
    }

    @Test("A new file, and one that replaces another")
    func writes() throws {
        let scratch = try Scratch()
        try AtomicFile.write([1, 2, 3], to: scratch.path + "/f")
        #expect(scratch.read("f") == [1, 2, 3])
        try AtomicFile.write([4], to: scratch.path + "/f")
        #expect(scratch.read("f") == [4])
        try AtomicFile.write([], to: scratch.path + "/f")
        #expect(scratch.read("f") == [])
        #expect(scratch.names == ["f"])
    }

    @Test("A symbolic link stays; what it leads to is replaced")
    func link() throws {
        let scratch = try Scratch()
        try AtomicFile.write([1], to: scratch.path + "/f")
        #expect(unsafe symlink("f", scratch.path + "/link") == 0)
        try AtomicFile.write([2], to: scratch.path + "/link")
        #expect(scratch.read("f") == [2])
        var status = stat()
        #expect(unsafe lstat(scratch.path + "/link", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    @Test("A device is written to, not replaced")
    func device() throws {
        try AtomicFile.write([1], to: "/dev/null")
        var status = stat()
        #expect(unsafe lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        #expect(throws: OutputError.self) { try AtomicFile.write([1], to: "/dev/full") }
    }

    @Test("Where it cannot be written the old file stays, and nothing else is left")
    func refused() throws {
        let scratch = try Scratch()
        #expect(throws: OutputError.self) { try AtomicFile.write([1], to: scratch.path + "/missing/f") }
        #expect(throws: OutputError.self) { try AtomicFile.write([1], to: scratch.path) }
        #expect(throws: OutputError.self) { try AtomicFile.write([1], to: scratch.path + "/" + String(repeating: "x", count: 300)) }
        #expect(scratch.names == [])
    }
}
