import Policies

extension ApkConf {
    /// Authentication: the API's, and one for the operations that are open.
    mutating func addAuthentication() {
        if hasOpenOperation {
            documents.append(object("dp.wso2.com/v1alpha2", "Authentication", names.open, [
                ("default", .map([("disabled", .flag(true))])), ("targetRef", TableObjects.reference("Resource", names.uniqueID)),
            ]))
        }
        let list = items(root["authentication"], "authentication")
        guard !list.isEmpty else { return }
        checkNecessity(list)
        var types: [(String, YAMLText?)] = []
        var apiKeys: [YAMLText] = []
        for entry in list {
            guard let type = type(entry) else { continue }
            guard type.name == "apiKey" else {
                if types.contains(where: { $0.0 == type.name }) { report("authentication: two entries of one authType", at: entry.place, help: "merge them into one") }
                types.append((type.name, type.text))
                continue
            }
            apiKeys += keys(entry)
        }
        if !apiKeys.isEmpty { types.append(("apiKey", .list(apiKeys))) }
        let isOpen = list.allSatisfy { $0["enabled"]?.flag == false }
        documents.append(object("dp.wso2.com/v1alpha2", "Authentication", "\(names.uniqueID)-authentication", at: root["authentication"]?.place, [
            ("default", .map(isOpen ? [("disabled", .flag(true))] : [("authTypes", .map(types))])), ("targetRef", TableObjects.reference("API", names.uniqueID)),
        ]))
    }

    /// The member of authTypes that an entry is; of an apiKey without its text.
    private mutating func type(_ entry: ConfNode) -> (name: String, text: YAMLText)? {
        let known = ["authType", "enabled", "required", "sendTokenToUpstream", "headerName", "headerEnable"]
        let isDisabled = YAMLText.flag(!(flag(entry, "enabled") ?? true))
        let token: [(String, YAMLText?)] = [("header", entry.string("headerName")), ("sendTokenToUpstream", entry["sendTokenToUpstream"]?.yaml)]
        switch entry["authType"]?.text {
        case "OAuth2":
            check(entry, "authentication", known: known)
            checkHeader(entry)
            return ("oauth2", .placed(entry.place, .map([("required", entry.string("required")), ("disabled", isDisabled)] + token)))
        case "JWT":
            check(entry, "authentication", known: known + ["audience"])
            checkHeader(entry)
            return ("jwt", .placed(entry.place, .map([("disabled", isDisabled), ("audience", entry["audience"]?.yaml)] + token)))
        case "APIKey":
            check(entry, "authentication", known: known + ["queryParamName", "queryParamEnable"])
            return ("apiKey", .list([]))
        case "mTLS":
            check(entry, "authentication", known: ["authType", "enabled", "required", "certificates"])
            for certificate in items(entry["certificates"], "certificates") { check(certificate, "certificate", known: ["name", "key"], needed: ["name", "key"]) }
            return ("mtls", .placed(entry.place, .map([("required", entry.string("required")), ("disabled", isDisabled), ("configMapRefs", entry["certificates"]?.yaml)])))
        default:
            report("authentication: authType is one of OAuth2, JWT, APIKey, mTLS", at: entry["authType"]?.place ?? entry.place)
            return nil
        }
    }

    /// A header and a query parameter are two keys. WSO2 looks into both unless one is switched off.
    private mutating func keys(_ entry: ConfNode) -> [YAMLText] {
        let (header, query) = (flag(entry, "headerEnable") ?? true, flag(entry, "queryParamEnable") ?? (entry["queryParamName"] != nil))
        guard flag(entry, "enabled") ?? true else { return [] }
        if !header, !query { report("authentication: an APIKey that stands neither in a header nor in a query parameter", at: entry.place, help: "write enabled: false") }
        let token: (String, YAMLText?) = ("sendTokenToUpstream", entry["sendTokenToUpstream"]?.yaml)
        return [(header, "Header", "headerName"), (query, "Query", "queryParamName")].filter(\.0).map { _, place, name in
            .placed(entry.place, .map([("in", .string(place)), ("name", entry.string(name) ?? .string("apikey")), token]))
        }
    }

    private mutating func checkHeader(_ entry: ConfNode) {
        guard flag(entry, "headerEnable") == false, let node = entry["headerEnable"] else { return }
        report("authentication: a token of this type stands in a header", at: node.place, help: "write enabled: false to switch the type off")
    }

    /// An Authentication can ask for a token and a client certificate, and for nothing else together.
    private mutating func checkNecessity(_ list: [ConfNode]) {
        let mandatory = list.filter { $0["required"]?.text == "mandatory" && $0["enabled"]?.flag ?? true }
        for entry in list {
            guard let required = entry["required"], let text = required.text else { continue }
            if !["mandatory", "optional"].contains(text) {
                report("authentication: required is mandatory or optional", at: required.place)
            } else if text == "mandatory", mandatory.count > 1, ["JWT", "APIKey"].contains(entry["authType"]?.text) {
                report("authentication: \(entry["authType"]?.text ?? "") cannot be asked for beside another type", at: required.place,
                       help: "any one of several types is enough, but for OAuth2 and mTLS that are both mandatory")
            }
        }
    }
}
