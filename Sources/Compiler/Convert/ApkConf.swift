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
    /// Those that are made.
    var scopes: Set<String> = []
    /// What the API's policies do, and those of each operation.
    var ownSteps = ConfSteps()
    var operationSteps: [ConfSteps] = []

    /// The objects of every document of the file, as YAML, and where in the file what they say is written.
    ///
    /// - Parameters:
    ///   - file: its number in the compilation.
    /// - Returns: nil: it has faults, which are reported.
    package static func convert(_ source: SourceFile, file: UInt32, organization: String = "default", _ diagnostics: inout Diagnostics) -> (yaml: String, origins: Origins)? {
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
        var out = YAMLOutput()
        out.add(line: "# Converted from \(source.relativeName).")
        for document in documents {
            out.add(line: "---")
            out.write(document)
        }
        return (out.text, out.origins)
    }

    private(set) var failed = false
    /// A member is looked at once for each operation and environment.
    private var reported: Set<String> = []

    private init(_ root: ConfNode, _ organization: String, _ diagnostics: Diagnostics) {
        self.root = root
        self.diagnostics = diagnostics
        names = ConfNames(organization: organization, api: root["name"]?.text ?? "", version: root["version"]?.text ?? "", id: root["id"]?.text)
    }

    mutating func report(_ message: String, at place: Place, help: String? = nil) {
        failed = true
        guard reported.insert("\(place.line):\(place.column):\(message)").inserted else { return }
        diagnostics.report(.apkConf, message, at: place, help: help)
    }

    /// Reports members that nobody knows, and those of `needed` that are missing.
    mutating func check(_ node: ConfNode, _ what: String, known: [String], needed: [String] = []) {
        guard case .map(let entries) = node.value else { return report("\(what) is not an object", at: node.place) }
        for entry in entries where !known.contains(entry.key) {
            let near = NearName.of(entry.key, in: known)
            report("\(what): unknown member \(Text.quoted(entry.key))", at: entry.place, help: near.map { "did you mean \(Text.quoted($0))?" })
        }
        for member in needed where node[member] == nil { report("\(what) has no \(Text.quoted(member))", at: node.place) }
    }

    /// A list, or nothing.
    mutating func items(_ node: ConfNode?, _ what: String) -> [ConfNode] {
        guard let node else { return [] }
        guard case .list(let items) = node.value else {
            if node.text != nil || node.isMap { report("\(what) is not a list", at: node.place) }
            return []
        }
        return items
    }

    /// true or false; nil: it is absent, or neither, which is reported.
    mutating func flag(_ node: ConfNode, _ key: String) -> Bool? {
        guard let value = node[key] else { return nil }
        if value.flag == nil { report("\(key) is neither true nor false", at: value.place) }
        return value.flag
    }

    private mutating func convert() {
        check(
            root, "apk-conf",
            known: [
                "id", "name", "basePath", "version", "type", "aiProvider", "definitionPath", "defaultVersion", "subscriptionValidation", "environment",
                "endpointConfigurations", "operations", "apiPolicies", "rateLimit", "authentication", "additionalProperties", "corsConfiguration",
            ])
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
        addLimits(operations)
        addRoutes(operations)
        addAuthentication()
        addAPI()
    }

    // MARK: - Objects

    /// - Parameter place: where it comes from; nil: the apk-conf as a whole.
    func object(
        _ apiVersion: String, _ kind: String, _ name: String, at place: Place? = nil, annotations: [(String, YAMLText?)] = [], _ spec: [(String, YAMLText?)]
    ) -> YAMLText {
        .placed(place ?? root.place, .map([
            ("apiVersion", .string(apiVersion)), ("kind", .string(kind)),
            ("metadata", .map([("name", .string(name)), ("labels", .map(names.labels)), ("annotations", annotations.isEmpty ? nil : .map(annotations))])),
            ("spec", .map(spec)),
        ]))
    }

    /// A reference from the HTTPRoute's rules.
    static func filter(_ kind: String, _ name: String) -> YAMLText {
        .map([("type", .string("ExtensionRef")), ("extensionRef", TableObjects.reference(kind, name))])
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
        documents.insert(object("dp.wso2.com/v1alpha3", "API", names.uniqueID, annotations: [("wso2apk/api-uuid", .string(names.uniqueID))], [
            ("apiName", root.string("name")), ("apiType", .string("REST")), ("apiVersion", root.string("version")),
            ("basePath", .placed(
                root["basePath"]?.place ?? root.place, .string(base.hasSuffix("/" + version) ? base : "\(base.hasSuffix("/") ? String(base.dropLast()) : base)/\(version)"))),
            ("organization", .string(names.organization)), ("environment", root.string("environment")),
            ("isDefaultVersion", .placed(root["defaultVersion"]?.place ?? root.place, .flag(flag(root, "defaultVersion") ?? false))), ("definitionPath", root.string("definitionPath")),
            ("apiProperties", root["additionalProperties"]?.yaml), ("production", environment("production")), ("sandbox", environment("sandbox")),
        ]), at: 0)
    }

    /// As WSO2's generator cuts them; the Gateway API allows 16 rules on an HTTPRoute.
    static let operationsPerRoute = 8
}
