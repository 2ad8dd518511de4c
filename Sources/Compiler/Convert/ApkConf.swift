import Policies

/// Turns an apk-conf into the custom resources that it stands for (WSO2 APK's own generator makes the same objects).
///
/// Every member has a place in `members`: what cannot be converted is a diagnostic, never left out in silence.
package struct ApkConf {
    let names: ConfNames
    let root: ConfNode
    var diagnostics: Diagnostics
    /// By name: what a Backend says, so that one name never stands for two.
    var backendSettings: [String: String] = [:]
    var documents: [YAMLText] = []
    /// Whether an operation is open although the API is not.
    var hasOpenOperation = false

    /// The objects of every document of the file, as YAML.
    ///
    /// - Parameters:
    ///   - file: its number in the compilation.
    /// - Returns: nil: it has faults, which are reported.
    package static func convert(_ source: SourceFile, file: UInt32, organization: String = "default", _ diagnostics: inout Diagnostics) -> String? {
        var documents: [YAMLText] = []
        var found = diagnostics
        var failed = false
        let isComplete = YAMLParser(source: source, file: file).read(&found) { document, found in
            let before = found.hasErrors
            var conf = ApkConf(ConfNode(document.tree, 0, file: file), organization, found)
            conf.convert()
            found = conf.diagnostics
            failed = failed || (found.hasErrors && !before) || conf.failed
            documents += conf.documents
        }
        diagnostics = found
        guard isComplete, !failed else { return nil }
        return "# Converted from \(source.relativeName).\n" + documents.map { "---\n" + $0.document() }.joined()
    }

    private(set) var failed = false

    private init(_ root: ConfNode, _ organization: String, _ diagnostics: Diagnostics) {
        self.root = root
        self.diagnostics = diagnostics
        names = ConfNames(organization: organization, api: root["name"]?.text ?? "", version: root["version"]?.text ?? "", id: root["id"]?.text)
    }

    mutating func report(_ message: String, at place: Place, help: String? = nil) {
        failed = true
        diagnostics.report(.apkConf, message, at: place, help: help)
    }

    /// Reports members that nobody knows, and those that are known and not converted.
    mutating func check(_ node: ConfNode, _ what: String, known: [String], unserved: [String] = []) {
        guard case .map(let entries) = node.value else { return report("\(what) is not an object", at: node.place) }
        for entry in entries {
            if unserved.contains(entry.key) {
                if case .list(let items) = entry.value.value, items.isEmpty { continue }
                report("\(what): \(Text.quoted(entry.key)) is not converted", at: entry.place, help: "remove it, or write the custom resources")
            } else if !known.contains(entry.key) {
                let near = NearName.of(entry.key, in: known + unserved)
                report("\(what): unknown member \(Text.quoted(entry.key))", at: entry.place, help: near.map { "did you mean \(Text.quoted($0))?" })
            }
        }
    }

    private mutating func convert() {
        check(
            root, "apk-conf",
            known: [
                "id", "name", "basePath", "version", "type", "aiProvider", "definitionPath", "defaultVersion", "subscriptionValidation", "environment",
                "endpointConfigurations", "operations", "apiPolicies", "authentication", "additionalProperties", "corsConfiguration",
            ],
            unserved: ["rateLimit"])
        for member in ["name", "basePath", "version", "type"] where root[member]?.text == nil {
            report("apk-conf has no \(Text.quoted(member))", at: root.place)
        }
        if let type = root["type"], let text = type.text, text != "REST" {
            report("an API of type \(Text.quoted(text)) is not served", at: type.place, help: "only REST is served")
        }
        guard case .list(let operations)? = root["operations"]?.value, !operations.isEmpty else {
            return report("apk-conf has no operations: it serves nothing", at: root.place)
        }
        addPolicies(operations)
        addRoutes(operations)
        addAuthentication()
        addAPI()
    }

    // MARK: - Objects

    /// - Parameter labels: those that WSO2's tools find the API's objects by.
    func object(_ apiVersion: String, _ kind: String, _ name: String, annotations: [(String, YAMLText?)] = [], _ spec: [(String, YAMLText?)]) -> YAMLText {
        .map([
            ("apiVersion", .string(apiVersion)), ("kind", .string(kind)),
            ("metadata", .map([("name", .string(name)), ("labels", .map(names.labels)), ("annotations", annotations.isEmpty ? nil : .map(annotations))])),
            ("spec", .map(spec)),
        ])
    }

    var environments: [String] {
        let own = ["production", "sandbox"].filter { name in
            root["endpointConfigurations"]?[name] != nil || (root["operations"]?.items ?? []).contains { $0["endpointConfigurations"]?[name] != nil }
        }
        return own.isEmpty ? ["production"] : own
    }

    private mutating func addAPI() {
        let version = root["version"]?.text ?? "", base = root["basePath"]?.text ?? ""
        func environment(_ name: String) -> YAMLText? {
            guard environments.contains(name) else { return nil }
            let count = ((root["operations"]?.items.count ?? 0) + Self.operationsPerRoute - 1) / Self.operationsPerRoute
            return .list([.map([("routeRefs", .list((1...count).map { .string(names.route(name, $0)) }))])])
        }
        let properties = root["additionalProperties"].map(\.yaml)
        documents.insert(object("dp.wso2.com/v1alpha3", "API", names.uniqueID, annotations: [("wso2apk/api-uuid", .string(names.uniqueID))], [
            ("apiName", .string(root["name"]?.text ?? "")), ("apiType", .string("REST")), ("apiVersion", .string(version)),
            ("basePath", .string(base.hasSuffix("/" + version) ? base : "\(base.hasSuffix("/") ? String(base.dropLast()) : base)/\(version)")),
            ("organization", .string(names.organization)), ("environment", root["environment"].map(\.yaml)),
            ("isDefaultVersion", .flag(root["defaultVersion"]?.flag ?? false)), ("definitionPath", root["definitionPath"].map(\.yaml)),
            ("apiProperties", properties), ("production", environment("production")), ("sandbox", environment("sandbox")),
        ]), at: 0)
    }

    /// As WSO2's generator cuts them; the Gateway API allows 16 rules on an HTTPRoute.
    static let operationsPerRoute = 8
}
