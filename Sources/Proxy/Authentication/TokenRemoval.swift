import CTable
import RoutingTable

/// Credentials that are for this gateway end here, checked or not, passed or not: a backend would take what comes through
/// for checked. Only where the scheme says so, and its own token was accepted, that goes on.
extension Worker {
    /// Whether a header field of a client's request is such a credential.
    mutating func isCredentialField(_ slot: Int, _ name: Bytes) -> Bool {
        isCredential(slot) { $0 != RTBL_AUTHENTICATION_API_KEY_QUERY && $0 != RTBL_AUTHENTICATION_MUTUAL_TLS && $1.equalsIgnoringCase(name) }
    }

    /// Whether a parameter of its query is.
    mutating func isCredentialParameter(_ slot: Int, _ parameter: Bytes) -> Bool {
        isCredential(slot) { $0 == RTBL_AUTHENTICATION_API_KEY_QUERY && QueryString.isCalled($1, parameter) }
    }

    /// Whether a parameter of its query may be, so that they are looked at one by one.
    mutating func mayHaveCredentialParameter(_ slot: Int) -> Bool {
        isCredential(slot) { kind, _ in kind == RTBL_AUTHENTICATION_API_KEY_QUERY }
    }

    private mutating func isCredential(_ slot: Int, where fits: (_ kind: Int, _ name: Bytes) -> Bool) -> Bool {
        guard clients[slot].authentication.result != nil, let index = ruleExtras(slot)?.authenticationIndex else { return false }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        for (position, number) in table.features.authentications[index].schemes.enumerated() {
            let scheme = table.features.authenticationSchemes[number]
            guard fits(Int(scheme.kind), table.string(scheme.name)) else { continue }
            let mayPass = Int(scheme.flags) & RTBL_AUTHENTICATION_SEND_UPSTREAM != 0 && clients[slot].authentication.passedSchemes >> UInt64(position) & 1 == 1
            if !mayPass { return true }
        }
        return false
    }
}
