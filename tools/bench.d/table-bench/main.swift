import Compiler
import Glibc

let usage = """
    usage: table-bench make TEMPLATE COUNT FILE   a table of COUNT APIs like the one in TEMPLATE, without its YAML
           table-bench parse FILE                 time from YAML to typed objects
           table-bench sections FILE              bytes of each section
           table-bench open FILE                  time of the copy, the digest and the validation
           table-bench pick FILE                  picks a second of 1, 2 and 8 threads
           table-bench patch FILE                 bytes a second of a JSON body that is checked and patched
           table-bench lookup FILE                time of lookups, and what cache misses cost in a table of that size

    """

func runCommand(_ arguments: [String]) -> Int32 {
    do {
        switch (arguments.first, arguments.count) {
        case ("make", 4): try ManyAPIs(template: arguments[1], count: Int(arguments[2]) ?? 1).write(to: arguments[3])
        case ("parse", 2): try ParsingTime.print(arguments[1])
        case ("sections", 2): try Sections.print(arguments[1])
        case ("open", 2): try OpeningTimes.print(arguments[1])
        case ("pick", 2): try PickRates.print(arguments[1])
        case ("patch", 2): try PatchRates.print(arguments[1])
        case ("lookup", 2): try LookupTimes.print(arguments[1])
        default:
            say(usage)
            return 64
        }
        return 0
    } catch {
        say("table-bench: \(error)\n")
        return 1
    }
}

func say(_ text: String) {
    try? AtomicFile.write(Array(text.utf8), toDescriptor: STDERR_FILENO, named: "standard error")
}

exit(runCommand(Array(CommandLine.arguments.dropFirst())))
