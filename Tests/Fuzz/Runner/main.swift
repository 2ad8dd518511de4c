import CFuzzer
import FuzzTargets
import Glibc

// fuzz TARGET [ARGUMENT OF LIBFUZZER]…: runs one target until something is found or the time is over.

guard CommandLine.argc > 1, let target = unsafe FuzzTarget(rawValue: String(cString: CommandLine.unsafeArgv[1]!)) else {
    print("usage: fuzz \(FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")) [ARGUMENT OF LIBFUZZER]…")
    exit(64)
}
unsafe Runner.body = target.makeBody()
// What libFuzzer sees: its own name, and what follows the target's.
unsafe CommandLine.unsafeArgv[1] = CommandLine.unsafeArgv[0]
exit(unsafe Runner.start(CommandLine.argc - 1, CommandLine.unsafeArgv + 1))
