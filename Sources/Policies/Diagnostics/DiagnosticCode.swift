/// Every diagnostic there is: a stable number, which `RT0203` prints. 01xx reading, 02xx references, 03xx the
/// fields of one object, 04xx objects together, 05xx what is not served yet. A number is never used again.
package enum DiagnosticCode: UInt16, CaseIterable, Sendable {
    // reading
    case syntax = 101, encoding, depth, duplicateKey, unknownAlias, recursiveAlias, aliasExpansion, mergeKey
    case notAnObject = 109, keyNotString, unsupportedTag, tooLarge, apkConf, strayItems
    case missingKind = 120, unknownKind, unknownVersion, otherGroup, objectName, duplicateObject, noAPI
    // references
    case routeNotFound = 201, ruleBackendNotFound, modelBackendNotFound, targetNotFound, providerNotFound
    case secretNotFound = 206, secretKeyNotFound, extensionNotFound, listenerNotFound, grantMissing, grantUnknown
    case referenceKind = 212, targetNamespace, unusedRoute, unusedPolicy, repeatedRoute
    case configMapNotFound = 217, dataKeyNotFound, certificateSecretNotFound
    // fields
    case unknownField = 301, wrongType, missingField, notInEnumeration, outOfRange, malformed, emptyValue
    case annotationUnknown = 310, annotationValue, secretNotBase64, tokenPath, fieldPath, serviceCount
    case backendAddress = 316, credential, hostname, path, rewrite, regularExpression, fieldVersion, environmentEntries
    case certificate = 324, certificateCount, jwksAddress, corsValue, headerChange, redirect, timeoutOrder, repeatedCondition
    case emptyLimit = 332, tokenHeader
    // objects together
    case basePathVersion = 401, basePathTaken, defaultVersionTaken, noEnvironment, noHostname, twoPolicies
    case twoResourcePolicies = 407, gatewayPolicy, duplicateTarget, cycleTooLong, bothEnvironments, neverMatches
    case environmentNotServed = 413, modelNotSupported, openAPI, noBackend, conflictingOptions, noRules
    case noIssuer = 419, tierSizes, issuerTwice, unusedIssuer
    // not served. 503, 505, 507, 509, 511 to 515 and 517 were of versions that served less.
    case apiType = 501, authentication
    case cors = 504
    case backendFilter = 506
    case mirror = 508
    case retry = 510
    case webSocket = 516
    case subscription = 518, interceptor, backendToken, scope, graphQL
    case backendReference = 523, hostRewrite, notEnforced, ignoredField, gatewayListener, sessionPersistence
    case customLimit = 529, subscriptionLimit

    /// As it is printed: `RT0203`.
    package var name: String {
        let digits = String(rawValue)
        return "RT" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    package var severity: Diagnostic.Severity { entry.severity }
    /// A few words, for lists and for SARIF's rules.
    package var title: String { entry.title }
    /// What to do about it, in general; a diagnostic's own help is more precise.
    package var remedy: String { entry.remedy }

    package struct Entry: Sendable {
        package let severity: Diagnostic.Severity
        package let title: String
        package let remedy: String
    }
}
