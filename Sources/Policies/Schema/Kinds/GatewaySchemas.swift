/// gateway.networking.k8s.io Gateway: its listeners' names and host names.
enum GatewaySchema {
    static let listeners = Field("listeners", .list(.object(ObjectSchema([
        listenerName, hostname,
        Field("port", .integer(1...65_535), "see the dataplane's --listen", .optional, .covered(.gatewayListener)), Field("protocol", .string(), "see the dataplane's --listen-tls", .optional, .covered(.gatewayListener)),
        Field("tls", .anything, "see the dataplane's --cert", .optional, .covered(.gatewayListener)), Field("allowedRoutes", .anything, "not looked at", .optional, .covered(.gatewayListener)),
    ]))), "their host names are checked", .required)
    static let listenerName = Field("name", .string(length: 1...Limits.objectName), "what sectionName names", .required)
    static let hostname = Field("hostname", .string(length: 1...Limits.objectName), "absent: every host")
    static let spec = Field("spec", .object(ObjectSchema([
        listeners, Field("gatewayClassName", .string(), "not looked at", .optional, .covered(.gatewayListener)), Field("addresses", .anything, "see the dataplane's --listen", .optional, .covered(.gatewayListener)),
        Field("infrastructure", .anything, "not looked at", .optional, .covered(.gatewayListener)), Field("allowedListeners", .anything, "not looked at", .optional, .covered(.gatewayListener)), Field("tls", .anything, "not looked at", .optional, .covered(.gatewayListener)),
    ])), "listeners", .required)
    static let kind = KindSchema(.gateway, ["v1beta1", "v1"], "listeners whose host names the routes take", members: [spec])
}

/// gateway.networking.k8s.io ReferenceGrant.
enum ReferenceGrantSchema {
    static let from = Field("from", .list(.object(ObjectSchema([fromGroup, ReferenceSchema.targetKind, fromNamespace]))), "who may refer", .required)
    static let to = Field("to", .list(.object(ObjectSchema([toGroup, ReferenceSchema.targetKind, toName]))), "to what", .required)
    static let fromGroup = Field("group", .string(), "the API group of those that refer")
    static let toGroup = Field("group", .string(), "the API group of what they refer to")
    static let fromNamespace = Field("namespace", .string(length: 1...63), "the namespace of those that refer", .required)
    static let toName = Field("name", .string(length: 1...Limits.objectName), "absent: every object of the kind")
    static let spec = Field("spec", .object(ObjectSchema([from, to])), "who may refer to what", .required)
    static let kind = KindSchema(.referenceGrant, ["v1beta1", "v1"], "allows references from other namespaces", members: [spec])
}
