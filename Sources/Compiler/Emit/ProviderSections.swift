import CTable
import RoutingTable

/// PROVIDERS; the places that their fields name stand in STRING_LISTS.
struct ProviderSections {
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
        return rtbl_field(
            first_component: try strings.list(of: components),
            component_count: UInt16(components.count),
            location: UInt8(location), reserved: 0)
    }
}
