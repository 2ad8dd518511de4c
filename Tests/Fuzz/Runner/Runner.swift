import CFuzzer
import FuzzTargets
import Glibc

/// Stands between libFuzzer and a target. All of it is called on the main thread.
enum Runner {
    nonisolated(unsafe) static var body: FuzzRun = { _ in }

    static func start(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
        var count = count
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe arguments
        return unsafe LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            Runner.run(unsafe Array(UnsafeBufferPointer(start: data, count: size)))
            return 0
        }
    }

    /// A wrong answer ends the process, as a trap does: libFuzzer keeps the input.
    private static func run(_ input: [UInt8]) {
        do {
            try unsafe body(input)
        } catch {
            print("finding: \(error)")
            fflush(nil)
            abort()
        }
    }
}
