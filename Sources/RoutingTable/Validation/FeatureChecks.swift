import CTable

/// What conditions, rules and pools ask for since format 1.1; BackendFeatureChecks has that of backends,
/// AuthenticationChecks that of callers.
extension RoutingTable {
    func validateFeatures(_ known: borrowing StringStarts) throws(TableFault) {
        try validateBlobs(known)
        try validateConditions(known)
        try validateRuleExtras()
        try validateHeaderOperations(known)
        try validateRedirects(known)
        try validateCORS()
        try validateAuthentications(known)
        try validateTokenIssuers(known)
        try validateRateLimits(known)
        try validatePoolExtras(known)
        try validateBackendFeatures(known)
    }

    private func validateBlobs(_ known: borrowing StringStarts) throws(TableFault) {
        var next = 0, nextText = 0
        for i in features.blobs.indices {
            let blob = features.blobs[i]
            if blob.bytes == 0 {
                guard Int(blob.first) == nextText, nextText < features.secretTexts.count else { throw TableFault("BLOBS[\(i)] is empty, and not the next of SECRET_TEXTS") }
                try validateSecretText(nextText, ofBlob: i, known)
                nextText += 1
                continue
            }
            guard Int(blob.first) == next, Int(blob.bytes) <= features.blobData.count - next else {
                throw TableFault("BLOBS[\(i)] does not follow the one before, or reaches beyond BLOB_DATA")
            }
            next += Int(blob.bytes)
            guard features.blobData[Int(blob.first)..<next].isUTF8 else { throw TableFault("BLOBS[\(i)] is not UTF-8") }
        }
        guard next == features.blobData.count else { throw TableFault("\(features.blobData.count - next) bytes of BLOB_DATA belong to no blob") }
        guard nextText == features.secretTexts.count else { throw TableFault("SECRET_TEXTS[\(nextText)] belongs to no blob") }
    }

    /// Its rest is an earlier blob, so that every text ends.
    private func validateSecretText(_ number: Int, ofBlob blob: Int, _ known: borrowing StringStarts) throws(TableFault) {
        let text = features.secretTexts[number], name = "SECRET_TEXTS[\(number)]"
        for field in [text.secret_namespace, text.secret_name, text.key] { try known.check(field, "a string in \(name)") }
        guard text.secret_name != 0, text.key != 0 else { throw TableFault("\(name) names no Secret, or no key of it") }
        guard text.rest == RTBL_NONE || Int(text.rest) < blob else { throw TableFault("\(name).rest is \(text.rest), which is no earlier blob") }
    }

    private func validateConditions(_ known: borrowing StringStarts) throws(TableFault) {
        for i in routes.indices {
            try checkOptionalIndex(routes[i].conditions, below: features.conditionSets.count, "ROUTES[\(i)].conditions")
        }
        for i in features.conditionSets.indices {
            let set = features.conditionSets[i]
            guard set.header_count <= RTBL_MAX_CONDITIONS, set.query_count <= RTBL_MAX_CONDITIONS, set.header_count + set.query_count > 0 else {
                throw TableFault("CONDITION_SETS[\(i)] is empty or has more than \(RTBL_MAX_CONDITIONS) conditions of a kind")
            }
            try checkRange(set.headers.lowerBound, set.headers.count + set.queryParameters.count, of: features.conditions.count, "CONDITION_SETS[\(i)].first")
            for number in set.headers { try known.check(features.conditions[number].name, "CONDITIONS[\(number)].name") }
            for number in set.headers where !isHeaderName(features.conditions[number].name) {
                throw TableFault("CONDITIONS[\(number)].name is not a header's name in lower case")
            }
        }
        for i in features.conditions.indices {
            let condition = features.conditions[i]
            try known.check(condition.name, "CONDITIONS[\(i)].name")
            try known.check(condition.value, "CONDITIONS[\(i)].value")
            guard condition.name != 0 else { throw TableFault("CONDITIONS[\(i)].name is empty") }
            try checkOptionalIndex(condition.regex, below: regexes.count, "CONDITIONS[\(i)].regex")
        }
    }

