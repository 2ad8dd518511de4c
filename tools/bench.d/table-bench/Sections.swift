import RoutingTable

/// Prints the sections of a table with their sizes, as JSON.
enum Sections {
    static func print(_ path: String) throws {
        let mapped = try MappedTable(path: path)
        let parts = mapped.directory.map { "{\"name\": \"\($0.name ?? "")\", \"bytes\": \($0.byteCount)}" }
        Swift.print("[\(parts.joined(separator: ", "))]")
    }
}
