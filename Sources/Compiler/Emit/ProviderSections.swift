import CTable
import RoutingTable

/// PROVIDERS, and STRING_LISTS for the places that their fields name.
struct ProviderSections {
    private(set) var lists: [UInt32] = []
    private var table = ProbeTable()
    private var lengths: [UInt32: Int] = [:]
    private var pool = RecordPool<rtbl_provider>()
    var records: [rtbl_provider] { pool.records }

    mutating func index(
        of provider: IntermediateRepresentation.Provider, of subject: String, at position: IntermediateRepresentation.Position?,
        strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        return try pool.index(of: rtbl_provider(
            object_namespace: try strings.offset(of: provider.object?.namespace ?? ""),
            object_name: try strings.offset(of: provider.object?.name ?? ""),
            request_model: try place(provider.requestModel, subject, position, &strings),
            response_model: try place(provider.responseModel, subject, position, &strings),
            prompt_tokens: try place(provider.promptTokens, subject, position, &strings),
            completion_tokens: try place(provider.completionTokens, subject, position, &strings),
            total_tokens: try place(provider.totalTokens, subject, position, &strings)))
    }

    private mutating func place(
        _ place: IntermediateRepresentation.Field?, _ subject: String, _ position: IntermediateRepresentation.Position?,
        _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_field {
        let (components, location): ([String], Int) =
            switch place {
            case nil: ([], RTBL_FIELD_NONE)
            case .body(let path): (path, RTBL_FIELD_BODY)
            case .header(let name): ([name], RTBL_FIELD_HEADER)
            }
        guard place == nil || (1...RoutingTable.maxFieldComponents).contains(components.count) else {
            throw EmitError(subject, "a field of the provider names \(components.count) keys; a table holds 1 to \(RoutingTable.maxFieldComponents)", at: position)
        }
        var offsets: [UInt32] = []
        for component in components { offsets.append(try strings.offset(of: component)) }
        return rtbl_field(
            first_component: try list(offsets),
            component_count: UInt16(components.count),
            location: UInt8(location), reserved: 0)
    }

    /// Where these strings stand in STRING_LISTS, added if they are new; an empty list stands at 0.
    private mutating func list(_ strings: [UInt32]) throws(EmitError) -> UInt32 {
        if strings.isEmpty { return 0 }
        let hash = strings.reduce(UInt64(strings.count)) { TableHash.hash(seed: $0, littleEndian: Int($1)) }
        let known = table.find(hash: hash) { first in
            lengths[first] == strings.count && lists[Int(first)..<Int(first) + strings.count].elementsEqual(strings)
        }
        if let known { return known }
        let first = try newIndex(after: lists.count, of: "string list")
        lists += strings
        lengths[first] = strings.count
        table.insert(hash: hash, value: first)
        return first
    }
}