    private func validateRuleExtras() throws(TableFault) {
        for i in rules.indices { try checkOptionalIndex(rules[i].extras, below: features.ruleExtras.count, "RULES[\(i)].extras") }
        for i in features.ruleExtras.indices {
            let extras = features.ruleExtras[i], name = "RULE_EXTRAS[\(i)]"
            try checkReserved(extras.reserved == 0, name)
            try checkRange(
                extras.requestHeaders.lowerBound, extras.requestHeaders.count + extras.responseHeaders.count,
                of: features.headerOperations.count, "\(name).first_header_operation")
            try checkOptionalIndex(extras.redirect, below: features.redirects.count, "\(name).redirect")
            try checkOptionalIndex(extras.cors, below: features.corsPolicies.count, "\(name).cors")
            try checkOptionalIndex(extras.authentication, below: features.authentications.count, "\(name).authentication")
            try checkNumbers(extras.rateLimits, below: features.rateLimits.count, "\(name).first_rate_limit")
        }
    }

    private func validateHeaderOperations(_ known: borrowing StringStarts) throws(TableFault) {
        for i in features.headerOperations.indices {
            let operation = features.headerOperations[i], name = "HEADER_OPERATIONS[\(i)]"
            try known.check(operation.name, "\(name).name")
            try known.check(operation.value, "\(name).value")
            guard (RTBL_HEADER_SET...RTBL_HEADER_REMOVE).contains(Int(operation.operation)), isZero(operation.reserved) else {
                throw TableFault("\(name).operation is unknown")
            }
            guard isHeaderName(operation.name) else { throw TableFault("\(name).name is not a header's name in lower case") }
            guard string(operation.value).isFieldValue, Int(operation.operation) != RTBL_HEADER_REMOVE || operation.value == 0 else {
                throw TableFault("\(name).value has bytes that no header may have, or there is nothing to set")
            }
        }
    }

    private func validateRedirects(_ known: borrowing StringStarts) throws(TableFault) {
        for i in features.redirects.indices {
            let redirect = features.redirects[i], name = "REDIRECTS[\(i)]"
            try known.check(redirect.scheme, "\(name).scheme")
            try known.check(redirect.hostname, "\(name).hostname")
            try known.check(redirect.path_value, "\(name).path_value")
            let scheme = string(redirect.scheme)
            guard scheme.isEmpty || scheme == Bytes("http") || scheme == Bytes("https") else { throw TableFault("\(name).scheme is neither http nor https") }
            guard string(redirect.hostname).isRequestTarget, !string(redirect.hostname).contains(UInt8(ascii: "/")) else {
                throw TableFault("\(name).hostname is not a host name")
            }
            guard string(redirect.path_value).isRequestTarget else { throw TableFault("\(name).path_value has bytes that no path may have") }
            guard [301, 302, 303, 307, 308].contains(redirect.status) else { throw TableFault("\(name).status is \(redirect.status), which is no redirect") }
            guard (RTBL_REWRITE_NONE...RTBL_REWRITE_PREFIX).contains(Int(redirect.path)), isZero(redirect.reserved) else {
                throw TableFault("\(name).path is unknown")
            }
        }
    }

    private func validateCORS() throws(TableFault) {
        for i in features.corsPolicies.indices {
            let cors = features.corsPolicies[i], name = "CORS[\(i)]"
            for (list, field) in [(cors.origins, "origins"), (cors.methods, "methods"), (cors.headers, "headers"), (cors.exposed_headers, "exposed_headers")] {
                try checkStrings(list, "\(name).\(field)")
                for number in 0..<Int(list.count) where !string(number, of: list).isFieldValue {
                    throw TableFault("\(name).\(field) has bytes that no header may have")
                }
            }
            guard cors.origins.count > 0 else { throw TableFault("\(name).origins is empty") }
            guard cors.flags & ~UInt32(RTBL_CORS_ALLOW_CREDENTIALS) == 0 else { throw TableFault("\(name).flags has unknown bits") }
        }
    }

