/// What every object has: who it is, and where that is written.
package struct ObjectHeader: Sendable {
    package let id: ObjectID
    package let version: String
    /// Of `metadata.name`'s value.
    package let place: Place
    package var namespace: String { id.namespace }
    package var name: String { id.name }
}

/// A reference to another object as a CR writes it; absent members are nil.
package struct ReferenceText: Sendable {
    package let group: String?
    package let kind: Located<String>?
    package let name: Located<String>
    package let namespace: Located<String>?
}

package struct API: Sendable {
    package struct RouteRefs: Sendable {
        /// Of the member that names the environment.
        package let place: Place
        package let routes: [Located<String>]
        /// Entries with routes: more than one is an error.
        package let entries: Int
    }

    package let header: ObjectHeader
    package let apiName: String?
    package let apiVersion: Located<String>?
    package let apiType: Located<String>?
    package let basePath: Located<String>?
    package let organization: String
    package let environment: String
    package let isDefaultVersion: Located<Bool>?
    package let production: RouteRefs?
    package let sandbox: RouteRefs?
}

package struct HTTPRoute: Sendable {
    package struct Parent: Sendable {
        package let reference: ReferenceText
        package let sectionName: Located<String>?
    }

    package struct PathMatch: Sendable {
        package enum Kind: String, Sendable { case exact = "Exact", prefix = "PathPrefix", regularExpression = "RegularExpression" }
        package let kind: Kind
        package let value: Located<String>
    }

    package struct Match: Sendable {
        package let path: PathMatch
        package let method: String?
        package let headers: [Condition]
        package let queryParams: [Condition]
        package let place: Place
    }

    /// A filter whose members are not those of its type.
    package struct FilterFault: Sendable {
        package let type: Located<String>
        /// The member that is missing; nil: there is one of another type.
        package let missing: String?
    }

    package enum Rewrite: Sendable {
        case fullPath(Located<String>)
        case prefixMatch(Located<String>)
    }

    package struct BackendRef: Sendable {
        package let reference: ReferenceText
        package let weight: Int
    }

    package struct Rule: Sendable {
        package let matches: [Match]
        /// One is allowed.
        package let rewrites: [Rewrite]
        package let filterFaults: [FilterFault]
        package let headerModifiers: [HeaderModifier]
        /// One is allowed, and no rewrite beside it.
        package let redirects: [Redirect]
        package let timeouts: [Timeout]
        package let extensions: [ReferenceText]
        package let backendRefs: [BackendRef]
        package let place: Place
    }

    package let header: ObjectHeader
    package internal(set) var parents: [Parent]
    package internal(set) var hostnames: [Located<String>]
    package internal(set) var rules: [Rule]

    /// Lets go of all but the name: nothing else is looked at any more.
    package mutating func release() { (parents, hostnames, rules) = ([], [], []) }
}

package struct Gateway: Sendable {
    package struct Listener: Sendable {
        package let name: String?
        package let hostname: Located<String>?
    }

    package let header: ObjectHeader
    package let listeners: [Listener]
}

package struct ReferenceGrant: Sendable {
    package struct Source: Sendable { package let kind: String; package let namespace: String }
    package struct Target: Sendable { package let kind: String; package let name: String? }
    package let header: ObjectHeader
    package let from: [Source]
    package let to: [Target]
}

package struct Backend: Sendable {
    package enum Credential: Sendable {
        case apiKey(isHeader: Bool, name: Located<String>, secret: Located<String>, key: Located<String>)
        case basic(secret: Located<String>, userKey: Located<String>, passwordKey: Located<String>)
    }

    package struct Service: Sendable { package let host: Located<String>; package let port: Located<Int> }

    package let header: ObjectHeader
    package let services: [Service]
    package let servicesPlace: Place?
    package let scheme: Located<String>?
    package let basePath: Located<String>?
    package let credentials: [Credential]
    package let securityPlace: Place?
    package let responseTimeoutSeconds: Int?
    package let idleTimeoutSeconds: Int?
    package let details: Details?
}

package struct AIProvider: Sendable {
    package struct ValuePlace: Sendable {
        package let isHeader: Bool
        package let value: Located<String>
    }

    package let header: ObjectHeader
    package let supportedModels: [String]
    package let requestModel: ValuePlace?
    package let responseModel: ValuePlace?
    package let promptTokens: ValuePlace?
    package let completionTokens: ValuePlace?
    package let totalTokens: ValuePlace?
}

package struct APIPolicy: Sendable {
    package struct Model: Sendable {
        package let model: Located<String>
        package let backend: ReferenceText
        package let weight: Int
        package let place: Place
    }

    package struct ModelList: Sendable {
        /// Of the member that names the list.
        package let place: Place
        package let models: [Model]
    }

    /// `default` or `override`; what is nil leaves the decision to the next layer.
    package struct Layer: Sendable {
        package var aiProvider: Located<String>?
        package var suspendSeconds: Int?
        package var productionModels: ModelList?
        package var sandboxModels: ModelList?
        package var roundRobinPlace: Place?
        package var cors: CORS?
        package var subscriptionValidation: Located<Bool>?
    }

    /// cORSPolicy. A class: few policies have one.
    package final class CORS: Sendable {
        package let isEnabled: Bool?
        package let allowsCredentials: Bool?
        package let allowHeaders: [Located<String>]?
        package let allowMethods: [Located<String>]?
        package let allowOrigins: [Located<String>]?
        package let exposeHeaders: [Located<String>]?
        /// Seconds.
        package let maxAge: Int?
        package let place: Place

        init(_ reader: ObjectReader, _ place: Place) {
            isEnabled = reader.boolean(APIPolicySchema.corsEnabled)?.value
            allowsCredentials = reader.boolean(APIPolicySchema.allowCredentials)?.value
            allowHeaders = reader.strings(APIPolicySchema.allowHeaders)
            allowMethods = reader.strings(APIPolicySchema.allowMethods)
            allowOrigins = reader.strings(APIPolicySchema.allowOrigins)
            exposeHeaders = reader.strings(APIPolicySchema.exposeHeaders)
            maxAge = reader.integer(APIPolicySchema.maxAge)?.value
            self.place = place
        }
    }

    package let header: ObjectHeader
    package internal(set) var `default`: Layer
    package internal(set) var override: Layer
    package let target: ReferenceText?
    package let annotations: [Annotation]

    /// Lets go of the models: they have been resolved.
    package mutating func releaseModels() {
        (`default`.productionModels, `default`.sandboxModels) = (nil, nil)
        (override.productionModels, override.sandboxModels) = (nil, nil)
    }
}

/// An `rtbl/…` annotation; the name is without the prefix.
package struct Annotation: Sendable {
    package let name: Located<String>
    package let value: Located<String>
}

package struct Secret: Sendable {
    package struct Value: Sendable {
        package let key: String
        /// nil: it is not base64.
        package let bytes: [UInt8]?
    }

    package let header: ObjectHeader
    package let values: [Value]
}

package struct ConfigMap: Sendable {
    package struct Value: Sendable {
        package let key: String
        /// nil: it is no PEM text and no JWK Set, and so of no use; an API's definition can be large.
        package let pem: String?
    }

    package let header: ObjectHeader
    package let values: [Value]
}
