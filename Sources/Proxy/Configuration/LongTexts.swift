import CTable
import RoutingTable

/// The long texts of a table, certificates and key sets, with those that stand in Secrets and not in the table. They are
/// read when a table is prepared for serving.
struct LongTexts {
    let table: RoutingTable
    let secrets: Secrets

    enum Found {
        /// The table asks for none.
        case none
        case text([UInt8])
        /// The Secret with a part of it is not there: what depends on the text lets nobody in and reaches no backend.
        case absent(secret: String)
    }

    /// - Parameter raw: an index into BLOBS, or RTBL_NONE.
    func find(_ raw: UInt32) -> Found {
        guard let rest = table.blob(raw) else { return .none }
        var text: [UInt8] = []
        for part in table.secretTexts(raw) {
            let (namespace, secret, key) = (table.string(part.secret_namespace).text, table.string(part.secret_name).text, table.string(part.key).text)
            guard let value = secrets.value(namespace: namespace, secret: secret, key: key), !value.isEmpty else {
                return .absent(secret: "\(namespace)/\(secret) (\(key))")
            }
            text += value + [ASCII.lineFeed]
        }
        return .text(text + rest.copied)
    }
}

extension Secrets {
    /// Where the table's long texts are looked for.
    func textPaths(of table: RoutingTable) -> [String] {
        table.features.secretTexts.indices.flatMap { number in
            let text = table.features.secretTexts[number]
            return paths(namespace: table.string(text.secret_namespace).text, secret: table.string(text.secret_name).text, key: table.string(text.key).text)
        }
    }
}
