import Compiler
import Glibc
import Policies
import Threading

/// Prints what it takes to make typed objects of a file, as JSON: seconds, and seconds of all threads together.
enum ParsingTime {
    static func print(_ path: String) throws {
        FreedMemory.share() // as rtblc does
        let files = try Inputs.collect([path])
        var diagnostics = Diagnostics()
        let start = (ContinuousClock.now, cpuSeconds())
        let resources = ResourceReader.read(files, ResourceReader.Options(), &diagnostics)
        let seconds = (ContinuousClock.now - start.0) / .seconds(1)
        Swift.print("{\"apis\": \(resources.apis.count), \"seconds\": \(seconds), \"cpu\": \(cpuSeconds() - start.1)}")
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) // fills what it is lent
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
