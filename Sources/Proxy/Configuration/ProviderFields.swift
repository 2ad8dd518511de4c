import CTable
import RoutingTable

/// Where an AIProvider has the model's name in a request, ready for the body scanner, and the token counts in an answer.
struct ProviderFields: ~Copyable {
    /// The path in the body; of no account where the model goes into a header, and the body is not looked at.
    let modelPath: MemberPath
    /// The header that takes the model, in lower case; empty where the body does.
    let modelHeader: Bytes
    let usage: UsageFields

    init(_ provider: rtbl_provider, in table: RoutingTable) {
        let field = provider.request_model
        let names = (0..<Int(field.component_count)).map { table.string(table.stringLists[Int(field.first_component) + $0]) }
        // a validated table has one to eight components of at most 65,535 bytes of UTF-8
        modelPath = try! MemberPath(names.map(\.copied))
        usage = UsageFields(provider, in: table)
        modelHeader = Int(field.location) == RTBL_FIELD_HEADER ? names[0] : .empty
    }
}