    private func validateRateLimits(_ known: borrowing StringStarts) throws(TableFault) {
        var identities = Set<UInt64>(minimumCapacity: features.rateLimits.count)
        for i in features.rateLimits.indices {
            let limit = features.rateLimits[i], name = "RATE_LIMITS[\(i)]"
            for field in [limit.object_namespace, limit.object_name, limit.key, limit.value, limit.organization] {
                try known.check(field, "a string in \(name)")
            }
            let reserved = limit.reserved
            guard (RTBL_LIMIT_API...RTBL_LIMIT_CUSTOM).contains(Int(limit.scope)), (RTBL_WINDOW_MINUTE...RTBL_WINDOW_DAY).contains(Int(limit.window)),
                [reserved.0, reserved.1, reserved.2, reserved.3, reserved.4, reserved.5].allSatisfy({ $0 == 0 })
            else { throw TableFault("\(name).scope or .window is unknown") }
            guard limit.requests > 0 else { throw TableFault("\(name).requests is 0") }
            let isCustom = Int(limit.scope) == RTBL_LIMIT_CUSTOM
            guard isCustom ? limit.key != 0 : limit.key == 0 && limit.value == 0 && limit.organization == 0 else {
                throw TableFault("\(name).key does not fit its scope")
            }
            guard identities.insert(limit.identity).inserted else { throw TableFault("\(name) has the identity of another limit") }
        }
    }

    private func validatePoolExtras(_ known: borrowing StringStarts) throws(TableFault) {
        var previous: UInt32?
        for i in features.poolExtras.indices {
            let extras = features.poolExtras[i], name = "POOL_EXTRAS[\(i)]"
            try checkIndex(extras.pool, below: pools.count, "\(name).pool")
            guard previous.map({ $0 < extras.pool }) ?? true else { throw TableFault("\(name).pool does not ascend") }
            previous = extras.pool
            try known.check(extras.sticky_name, "\(name).sticky_name")
            switch Int(extras.sticky) {
            case RTBL_STICKY_HEADER where isHeaderName(extras.sticky_name) && isZero(extras.reserved): continue
            case RTBL_STICKY_CLAIM where extras.sticky_name != 0 && isZero(extras.reserved): continue
            default: throw TableFault("\(name).sticky is unknown, or its name is none")
            }
        }
    }

    // MARK: - Parts that records have in common

    func checkRange(_ first: Int, _ count: Int, of limit: Int, _ field: @autoclosure () -> String) throws(TableFault) {
        guard count == 0 ? first == 0 : first + count <= limit else {
            throw TableFault("\(field()) has elements \(first) to \(first + count), but there are only \(limit)")
        }
    }

    func checkStrings(_ list: rtbl_strings, _ field: @autoclosure () -> String) throws(TableFault) {
        try checkReserved(list.reserved == 0, field())
        try checkRange(Int(list.first), Int(list.count), of: stringLists.count, field())
    }

    /// A list of NUMBER_LISTS that names elements of a section with `count` elements.
    func checkNumbers(_ list: Range<Int>, below count: Int, _ field: @autoclosure () -> String) throws(TableFault) {
        try checkRange(list.lowerBound, list.count, of: features.numberLists.count, field())
        for number in list { try checkIndex(features.numberLists[number], below: count, "NUMBER_LISTS[\(number)]") }
    }

    func isHeaderName(_ name: UInt32) -> Bool { string(name).isToken && !string(name).hasUpperCase }

    func isZero(_ reserved: (UInt8, UInt8, UInt8)) -> Bool { reserved.0 | reserved.1 | reserved.2 == 0 }
}

extension Bytes {
    var hasUpperCase: Bool {
        for i in 0..<count where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self[i]) { return true }
        return false
    }

    /// RFC 9110, section 5.5: without a blank at either end.
    var isFieldValue: Bool {
        for i in 0..<count where self[i] < 0x20 && self[i] != 0x09 || self[i] == 0x7f { return false }
        guard count > 0 else { return true }
        return ![0x20, 0x09].contains(self[0]) && ![0x20, 0x09].contains(self[count - 1])
    }
}
